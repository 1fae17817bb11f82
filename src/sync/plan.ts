import type { Client } from '../domain/client/client.js';
import type { AddressCount, ClientFacts } from '../domain/decision/facts.js';
import type { Decision } from '../domain/decision/eligibility.js';
import { grouped } from '../lib/group-by.js';
import type { Clock, NewId } from '../lib/ids.js';
import { fingerprint } from '../domain/client/fingerprint.js';
import { personOf, type Person } from '../domain/client/person.js';
import { personOptions } from '../domain/client/person-options.js';
import { reasons, type ReasonCode } from '../domain/decision/reasons.js';
import { comparePage, keepKnown, type ReadClient } from '../domain/client/compare-page.js';
import { evaluate } from '../domain/decision/evaluate.js';
import type { Database } from '../store/db/database.js';
import { driftHoldOf } from '../store/decisions/drift-hold.js';
import type { ErasedPeople } from '../store/privacy/erasure-register.js';
import { storedClients } from '../store/clients/client-copy.js';
import { storageProblem } from '../store/clients/storage-limits.js';
import { accountsOf, addressCounts, linksOf, suppressionsOf } from '../store/decisions/load-facts.js';
import { withKnown } from '../store/accounts/known-of-accounts.js';
import { lastDecisions } from '../store/decisions/last-decisions.js';
import { refusalsOf } from '../store/accounts/links.js';
import { localDate, type SyncedPractice } from './practice.js';

interface PlannedClient {
  pimsId: string;
  displayId: string | null;
  name: string;
  email: string | null;
  verdict: Decision['verdict'];
  reason: ReasonCode;
  sentence: string;
  /** The reason of the last stored decision; null if there is none. */
  before: string | null;
}

export interface InvitePlan {
  practiceId: string;
  at: Date;
  counts: { invite: number; hold: number; skip: number; unreadable: number; differ: number };
  reasons: { code: ReasonCode; title: string; verdict: Decision['verdict']; count: number }[];
  clients: PlannedClient[];
}

export interface Planning {
  db: Database;
  clock: Clock;
  newId: NewId;
  erased: ErasedPeople;
  signal: AbortSignal;
  onPage(read: number): void;
}

/**
 * Reads the PIMS like a sync run and evaluates every client as if staff approved the plan now, but writes nothing.
 * Holds the practice's clients in memory, about 2 kB each.
 */
export async function planPractice(planning: Planning, practice: SyncedPractice): Promise<InvitePlan> {
  const { db, clock, newId } = planning;
  const { clients, unreadable } = await readClients(planning, practice);
  const now = clock();
  const facts = await factsOf(db, practice, clients);
  const keys = [...new Set(facts.map(({ person }) => person.emails.loginKey).filter((key) => key !== null))];
  const linked = facts.map(({ link }) => link?.accountId).filter((id) => id !== undefined);
  const accounts = [];
  for (const some of chunks(keys)) accounts.push(...(await accountsOf(db, [], some, now)));
  for (const some of chunks(linked)) accounts.push(...(await accountsOf(db, some, [], now)));
  const once = [...new Map(accounts.map((account) => [account.id, account])).values()];
  const allKeys = [...new Set([...keys, ...once.map(({ emailKey }) => emailKey)])];
  const { decisions } = evaluate({
    practice: { id: practice.id, policy: practice.policy, driftHold: await driftHoldOf(db, practice.id) },
    today: localDate(practice.timeZone, now),
    newId,
    clients: facts,
    accounts: await withKnown(db, practice.id, facts, once),
    addresses: await countAddresses(db, practice.id, facts, allKeys),
    suppressed: new Map(
      (await Promise.all(chunks(allKeys).map((some) => suppressionsOf(db, some)))).flatMap((m) => [...m]),
    ),
  });
  return report(practice.id, now, facts, decisions, unreadable);
}

async function readClients(
  planning: Planning,
  practice: SyncedPractice,
): Promise<{ clients: Client[]; unreadable: number }> {
  const connector = await practice.connect();
  const clients: Client[] = [];
  let unreadable = 0;
  try {
    const options = { cursor: null, pageSize: practice.pageSize, signal: planning.signal };
    for await (const page of connector.clients(options)) {
      const erased = await planning.erased.among(planning.db, practice.id, page.clients);
      const read = page.clients.filter(({ pimsId }) => !erased.has(pimsId));
      const storable = read.filter((client) => storageProblem(client) === null);
      clients.push(...storable);
      unreadable += page.unreadable.length + read.length - storable.length;
      planning.onPage(clients.length);
    }
  } finally {
    await connector.close();
  }
  return { clients, unreadable };
}

async function factsOf(db: Database, practice: SyncedPractice, clients: readonly Client[]): Promise<ClientFacts[]> {
  const options = personOptions(practice.country, practice.policy);
  const persons = new Map(clients.map((client) => [client.pimsId, personOf(client, options)]));
  const living = clients.filter((client) => !client.deleted);
  const duplicates = grouped(
    living.filter((client) => persons.get(client.pimsId)?.duplicateKey),
    (client) => persons.get(client.pimsId)?.duplicateKey ?? '',
    (client) => ({ pimsId: client.pimsId, emailKey: persons.get(client.pimsId)?.emails.loginKey ?? null }),
  );
  const facts: ClientFacts[] = [];
  for (const some of chunks(clients)) {
    const ids = some.map(({ pimsId }) => pimsId);
    const links = await linksOf(db, practice.id, ids);
    const last = await lastDecisions(db, practice.id, ids);
    const refusals = await refusalsOf(db, practice.id, ids);
    const { conflicts, kept } = await comparedWithStored(db, practice.id, some, persons);
    for (const read of some) {
      const person = persons.get(read.pimsId) as ClientFacts['person'];
      const { client, undone = [] } = kept.get(read.pimsId) ?? { client: read };
      const link = links.get(client.pimsId);
      const known = last.get(client.pimsId);
      facts.push({
        pimsId: client.pimsId,
        client,
        person,
        vanished: false,
        identityConflict: conflicts.has(client.pimsId),
        mergedInto: null,
        duplicates: (person.duplicateKey ? (duplicates.get(person.duplicateKey) ?? []) : []).filter(
          (duplicate) => duplicate.pimsId !== client.pimsId,
        ),
        link: link ? { accountId: link.account_id, by: link.made_by, reason: link.reason } : null,
        refused: refusals.get(client.pimsId) ?? [],
        allowed: known?.allowed ?? [],
        undone,
        openTasks: [],
        previousDecision: known?.decision ?? null,
      });
    }
  }
  return facts;
}

/**
 * Returns the ids in identity conflict according to this read, and the other known clients as a sync would store them.
 */
async function comparedWithStored(
  db: Database,
  practiceId: string,
  clients: readonly Client[],
  persons: ReadonlyMap<string, Person>,
): Promise<{ conflicts: Set<string>; kept: Map<string, ReadClient> }> {
  const seen = clients.map((client) => ({ client, fingerprint: fingerprint(client) }));
  const stored = await storedClients(db, practiceId, seen);
  const personOfRow = ({ pimsId }: Client) => persons.get(pimsId) as Person;
  const { conflicts } = comparePage(seen, stored, personOfRow);
  const kept = new Map<string, ReadClient>();
  for (const row of seen) {
    const known = stored.get(row.client.pimsId);
    if (known) kept.set(row.client.pimsId, keepKnown({ ...row, person: personOfRow(row.client) }, known));
  }
  return { conflicts: new Set(conflicts.map(({ client }) => client.pimsId)), kept };
}

/** Counts addresses: for this practice in the clients just read, for other practices in the store. */
async function countAddresses(
  db: Database,
  practiceId: string,
  facts: readonly ClientFacts[],
  keys: readonly string[],
): Promise<Map<string, AddressCount>> {
  const here = new Map<string, number>();
  for (const { client, person } of facts) {
    const key = person.emails.loginKey;
    if (key !== null && !client.deleted) here.set(key, (here.get(key) ?? 0) + 1);
  }
  const counts = new Map<string, AddressCount>();
  for (const some of chunks(keys)) {
    const stored = await addressCounts(db, practiceId, some);
    for (const key of some) {
      const known = stored.get(key);
      const now = here.get(key) ?? 0;
      counts.set(key, { here: now, anywhere: now + (known ? known.anywhere - known.here : 0) });
    }
  }
  return counts;
}

function report(
  practiceId: string,
  at: Date,
  facts: readonly ClientFacts[],
  decisions: readonly { pimsId: string; decision: Decision; changed: boolean }[],
  unreadable: number,
): InvitePlan {
  const byId = new Map(facts.map((one) => [one.pimsId, one]));
  const counts = { invite: 0, hold: 0, skip: 0, unreadable, differ: 0 };
  const perReason = new Map<ReasonCode, number>();
  const clients = decisions.map(({ pimsId, decision, changed }): PlannedClient => {
    const { client, person, previousDecision } = byId.get(pimsId) as ClientFacts;
    counts[decision.verdict]++;
    if (changed) counts.differ++;
    perReason.set(decision.reason, (perReason.get(decision.reason) ?? 0) + 1);
    return {
      pimsId,
      displayId: client.displayId,
      name: person.displayName,
      email: person.emails.login,
      verdict: decision.verdict,
      reason: decision.reason,
      sentence: decision.sentence,
      before: changed ? (previousDecision?.reason ?? null) : decision.reason,
    };
  });
  const listed = [...perReason].sort(([, a], [, b]) => b - a);
  return {
    practiceId,
    at,
    counts,
    reasons: listed.map(([code, count]) => ({
      code,
      title: reasons[code].title,
      verdict: reasons[code].verdict,
      count,
    })),
    clients,
  };
}

function chunks<T>(items: readonly T[]): T[][] {
  const some: T[][] = [];
  for (let at = 0; at < items.length; at += 1000) some.push(items.slice(at, at + 1000));
  return some;
}
