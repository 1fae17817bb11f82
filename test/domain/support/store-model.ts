import type { Client } from '../../../src/domain/client/client.js';
import type { Decision, Suppression } from '../../../src/domain/decision/eligibility.js';
import type {
  AccountFacts,
  AccountMessage,
  ClientFacts,
  Link,
  Refusal,
  EvaluationBatch,
} from '../../../src/domain/decision/facts.js';
import { fingerprint } from '../../../src/domain/client/fingerprint.js';
import { personOf, type Person } from '../../../src/domain/client/person.js';
import { defaultPolicy, type InvitePolicy } from '../../../src/domain/decision/policy.js';
import { comparePage, type StoredClient } from '../../../src/domain/client/compare-page.js';
import type { EvaluationPlan, TaskKind } from '../../../src/domain/decision/evaluation-plan.js';
import type { UndoneFact } from '../../../src/domain/decision/undone-facts.js';
import { evaluate } from '../../../src/domain/decision/evaluate.js';
import { mergeGuess } from '../../../src/domain/client/missing-clients.js';
import { inUS, today } from './builders.js';

interface Row {
  practiceId: string;
  client: Client;
  person: Person;
  print: string;
  missing: boolean;
  conflict: boolean;
  mergedInto: string | null;
  link: Link | null;
  refused: Refusal[];
  decision: Decision | null;
  needs_evaluation: boolean;
  work: Set<TaskKind>;
  undone: readonly UndoneFact[];
}

export interface Account {
  id: string;
  email: string;
  emailKey: string;
  /** The address of the client that the account was created for. */
  lastName: string | null;
  firstLoginAt: Date | null;
  closedAt: Date | null;
  password: number;
  messages: AccountMessage[];
}

/** A miniature database: it stores plans and answers the queries of `evaluate`, without decisions of its own. */
export interface World {
  policy: InvitePolicy;
  rows: Map<string, Row>;
  accounts: Map<string, Account>;
  suppressed: Map<string, Suppression>;
  ids: number;
}

export const emptyWorld = (): World => ({
  policy: defaultPolicy,
  rows: new Map(),
  accounts: new Map(),
  suppressed: new Map(),
  ids: 0,
});

const keyOf = (practiceId: string, pimsId: string) => `${practiceId} ${pimsId}`;
const isLiving = (row: Row) => !row.missing && !row.client.deleted;
const rowOf = (world: World, practiceId: string, pimsId: string) => world.rows.get(keyOf(practiceId, pimsId));
const rowsOf = (world: World, practiceId: string) =>
  [...world.rows.values()].filter((row) => row.practiceId === practiceId);

/** Phase 1 of a full scan: pages in any order, then the missing clients. */
export function mirror(world: World, practiceId: string, pages: readonly (readonly Client[])[]): void {
  const seen = new Set<string>();
  readInto(world, practiceId, pages, seen);
  markMissing(world, practiceId, seen);
}

/** Writes whole pages and records the seen clients; an interrupted scan resumes with the clients already seen. */
export function readInto(
  world: World,
  practiceId: string,
  pages: readonly (readonly Client[])[],
  seen: Set<string>,
): void {
  const touched: (string | null)[] = [];
  const write = (row: Row) => {
    touched.push(row.person.emails.loginKey, row.person.duplicateKey);
    const before = world.rows.get(keyOf(practiceId, row.client.pimsId));
    if (before) touched.push(before.person.emails.loginKey, before.person.duplicateKey);
    world.rows.set(keyOf(practiceId, row.client.pimsId), row);
  };
  for (const page of pages) {
    const stored = new Map<string, StoredClient>();
    for (const row of rowsOf(world, practiceId)) {
      const { firstName, lastName, emails } = row.person;
      stored.set(row.client.pimsId, {
        fingerprint: row.print,
        missingSince: row.missing ? new Date(0) : null,
        firstName,
        lastName,
        emailKey: emails.loginKey,
        createdOn: row.client.createdOn,
        identityConflict: row.conflict,
        protects: { ...row.client, undone: row.undone },
      });
    }
    const prints = page.map((client) => ({ client, fingerprint: fingerprint(client) }));
    const compared = comparePage(prints, stored, (client) => personOf(client, inUS));
    for (const client of page) seen.add(client.pimsId);
    for (const { client, person, fingerprint: print, undone } of [
      ...compared.new,
      ...compared.changed,
      ...compared.returned,
    ]) {
      const known = rowOf(world, practiceId, client.pimsId);
      write({
        practiceId,
        client,
        person,
        print,
        missing: false,
        conflict: false,
        mergedInto: null,
        link: known?.link ?? null,
        refused: known?.refused ?? [],
        decision: known?.decision ?? null,
        needs_evaluation: true,
        work: known?.work ?? new Set(),
        undone: undone ?? known?.undone ?? [],
      });
    }
    for (const { client } of compared.conflicts) {
      const known = rowOf(world, practiceId, client.pimsId)!;
      known.conflict = true;
      known.needs_evaluation = true;
    }
    for (const pimsId of compared.resolved) {
      const known = rowOf(world, practiceId, pimsId)!;
      known.conflict = false;
      known.needs_evaluation = true;
    }
  }
  markRelatedClients(world, practiceId, touched);
}

/** The end of a full scan. */
export function markMissing(world: World, practiceId: string, seen: ReadonlySet<string>): void {
  const touched: (string | null)[] = [];
  const missing = rowsOf(world, practiceId).filter((row) => !row.missing && !seen.has(row.client.pimsId));
  for (const row of missing) Object.assign(row, { missing: true, conflict: false });
  for (const row of missing) {
    row.needs_evaluation = true;
    row.mergedInto =
      mergeGuess({ ...row.client, person: row.person, petIds: petIds(row) }, ownersNow(world, row))?.mergedInto ?? null;
    touched.push(row.person.emails.loginKey, row.person.duplicateKey);
  }
  markRelatedClients(world, practiceId, touched);
}

function markRelatedClients(world: World, practiceId: string, touched: readonly (string | null)[]): void {
  for (const row of rowsOf(world, practiceId)) {
    if (touched.includes(row.person.emails.loginKey) || touched.includes(row.person.duplicateKey))
      row.needs_evaluation = true;
  }
}

const petIds = (row: Row) => row.client.pets.map((pet) => pet.pimsId);

function ownersNow(world: World, gone: Row) {
  const owners = rowsOf(world, gone.practiceId).filter(isLiving);
  return new Map(
    petIds(gone).map((id) => [
      id,
      owners
        .filter((row) => petIds(row).includes(id))
        .map((row) => ({ pimsId: row.client.pimsId, person: row.person })),
    ]),
  );
}

/** Phase 2 for the given clients and those merged with them. Applies the plan and returns it. */
export function evaluateClients(world: World, practiceId: string, pimsIds: readonly string[]): EvaluationPlan {
  const rows = withMerged(world, practiceId, pimsIds);
  const plan = evaluate(batchOf(world, practiceId, rows));
  perform(world, practiceId, plan);
  return plan;
}

/** Evaluates until no client of the practice needs it, in batches of the given sizes, in the order of `sort`. */
export function evaluateAll(
  world: World,
  practiceId: string,
  sizes: readonly number[] = [1000],
  sort: (ids: string[]) => string[] = (ids) => ids,
): void {
  for (let round = 0; ; round++) {
    if (round > 100) throw new Error('The evaluation does not end.');
    const ids = rowsOf(world, practiceId)
      .filter((row) => row.needs_evaluation)
      .map((row) => row.client.pimsId);
    if (ids.length === 0) return;
    evaluateClients(world, practiceId, sort(ids).slice(0, sizes[round % sizes.length]));
  }
}

function withMerged(world: World, practiceId: string, pimsIds: readonly string[]): Row[] {
  const wanted = new Set(pimsIds);
  for (let before = -1; before !== wanted.size;) {
    before = wanted.size;
    for (const row of rowsOf(world, practiceId)) {
      if (row.mergedInto === null) continue;
      if (wanted.has(row.client.pimsId)) wanted.add(row.mergedInto);
      else if (wanted.has(row.mergedInto) && (row.needs_evaluation || row.link)) wanted.add(row.client.pimsId);
    }
  }
  return [...wanted].map((id) => rowOf(world, practiceId, id)!);
}

function batchOf(world: World, practiceId: string, rows: readonly Row[]): EvaluationBatch {
  const clients = rows.map((row): ClientFacts => ({
    pimsId: row.client.pimsId,
    client: row.client,
    person: row.person,
    missing: row.missing,
    identityConflict: row.conflict,
    mergedInto: row.mergedInto,
    duplicates: rowsOf(world, practiceId)
      .filter(
        (other) =>
          other !== row &&
          isLiving(other) &&
          row.person.duplicateKey !== null &&
          other.person.duplicateKey === row.person.duplicateKey,
      )
      .map((other) => ({ pimsId: other.client.pimsId, emailKey: other.person.emails.loginKey })),
    link: row.link,
    refused: row.refused,
    allowed: [],
    undone: row.undone,
    openTasks: [...row.work],
    previousDecision: row.decision,
  }));
  const keys = new Set(clients.map((client) => client.person.emails.loginKey));
  const linked = new Set(rows.map((row) => row.link?.accountId));
  const owedTo = new Set(rows.map((row) => row.client.pimsId));
  const accounts = [...world.accounts.values()].filter(
    (account) =>
      linked.has(account.id) ||
      keys.has(account.emailKey) ||
      account.messages.some(
        (one) => ['queued', 'recalled'].includes(one.state) && one.practiceId === practiceId && owedTo.has(one.pimsId),
      ),
  );
  const addresses: [string, { here: number; anywhere: number }][] = [];
  for (const key of new Set([...keys, ...accounts.map((account) => account.emailKey)])) {
    if (key === null) continue;
    const all = [...world.rows.values()].filter((row) => isLiving(row) && row.person.emails.loginKey === key);
    addresses.push([key, { here: all.filter((row) => row.practiceId === practiceId).length, anywhere: all.length }]);
  }
  return {
    practice: { id: practiceId, policy: world.policy, driftHold: [] },
    today,
    newId: () => `id${String(world.ids++).padStart(6, '0')}`,
    clients,
    accounts: accounts.map((account) => factsOf(world, account, practiceId)),
    addresses: new Map(addresses),
    suppressed: world.suppressed,
  };
}

function factsOf(world: World, account: Account, practiceId: string): AccountFacts {
  const own = [...world.rows.values()].filter(
    ({ person }) => person.emails.loginKey === account.emailKey && person.lastName === account.lastName,
  );
  return {
    ...account,
    hasLivingPassword: account.firstLoginAt === null && account.password > 0,
    messages: account.messages.map((welcome) => ({ ...welcome })),
    known: {
      lastName: account.lastName,
      phones: own.flatMap(({ person }) => person.phones.map(({ typed }) => typed.replace(/\D/g, ''))),
      pets: own.filter((row) => row.practiceId === practiceId).flatMap(petIds),
      confirmedPets: [],
      hasRecord: own.some(({ mergedInto }) => mergedInto === null),
    },
    links: [...world.rows.values()]
      .filter((row) => row.link?.accountId === account.id)
      .map((row) => ({
        practiceId: row.practiceId,
        pimsId: row.client.pimsId,
        loginKey: row.person.emails.loginKey,
        living: isLiving(row),
        by: row.link!.by,
      })),
  };
}

function perform(world: World, practiceId: string, plan: EvaluationPlan): void {
  const account = (id: string) => world.accounts.get(id)!;
  const row = (pimsId: string) => rowOf(world, practiceId, pimsId)!;
  const messages = () => [...world.accounts.values()].flatMap((one) => one.messages);
  const welcome = (id: string) => messages().find((one) => one.id === id)!;
  const taken = new Set([...world.accounts.values()].map((one) => one.emailKey));
  for (const { id, email, emailKey, lastName } of plan.newAccounts) {
    if (taken.has(emailKey)) throw new Error(`A second account for ${emailKey}.`);
    world.accounts.set(id, {
      id,
      email,
      emailKey,
      lastName,
      firstLoginAt: null,
      closedAt: null,
      password: 0,
      messages: [],
    });
  }
  for (const { accountId, email, emailKey } of plan.emailMoves) {
    if (taken.has(emailKey)) throw new Error(`A second account for ${emailKey}.`);
    Object.assign(account(accountId), { email, emailKey });
  }
  for (const { pimsId } of plan.unlinks) {
    if (row(pimsId).link?.by === 'staff') throw new Error('A link by staff was ended by rule.');
    row(pimsId).link = null;
  }
  for (const { pimsId, accountId, reason } of plan.links) {
    if (row(pimsId).refused.some((one) => one.accountId === accountId))
      throw new Error('A rule links what staff took off.');
    if (row(pimsId).link?.by === 'staff') throw new Error('A link by staff was changed by rule.');
    row(pimsId).link = { accountId, by: 'rule', reason };
  }
  for (const id of plan.newPasswords) {
    if (account(id).firstLoginAt) throw new Error('A temporary password for someone who has logged in.');
    account(id).password++;
  }
  for (const id of plan.left) {
    if (account(id).firstLoginAt) throw new Error('A password is taken from someone who has logged in.');
    account(id).password = 0;
  }
  for (const id of plan.superseded) welcome(id).superseded = true;
  for (const { id } of plan.canceled) {
    if (welcome(id).state !== 'queued') throw new Error('Canceled after it was handed over.');
    welcome(id).state = 'canceled';
  }
  for (const { accountId, ...rest } of plan.messages) {
    const before = account(accountId);
    if (rest.kind === 'welcome' && before.password === 0) throw new Error('A Welcome Email without a password.');
    const isHere = (one: AccountMessage) => one.pimsId === rest.pimsId && one.practiceId === practiceId;
    const recalled = messages().filter((one) => one.state === 'recalled' && isHere(one));
    const asked = messages().filter((one) => one.askedFor && one.state !== 'recalled');
    if (recalled.some(({ id }) => !asked.some((one) => one.id > id))) {
      throw new Error('A rule offers again what a person recalled.');
    }
    account(accountId).messages.push({ ...rest, state: 'queued', superseded: false, askedFor: false });
  }
  for (const item of plan.tasks) row(item.pimsId).work.add(item.kind);
  for (const item of plan.closedTasks) row(item.pimsId).work.delete(item.kind);
  for (const { pimsId, decision } of plan.decisions) Object.assign(row(pimsId), { decision, needs_evaluation: false });
  for (const one of plan.recheck) {
    const other = rowOf(world, one.practiceId, one.pimsId);
    if (other) other.needs_evaluation = true;
  }
}

/** Lists violated invariants as sentences. */
export function wrongsOf(world: World): string[] {
  const wrongs: string[] = [];
  const owners = new Map<string, string>();
  for (const account of world.accounts.values()) {
    if (account.closedAt === null) {
      if (owners.has(account.emailKey))
        wrongs.push(`${account.id} and ${owners.get(account.emailKey)} share ${account.emailKey}`);
      owners.set(account.emailKey, account.id);
    }
    const offered = account.messages.filter((one) => one.state !== 'canceled');
    const byRule = offered.filter((one) => !one.superseded && !one.askedFor);
    const current = byRule.filter((one) => one.kind === 'welcome');
    if (current.length > 1) wrongs.push(`${account.id} has two Welcome Emails`);
    for (const practiceId of ['P1', 'P2']) {
      const added = offered.filter((one) => one.kind === 'practice-added' && one.practiceId === practiceId);
      if (added.length > 1) wrongs.push(`${account.id} gets "practice added" for ${practiceId} twice`);
    }
    const queued = account.messages.filter((one) => one.state === 'queued');
    for (const one of queued) {
      const row = rowOf(world, one.practiceId, one.pimsId);
      // A message that a person requested belongs to the account.
      if (!row) continue;
      const wanted = row.decision?.verdict === 'invite' || row.decision?.reason === 'has-account';
      if (row.needs_evaluation) continue;
      if (!wanted || row.link?.accountId !== account.id)
        wrongs.push(`${one.kind} owed to ${one.pimsId}, who is not invited`);
      if (one.kind === 'welcome' && account.firstLoginAt) wrongs.push(`${account.id} is welcomed and has logged in`);
      if (account.closedAt) wrongs.push(`${account.id} is closed and has mail owed`);
      const isWelcomed = offered.some(({ kind, superseded }) => kind !== 'practice-added' && !superseded);
      if (one.kind === 'practice-added' && !account.firstLoginAt && !isWelcomed) {
        wrongs.push(`${account.id} gets "practice added" without a Welcome Email`);
      }
    }
  }
  for (const row of world.rows.values()) {
    const account = world.accounts.get(row.link?.accountId ?? '');
    if (row.needs_evaluation || row.decision?.verdict !== 'invite') continue;
    if (!account) wrongs.push(`${row.client.pimsId} is invited and has no account`);
    else if (row.link!.by === 'rule' && account.emailKey !== row.person.emails.loginKey) {
      wrongs.push(`${row.client.pimsId} is invited to another's address`);
    }
  }
  return wrongs;
}

/** The end state as people see it: without ids, and without accounts that have no client. */
export function viewOf(world: World, practiceId: string) {
  return rowsOf(world, practiceId)
    .map((row) => {
      const account = world.accounts.get(row.link?.accountId ?? '');
      const isWanted = row.decision?.verdict === 'invite' || row.decision?.reason === 'has-account';
      const offered = account?.messages.filter((one) => one.state !== 'canceled') ?? [];
      return {
        pimsId: row.client.pimsId,
        decision: row.decision,
        work: [...row.work].sort(),
        ...(isWanted && {
          email: account?.emailKey,
          used: account?.firstLoginAt != null,
          welcome: offered.find((one) => one.kind === 'welcome' && !one.superseded)?.state,
          knowsPractice: offered.some((one) => one.practiceId === practiceId),
        }),
      };
    })
    .sort((a, b) => (a.pimsId < b.pimsId ? -1 : 1));
}
