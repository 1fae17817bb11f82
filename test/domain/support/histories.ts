import fc from 'fast-check';
import type { Client } from '../../../src/domain/client/client.js';
import { client, pet } from './builders.js';
import { mirror, evaluateAll, type Account, type World } from './store-model.js';

/** Edits of staff in the PIMS between two nightly syncs. */
type Edit =
  | { edit: 'email'; id: string; to: string }
  /** All clients with an address change it together. */
  | { edit: 'household'; from: string; to: string }
  | { edit: 'swap'; id: string; with: string }
  | { edit: 'merge'; id: string; into: string }
  | { edit: 'remove' | 'add' | 'inactive' | 'deleted' | 'opt-out' | 'pet dies'; id: string };

export type Night = { what: 'night'; practice: Practice; edits: Edit[] };
export type Practice = 'P1' | 'P2';
export type Happening =
  | Night
  | {
      what: 'send' | 'login' | 'bounce' | 'unsuppress' | 'expire' | 'close' | 'recall' | 'resend';
      nth: number;
    }
  | { what: 'by-staff' | 'take-off'; nth: number; client: number };

const ids = ['c1', 'c2', 'c3', 'c4', 'c5'];
const good = ['red@x1.com', 'blue@x1.com', 'green@x1.com', 'grey@x1.com', 'pink@x1.com', 'teal@x1.com', 'gold@x1.com'];
// A record keeps its name; otherwise it would be another person.
const people: Record<string, Partial<Client>> = {
  c1: { firstName: 'Ann', lastName: 'Baker' },
  c2: { firstName: 'Amy', lastName: 'Baker' },
  c3: { firstName: 'Bob', lastName: 'Baker' },
  c4: { firstName: 'Cid', lastName: 'Clay', phones: [{ label: 'home', number: '(555) 876-5432' }] },
  c5: { firstName: 'Cid', lastName: 'Clay', phones: [] },
};

const anId = fc.constantFrom(...ids);
const anAddress = fc.constantFrom(...good);
const anEdit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ edit: fc.constant('email' as const), id: anId, to: anAddress }) },
  {
    weight: 1,
    arbitrary: fc.record({
      edit: fc.constant('email' as const),
      id: anId,
      to: fc.constantFrom('', 'red', 'none@none.com', 'RED@x1.com'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ edit: fc.constant('household' as const), from: anAddress, to: anAddress }),
  },
  { weight: 2, arbitrary: fc.record({ edit: fc.constant('swap' as const), id: anId, with: anId }) },
  { weight: 3, arbitrary: fc.record({ edit: fc.constant('merge' as const), id: anId, into: anId }) },
  {
    weight: 6,
    arbitrary: fc.record({
      edit: fc.constantFrom('remove', 'add', 'add', 'inactive', 'deleted', 'opt-out', 'pet dies'),
      id: anId,
    }),
  },
);
const aPractice = fc.constantFrom<Practice>('P1', 'P1', 'P2');
export const edits = fc.array(anEdit, { minLength: 1, maxLength: 6 });
const nth = fc.nat({ max: 9 });
const aHappening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant('night' as const), practice: aPractice, edits }) },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constantFrom(
        'send',
        'send',
        'send',
        'login',
        'login',
        'bounce',
        'unsuppress',
        'expire',
        'close',
        'recall',
        'resend',
      ),
      nth,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constantFrom('by-staff', 'take-off'), nth, client: nth }),
  },
);

/** Starts with a first import of both practices, so that later events have data. */
export const histories: fc.Arbitrary<Happening[]> = fc
  .tuple(
    fc.array(anAddress, { minLength: ids.length, maxLength: ids.length }),
    fc.array(anAddress, { minLength: 2, maxLength: 2 }),
    fc.array(aHappening, { maxLength: 8 }),
  )
  .map(([first, second, rest]) => [firstImport('P1', first), firstImport('P2', second), ...rest]);

/** Adds a whole practice at once. */
export function firstImport(practice: Practice, emails: readonly string[]): Night {
  const added = emails.flatMap((to, at): Edit[] => [
    { edit: 'add', id: ids[at]! },
    { edit: 'email', id: ids[at]!, to },
  ]);
  return { what: 'night', practice, edits: added };
}

/** The state of the database and the content of the two PIMS. */
export interface Story {
  world: World;
  pims: Record<Practice, Map<string, Client>>;
}

export function edited(pims: ReadonlyMap<string, Client>, changes: readonly Edit[]): Map<string, Client> {
  const rows = new Map(pims);
  const change = (id: string, parts: Partial<Client>) => {
    const row = rows.get(id);
    if (row) rows.set(id, { ...row, ...parts });
  };
  for (const one of changes) {
    if (one.edit === 'household') {
      for (const row of rows.values()) if (row.emails[0] === one.from) change(row.pimsId, { emails: [one.to] });
      continue;
    }
    const row = rows.get(one.id);
    if (one.edit === 'add') rows.set(one.id, row ?? fresh(one.id));
    if (!row) continue;
    if (one.edit === 'email') change(one.id, { emails: [one.to] });
    if (one.edit === 'remove') rows.delete(one.id);
    if (one.edit === 'inactive') change(one.id, { inactive: !row.inactive });
    if (one.edit === 'deleted') change(one.id, { deleted: !row.deleted });
    if (one.edit === 'opt-out') change(one.id, { optOut: row.optOut === null ? 'NO_EMAIL' : null });
    if (one.edit === 'pet dies') change(one.id, { pets: row.pets.map((dead) => ({ ...dead, diedOn: '2026-11-01' })) });
    const other = one.edit === 'swap' ? rows.get(one.with) : one.edit === 'merge' ? rows.get(one.into) : undefined;
    if (!other || other === row) continue;
    if (one.edit === 'swap') {
      change(one.id, { emails: other.emails });
      change(one.with, { emails: row.emails });
    }
    if (one.edit === 'merge') {
      // Staff who merge two records have checked that they are one person.
      change(one.into, {
        pets: [...other.pets, ...row.pets],
        lastName: row.lastName,
        firstName: row.firstName,
      });
      rows.delete(one.id);
    }
  }
  return rows;
}

function fresh(id: string): Client {
  return client({
    ...people[id],
    pimsId: id,
    emails: [`${id}@x1.com`],
    pets: [pet({ pimsId: `pet of ${id}` })],
  });
}

/** Applies one event and evaluates every client that it may affect. */
export function happen({ world, pims }: Story, event: Happening): void {
  if (event.what === 'night') {
    pims[event.practice] = edited(pims[event.practice], event.edits);
    mirror(world, event.practice, [[...pims[event.practice].values()]]);
    evaluateAll(world, event.practice);
    evaluateAll(world, event.practice === 'P1' ? 'P2' : 'P1');
    evaluateAll(world, event.practice);
    return;
  }
  const accounts = [...world.accounts.values()];
  const account = accounts[event.nth % (accounts.length || 1)];
  if (!account) return;
  const queued = account.messages.filter((one) => one.state === 'queued');
  const rows = [...world.rows.values()];
  if (event.what === 'send') for (const one of queued) one.state = 'accepted';
  if (event.what === 'recall') for (const one of queued) one.state = 'recalled';
  if (event.what === 'resend') resend(world, account);
  if (event.what === 'login' && account.closedAt === null) account.firstLoginAt = new Date(0);
  if (event.what === 'bounce') world.suppressed.set(account.emailKey, 'bounced');
  if (event.what === 'unsuppress') world.suppressed.delete(account.emailKey);
  if (event.what === 'expire') account.password = 0;
  if (event.what === 'close') account.closedAt = new Date(0);
  if (event.what === 'by-staff') rows[event.client % rows.length]!.link = { accountId: account.id, by: 'staff' };
  if (event.what === 'take-off') {
    const row = rows[event.client % rows.length]!;
    const on = world.accounts.get(row.link?.accountId ?? '');
    if (on) row.refused.push({ accountId: on.id, emailKey: on.emailKey });
    row.link = null;
  }
  for (const row of rows) row.needs_evaluation = true;
  evaluateAll(world, 'P1');
  evaluateAll(world, 'P2');
  evaluateAll(world, 'P1');
}

/** Staff request a new temporary password by email; one such email is open at a time. */
function resend(world: World, account: Account): void {
  const practiceId = [...world.rows.values()].find(({ link }) => link?.accountId === account.id)?.practiceId;
  const open = account.messages.some(({ kind, state }) => kind !== 'practice-added' && state === 'queued');
  if (!practiceId || open || account.firstLoginAt !== null || account.closedAt !== null) return;
  if (world.suppressed.has(account.emailKey)) return;
  account.password++;
  account.messages.push({
    id: `id${String(world.ids++).padStart(6, '0')}`,
    practiceId,
    pimsId: '',
    kind: 'new-temporary-password',
    state: 'queued',
    superseded: false,
    askedFor: true,
  });
}
