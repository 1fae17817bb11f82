import { hash } from 'node:crypto';
import { sql } from 'kysely';
import type { Client } from '../domain/client.js';
import type { PageComparison, ReadClient, SeenClient, StoredClient } from '../domain/reconcile.js';
import { insertMany, type Database, type DatabaseTransaction } from './database.js';
import type { NewRow } from './tables.js';

/**
 * The rows as last seen that a page is compared with. Names are fetched only for rows whose fingerprint differs: on an
 * ordinary night that is nearly nobody.
 */
export async function storedClients(
  db: Database,
  practiceId: string,
  page: readonly SeenClient[],
): Promise<Map<string, StoredClient>> {
  const stored = new Map<string, StoredClient>();
  if (page.length === 0) return stored;
  const rows = await db
    .selectFrom('pims_clients')
    .select(['pims_id', 'fingerprint', 'vanished_at'])
    .where('practice_id', '=', practiceId)
    .where('pims_id', 'in', page.map(({ client }) => client.pimsId)) // prettier-ignore
    .execute();
  for (const row of rows) {
    const fingerprint = row.fingerprint.toString('hex');
    stored.set(row.pims_id, {
      fingerprint, vanishedAt: row.vanished_at, firstName: null, lastName: null, emailKey: null, createdOn: null,
    }); // prettier-ignore
  }
  const differing = page.filter(({ client, fingerprint }) => {
    const known = stored.get(client.pimsId);
    return known !== undefined && known.fingerprint !== fingerprint;
  });
  if (differing.length === 0) return stored;
  const details = await db
    .selectFrom('pims_clients')
    .select(['pims_id', 'first_name', 'last_name', 'email_key', 'record'])
    .where('practice_id', '=', practiceId)
    .where('pims_id', 'in', differing.map(({ client }) => client.pimsId)) // prettier-ignore
    .execute();
  for (const row of details) {
    const known = stored.get(row.pims_id);
    if (!known) continue;
    const { createdOn } = JSON.parse(row.record) as Pick<Client, 'createdOn'>;
    const names = { firstName: row.first_name, lastName: row.last_name, emailKey: row.email_key };
    stored.set(row.pims_id, { ...known, ...names, createdOn });
  }
  return stored;
}

/** Writes what a page changed and marks everyone whom that may concern undecided. Writes nothing for unchanged rows. */
export async function writePage(
  trx: DatabaseTransaction,
  practiceId: string,
  page: PageComparison,
  stored: ReadonlyMap<string, StoredClient>,
  now: Date,
): Promise<void> {
  const rewritten = [...page.changed, ...page.returned.filter(({ changed }) => changed)];
  const written = [...page.new, ...rewritten];
  await insertMany(
    trx,
    'pims_clients',
    written.map((read) => clientRow(practiceId, read, now)),
    `ON DUPLICATE KEY UPDATE fingerprint = VALUES(fingerprint), display_id = VALUES(display_id),
       first_name = VALUES(first_name), last_name = VALUES(last_name), email_key = VALUES(email_key),
       twin_key = VALUES(twin_key), record = VALUES(record), changed_at = VALUES(changed_at), vanished_at = NULL,
       identity_conflict = 0, merged_into = NULL, living = VALUES(living), undecided = 1`,
  );
  await replacePets(trx, practiceId, rewritten, page.new);

  const cameBack = page.returned.filter(({ changed }) => !changed);
  for (const deleted of [false, true]) {
    const ids = cameBack.filter(({ client }) => client.deleted === deleted).map(({ client }) => client.pimsId);
    if (ids.length === 0) continue;
    await trx
      .updateTable('pims_clients')
      .set({ vanished_at: null, merged_into: null, undecided: 1, living: deleted ? 0 : 1 })
      .where('practice_id', '=', practiceId)
      .where('pims_id', 'in', ids)
      .execute();
  }
  if (page.conflicts.length > 0) {
    await trx
      .updateTable('pims_clients')
      .set({ identity_conflict: 1, undecided: 1 })
      .where('practice_id', '=', practiceId)
      .where('pims_id', 'in', page.conflicts.map(({ client }) => client.pimsId)) // prettier-ignore
      .where('identity_conflict', '=', 0)
      .execute();
  }
  const touched = [...written, ...cameBack];
  const before = [...rewritten, ...cameBack].map(({ client }) => stored.get(client.pimsId)?.emailKey);
  await undecideMates(
    trx,
    practiceId,
    [...touched.map(({ person }) => person.emails.loginKey), ...before],
    touched.map(({ person }) => person.twinKey),
  );
}

/** Marks undecided everyone of the practice who has one of these addresses or twin keys. */
export async function undecideMates(
  trx: DatabaseTransaction,
  practiceId: string,
  emailKeys: readonly (string | null | undefined)[],
  twinKeys: readonly (string | null | undefined)[],
): Promise<void> {
  for (const [column, keys] of [['email_key', emailKeys], ['twin_key', twinKeys]] as const) {
    const some = [...new Set(keys)].filter((key) => key != null);
    if (some.length === 0) continue;
    await trx
      .updateTable('pims_clients')
      .set({ undecided: 1 })
      .where('practice_id', '=', practiceId)
      .where(column, 'in', some)
      .where('undecided', '=', 0)
      .execute();
  }
}

/** 8 bytes for each id, to tell at the end of a complete pass who was not seen; 8 kB a page of 1,000. */
export function seenMarks(pimsIds: readonly string[]): Buffer {
  const marks = Buffer.alloc(pimsIds.length * 8);
  pimsIds.forEach((id, at) => marks.writeBigUInt64LE(markOf(id), at * 8));
  return marks;
}

/**
 * The stored clients that a complete pass did not see, by PIMS id.
 *
 * @returns how many are stored and not vanished, and the ids of those among them that are missing
 */
export async function missingClients(
  db: Database,
  practiceId: string,
  runId: string,
): Promise<{ stored: number; missing: string[] }> {
  const seen = await allMarks(db, runId);
  const missing: string[] = [];
  let stored = 0;
  let after = '';
  for (;;) {
    const rows = await db
      .selectFrom('pims_clients')
      .select('pims_id')
      .where('practice_id', '=', practiceId)
      .where('vanished_at', 'is', null)
      .where('pims_id', '>', after)
      .orderBy('pims_id')
      .limit(10_000)
      .execute();
    for (const { pims_id } of rows) if (!isIn(seen, markOf(pims_id))) missing.push(pims_id);
    stored += rows.length;
    const last = rows.at(-1);
    if (!last) return { stored, missing };
    after = last.pims_id;
  }
}

/** Marks clients vanished, with the client each was probably merged into. */
export async function markVanished(
  trx: DatabaseTransaction,
  practiceId: string,
  vanished: readonly { pimsId: string; mergedInto: string | null }[],
  now: Date,
): Promise<void> {
  for (let at = 0; at < vanished.length; at += 1000) {
    const some = vanished.slice(at, at + 1000);
    const ids = some.map(({ pimsId }) => pimsId);
    await trx
      .updateTable('pims_clients')
      .set({ vanished_at: now, undecided: 1, living: 0 })
      .where('practice_id', '=', practiceId)
      .where('pims_id', 'in', ids)
      .execute();
    for (const { pimsId, mergedInto } of some.filter((one) => one.mergedInto !== null)) {
      await trx
        .updateTable('pims_clients')
        .set({ merged_into: mergedInto })
        .where('practice_id', '=', practiceId)
        .where('pims_id', '=', pimsId)
        .execute();
    }
    const keys = await trx
      .selectFrom('pims_clients')
      .select(['email_key', 'twin_key'])
      .where('practice_id', '=', practiceId)
      .where('pims_id', 'in', ids)
      .execute();
    await undecideMates(trx, practiceId, keys.map((row) => row.email_key), keys.map((row) => row.twin_key)); // prettier-ignore
  }
}

/** Marks undecided those whose date has come, and everyone when the practice's policy has changed since it was used. */
export async function undecideDue(db: Database, practiceId: string, today: string, policyKey: string): Promise<void> {
  await db
    .updateTable('pims_clients')
    .set({ undecided: 1 })
    .where('practice_id', '=', practiceId)
    .where('decide_on', '<=', today)
    .where('undecided', '=', 0)
    .execute();
  const practice = await db
    .selectFrom('practices')
    .select('policy_key')
    .where('id', '=', practiceId)
    .executeTakeFirst();
  if (practice?.policy_key === policyKey) return;
  await db.transaction().execute(async (trx) => {
    await trx.updateTable('pims_clients').set({ undecided: 1 }).where('practice_id', '=', practiceId).execute();
    await trx.updateTable('practices').set({ policy_key: policyKey }).where('id', '=', practiceId).execute();
  });
}

function clientRow(practiceId: string, read: ReadClient, now: Date): NewRow<'pims_clients'> {
  const { client, person, fingerprint } = read;
  return {
    practice_id: practiceId,
    pims_id: client.pimsId,
    fingerprint: Buffer.from(fingerprint, 'hex'),
    display_id: client.displayId,
    first_name: clip(person.firstName),
    last_name: clip(person.lastName),
    email_key: person.emails.loginKey,
    twin_key: person.twinKey,
    record: JSON.stringify(withoutPets(client)),
    first_seen_at: now,
    changed_at: now,
    vanished_at: null,
    living: client.deleted ? 0 : 1,
  } as NewRow<'pims_clients'>;
}

function withoutPets(client: Client): Omit<Client, 'pets'> {
  const { pets: _, ...rest } = client;
  return rest;
}

async function replacePets(
  trx: DatabaseTransaction,
  practiceId: string,
  rewritten: readonly ReadClient[],
  added: readonly ReadClient[],
): Promise<void> {
  if (rewritten.length > 0) {
    await trx
      .deleteFrom('pims_pets')
      .where('practice_id', '=', practiceId)
      .where('client_pims_id', 'in', rewritten.map(({ client }) => client.pimsId)) // prettier-ignore
      .execute();
  }
  const rows = [...rewritten, ...added].flatMap(({ client }) => client.pets.map((pet) => petRow(practiceId, client, pet)));
  await insertMany(trx, 'pims_pets', rows, 'ON DUPLICATE KEY UPDATE name = VALUES(name)');
}

function petRow(practiceId: string, client: Client, pet: Client['pets'][number]): NewRow<'pims_pets'> {
  return {
    practice_id: practiceId,
    client_pims_id: client.pimsId,
    pims_id: pet.pimsId,
    name: clip(pet.name),
    species: pet.species.slice(0, 40),
    species_raw: clip(pet.speciesRaw, 100),
    breed: clip(pet.breed, 100),
    sex: pet.sex,
    neutered: pet.neutered === null ? null : Number(pet.neutered),
    sex_raw: clip(pet.sexRaw, 40),
    born_on: pet.bornOn,
    died_on: pet.diedOn,
    status: pet.status,
    status_raw: clip(pet.statusRaw, 40),
    share: pet.share,
    primary_owner: pet.primaryOwner ? 1 : 0,
  };
}

function clip(text: string | null, length = 200): string | null {
  return text === null || text.length <= length ? text : text.slice(0, length).toWellFormed();
}

function markOf(pimsId: string): bigint {
  return hash('sha1', pimsId, 'buffer').readBigUInt64LE(0);
}

async function allMarks(db: Database, runId: string): Promise<BigUint64Array> {
  const pages = await db.selectFrom('sync_pages').select('seen').where('run_id', '=', runId).execute();
  const marks = new BigUint64Array(pages.reduce((sum, { seen }) => sum + seen.length / 8, 0));
  let at = 0;
  for (const { seen } of pages) for (let i = 0; i < seen.length; i += 8) marks[at++] = seen.readBigUInt64LE(i);
  return marks.sort();
}

function isIn(sorted: BigUint64Array, mark: bigint): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as bigint) < mark) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === mark;
}

/** The count of clients of a practice that are undecided, for progress. */
export async function undecidedCount(db: Database, practiceId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT COUNT(*) AS n FROM pims_clients
    WHERE practice_id = ${practiceId} AND undecided = 1`.execute(db);
  return Number(rows[0]?.n ?? 0);
}

/** The client with this key or visible number, and those who share its address: whom a resync of it may concern. */
export async function clientAndMates(db: Database, practiceId: string, reference: string): Promise<string[]> {
  const found = await db
    .selectFrom('pims_clients')
    .select(['pims_id', 'email_key'])
    .where('practice_id', '=', practiceId)
    .where((eb) => eb.or([eb('pims_id', '=', reference), eb('display_id', '=', reference)]))
    .execute();
  const keys = found.map((row) => row.email_key).filter((key) => key !== null);
  const mates =
    keys.length === 0
      ? []
      : await db
          .selectFrom('pims_clients')
          .select('pims_id')
          .where('practice_id', '=', practiceId)
          .where('email_key', 'in', keys)
          .execute();
  return [...new Set([...found, ...mates].map((row) => row.pims_id))];
}

/** Marks every client of a practice undecided. */
export async function undecideEveryone(db: Database, practiceId: string): Promise<void> {
  await db.updateTable('pims_clients').set({ undecided: 1 }).where('practice_id', '=', practiceId).execute();
}
