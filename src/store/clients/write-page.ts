import { hash } from 'node:crypto';
import type { Client } from '../../domain/client/client.js';
import type { PageComparison, ReadClient, StoredClient } from '../../domain/client/compare-page.js';
import { cleanText } from '../../domain/client/name.js';
import type { PersonPhone } from '../../domain/client/person.js';
import { inList, insertStatements, executeSequentially, type StatementOrYield } from '../db/bulk.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import type { NewRow } from '../db/tables.js';
import { undoneStatements } from '../decisions/undone-facts.js';
import { clearConflicts, saveConflicts } from './identity-conflicts.js';
import { markRelatedClients } from './needs-evaluation.js';

/**
 * Generates the statements that write the new and changed rows of a page. Building their text costs as much as the
 * database needs to run them, so a caller can build them ahead.
 */
export function* rowStatements(
  db: Database,
  practiceId: string,
  page: PageComparison,
  now: Date,
): Generator<StatementOrYield> {
  const rewritten = rewrittenOf(page);
  const written = [...page.new, ...rewritten];
  function* clients() {
    for (const read of written) yield clientRow(practiceId, read, now);
  }
  function* pets() {
    for (const { client } of written) for (const pet of client.pets) yield petRow(practiceId, client, pet);
  }
  yield* insertStatements(
    'pims_clients',
    clients(),
    `ON DUPLICATE KEY UPDATE fingerprint = VALUES(fingerprint), display_id = VALUES(display_id),
       first_name = VALUES(first_name), last_name = VALUES(last_name), company_name = VALUES(company_name),
       email_key = VALUES(email_key), phone_tail = VALUES(phone_tail), other_phone_tail = VALUES(other_phone_tail),
       third_phone_tail = VALUES(third_phone_tail),
       duplicate_key = VALUES(duplicate_key), record = VALUES(record), changed_at = VALUES(changed_at), missing_since = NULL,
       identity_conflict = 0, merged_into = NULL, living = VALUES(living), needs_evaluation = 1`,
  );
  if (rewritten.length > 0) {
    const ids = inList(rewritten.map(({ client }) => client.pimsId));
    yield db.deleteFrom('pims_pets').where('practice_id', '=', practiceId).where('client_pims_id', 'in', ids).compile();
  }
  yield* insertStatements('pims_pets', pets(), 'ON DUPLICATE KEY UPDATE name = VALUES(name)');
  yield* undoneStatements(db, practiceId, rewritten);
}

function rewrittenOf(page: PageComparison): ReadClient[] {
  return [...page.changed, ...page.returned.filter(({ changed }) => changed)];
}

/**
 * Writes the changes of a page and marks every affected client as waiting for evaluation. Writes nothing for unchanged
 * rows.
 *
 * @param rows the page's `rowStatements`, if they were built ahead
 */
export async function writePage(
  trx: DatabaseTransaction,
  practiceId: string,
  page: PageComparison,
  stored: ReadonlyMap<string, StoredClient>,
  now: Date,
  rows: Iterable<StatementOrYield> = rowStatements(trx, practiceId, page, now),
): Promise<void> {
  await executeSequentially(trx, rows);
  const rewritten = rewrittenOf(page);
  const written = [...page.new, ...rewritten];
  const cameBack = page.returned.filter(({ changed }) => !changed);
  for (const deleted of [false, true]) {
    const ids = cameBack.filter(({ client }) => client.deleted === deleted).map(({ client }) => client.pimsId);
    if (ids.length === 0) continue;
    await trx
      .updateTable('pims_clients')
      .set({ missing_since: null, merged_into: null, changed_at: now, needs_evaluation: 1, living: deleted ? 0 : 1 })
      .where('practice_id', '=', practiceId)
      .where('pims_id', 'in', ids)
      .execute();
  }
  await saveConflicts(trx, practiceId, page.conflicts, now);
  const overwritten = rewritten.map(({ client }) => client.pimsId);
  await clearConflicts(
    trx,
    practiceId,
    [...page.resolved, ...overwritten].filter((id) => stored.get(id)?.identityConflict),
  );
  const touched = [...written, ...cameBack];
  // A client that shared an address, or a name and phone, with one of them before may be alone now.
  const before = [...rewritten, ...cameBack].map(({ client }) => stored.get(client.pimsId));
  await markRelatedClients(
    trx,
    practiceId,
    [...touched.map(({ person }) => person.emails.loginKey), ...before.map((known) => known?.emailKey)],
    [
      ...touched.map(({ person }) => duplicateKeyColumn(person.duplicateKey)),
      ...before.map((known) => known?.duplicateKey),
    ],
  );
}

/**
 * Digests a duplicate suspect key, which holds a name and a phone of any length and script. The digest is enough to
 * find equal keys.
 */
function duplicateKeyColumn(duplicateKey: string | null): string | null {
  return duplicateKey === null ? null : hash('sha256', duplicateKey, 'hex').slice(0, 32);
}

function clientRow(practiceId: string, read: ReadClient, now: Date): NewRow<'pims_clients'> {
  const { client, person, fingerprint } = read;
  const [phone, otherPhone, thirdPhone] = [...new Set(person.phones.map(phoneTail))];
  return {
    practice_id: practiceId,
    pims_id: client.pimsId,
    fingerprint: Buffer.from(fingerprint, 'hex'),
    display_id: clip(client.displayId, 128),
    first_name: clip(person.firstName),
    last_name: clip(person.lastName),
    company_name: clip(cleanText(client.companyName)),
    email_key: person.emails.loginKey,
    phone_tail: phone ?? null,
    other_phone_tail: otherPhone ?? null,
    third_phone_tail: thirdPhone ?? null,
    duplicate_key: duplicateKeyColumn(person.duplicateKey),
    record: JSON.stringify(withoutPets(client)),
    first_seen_at: now,
    changed_at: now,
    missing_since: null,
    living: client.deleted ? 0 : 1,
  } as NewRow<'pims_clients'>;
}

/** Returns the digits of a phone in reverse order: a search for "ends in 0132" then becomes a search for a prefix. */
function phoneTail({ e164, typed }: PersonPhone): string {
  return (e164 ?? typed).replace(/\D/g, '').slice(-40).split('').reverse().join('');
}

function withoutPets(client: Client): Omit<Client, 'pets'> {
  const { pets: _, ...rest } = client;
  return rest;
}

function petRow(practiceId: string, client: Client, pet: Client['pets'][number]): NewRow<'pims_pets'> {
  return {
    practice_id: practiceId,
    client_pims_id: client.pimsId,
    pims_id: pet.pimsId,
    name: clip(pet.name),
    species: clip(pet.species, 40) ?? '',
    species_raw: clip(pet.speciesRaw, 100),
    breed: clip(pet.breed, 100),
    sex: pet.sex,
    neutered: pet.neutered === null ? null : Number(pet.neutered),
    sex_raw: clip(pet.sexRaw, 40),
    born_on: pet.bornOn,
    died_on: pet.diedOn,
    status: pet.status,
    status_raw: clip(pet.statusRaw, 40),
    share: shareColumn(pet.share),
    primary_owner: pet.primaryOwner ? 1 : 0,
  };
}

/** Returns the share; null if it is outside 0-100. */
function shareColumn(share: number | null): number | null {
  return share !== null && share >= 0 && share <= 100 ? share : null;
}

function clip(text: string | null, length = 200): string | null {
  return text === null || text.length <= length ? text : text.slice(0, length).toWellFormed();
}
