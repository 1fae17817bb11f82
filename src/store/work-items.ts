import type { Person } from '../domain/person.js';
import { ownerSays } from '../domain/owner-says.js';
import type { NewId } from '../domain/ids.js';
import { Problem } from '../domain/problem.js';
import type { AllowedPractices } from './allowed-practices.js';
import { record, type Actor } from './audit.js';
import { inTransaction, type Database, type DatabaseTransaction } from './database.js';
import { workKey } from './settle-perform.js';
import type { Row } from './tables.js';

/** Something only a person can settle. */
export interface OpenWork {
  id: string;
  practiceId: string;
  kind: string;
  clientPimsId: string | null;
  clientName: string | null;
  sentence: string;
  openedAt: Date;
}

/** A practice's open work, oldest first. */
export async function listWork(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  limit: number,
): Promise<OpenWork[]> {
  const rows = await db
    .selectFrom('work_items as w')
    .leftJoin('pims_clients as c', (join) =>
      join.onRef('c.practice_id', '=', 'w.practice_id').onRef('c.pims_id', '=', 'w.client_pims_id'),
    )
    .select(['w.id', 'w.practice_id', 'w.kind', 'w.client_pims_id', 'w.sentence', 'w.opened_at'])
    .select(['c.first_name', 'c.last_name', 'c.display_id'])
    .where('w.practice_id', '=', allowed.require(practiceId))
    .where('w.closed_at', 'is', null)
    .orderBy('w.opened_at')
    .orderBy('w.id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    practiceId: row.practice_id,
    kind: row.kind,
    clientPimsId: row.client_pims_id,
    clientName:
      [row.first_name, row.last_name].filter(Boolean).join(' ') ||
      (row.client_pims_id === null ? null : `Client ${row.display_id ?? row.client_pims_id}`),
    sentence: row.sentence,
    openedAt: row.opened_at,
  }));
}

/** Takes one off the list. @throws Problem `not-found`, also when it is another practice's or closed already */
export async function closeWork(
  db: Database,
  allowed: AllowedPractices,
  workId: string,
  by: Actor,
  now: Date,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const row = await trx
      .selectFrom('work_items')
      .select(['practice_id', 'account_id', 'kind'])
      .where('id', '=', workId)
      .where('practice_id', 'in', allowed.idsForQuery)
      .where('closed_at', 'is', null)
      .forUpdate()
      .executeTakeFirst();
    if (!row) throw new Problem({ code: 'not-found', message: 'This is not on your work list any more.' });
    await trx
      .updateTable('work_items')
      .set({ closed_at: now, closed_by: by.name?.slice(0, 200) ?? by.kind, open_key: null })
      .where('id', '=', workId)
      .execute();
    const details = { kind: row.kind };
    const entry = {
      actor: by,
      action: 'work-item-closed',
      practiceId: row.practice_id,
      accountId: row.account_id,
      details,
    } as const;
    await record(trx, entry, now);
  });
}

/** Where the pet parent's own words differ from the PIMS, for one client record of theirs. */
export interface OwnerWords {
  practiceId: string;
  pimsId: string;
  accountId: string;
  sentences: string[];
}

/** Compares what a pet parent confirmed with each of their client records; nothing is written over in the PIMS. */
export async function ownerWords(
  trx: Database | DatabaseTransaction,
  accountId: string,
  personOf: (practiceId: string, record: string) => Person | null,
): Promise<OwnerWords[]> {
  const account = await trx
    .selectFrom('accounts')
    .select(['first_name', 'last_name', 'phone'])
    .where('id', '=', accountId)
    .executeTakeFirst();
  if (!account) return [];
  const clients = await trx
    .selectFrom('account_links as l')
    .innerJoin('pims_clients as c', (join) =>
      join.onRef('c.practice_id', '=', 'l.practice_id').onRef('c.pims_id', '=', 'l.client_pims_id'),
    )
    .select(['c.practice_id', 'c.pims_id', 'c.record'])
    .where('l.account_id', '=', accountId)
    .where('c.vanished_at', 'is', null)
    .execute();
  const said = await trx.selectFrom('account_pets').selectAll().where('account_id', '=', accountId).execute();
  const confirmed = { firstName: account.first_name, lastName: account.last_name, phone: account.phone };
  const compared = clients.map((client) => {
    const person = personOf(client.practice_id, client.record);
    return { client, differences: person ? ownerSays(confirmed, person) : [] };
  });
  // A household: the account is one of these people, and the others are not misnamed for it.
  const isName = (field: string) => field !== 'phone';
  const oneIsMeant = compared.some(({ differences }) => !differences.some(({ field }) => isName(field)));
  const found: OwnerWords[] = [];
  for (const { client, differences } of compared) {
    const { practice_id: practiceId, pims_id: pimsId } = client;
    const sentences = differences
      .filter(({ field }) => !(oneIsMeant && isName(field)))
      .map(({ sentence }) => sentence);
    sentences.push(...(await petWords(trx, practiceId, pimsId, said)));
    if (sentences.length > 0) found.push({ practiceId, pimsId, accountId, sentences });
  }
  return found;
}

/** What the owner says about the pets of one client record. */
async function petWords(
  trx: Database | DatabaseTransaction,
  practiceId: string,
  pimsId: string,
  said: readonly Row<'account_pets'>[],
): Promise<string[]> {
  const pets = await trx
    .selectFrom('pims_pets')
    .select(['pims_id', 'name'])
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', '=', pimsId)
    .execute();
  const sentences: string[] = [];
  for (const pet of pets) {
    const own = said.find((one) => one.practice_id === practiceId && one.pims_id === pet.pims_id);
    if (own?.state === 'passed') sentences.push(`The owner says: ${own.name} is no longer with them.`);
    else if (own && pet.name !== null && own.name.trim() !== pet.name.trim()) {
      sentences.push(`The owner says: the pet is called ${own.name}. The PIMS has ${pet.name}.`);
    }
  }
  return sentences;
}

/** Puts the owner's words on the practices' work lists; one item a client, renewed when they say more. */
export async function openOwnerWork(
  trx: DatabaseTransaction,
  words: readonly OwnerWords[],
  newId: NewId,
  now: Date,
): Promise<void> {
  for (const { practiceId, pimsId, accountId, sentences } of words) {
    const sentence = sentences.join(' ').slice(0, 500);
    await trx
      .insertInto('work_items')
      .values({
        id: newId(),
        practice_id: practiceId,
        kind: 'owner-says',
        client_pims_id: pimsId,
        account_id: accountId,
        sentence,
        details: null,
        opened_at: now,
        closed_at: null,
        closed_by: null,
        open_key: workKey(practiceId, 'owner-says', pimsId),
      })
      .onDuplicateKeyUpdate({ sentence })
      .execute();
  }
}
