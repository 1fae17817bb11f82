import { sql } from 'kysely';
import { record, type Act } from '../access/audit.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';
import { everyPractice, type ErasedPeople, type Marked } from './erasure-register.js';
import { markRelatedClients } from '../clients/needs-evaluation.js';
import { escapeLike } from '../db/escape-like.js';
import { lockPractices } from '../sync-runs/practices.js';
import { findPerson, type FoundPerson, type WhoAsked } from './find-person.js';
import { personTables } from './personal-data.js';

export interface Erasure {
  practice: string;
  /** The person's client records, so that the requester can check that it is the right person. */
  clients: FoundPerson['clients'];
  accounts: FoundPerson['accounts'];
  /** Rows erased, by table. */
  erased: Record<string, number>;
  /** Emails that were being sent at this moment and may still arrive. */
  onTheirWay: number;
  /** The data that stays, with the reason. */
  stays: { what: string; why: string }[];
}

export interface ErasureDeps {
  db: Database;
  people: ErasedPeople;
}

/** Ends a dry run by rolling back its transaction. */
class DryRun extends Error {}

/**
 * Erases one person from every table in one transaction: records, pets, account, credentials, sessions and queued
 * emails. Keyed hashes stay, so that no sync copies or invites them again. A dry run does the same and rolls it back.
 *
 * @throws Problem `person-unknown`, `person-reference-wrong`
 */
export async function erasePerson(
  { db, people }: ErasureDeps,
  who: WhoAsked,
  act: Pick<Act, 'actor' | 'now'>,
  dryRun = false,
): Promise<Erasure> {
  let done: Erasure | undefined;
  try {
    await inTransaction(db, async (trx) => {
      const first = await findPerson(trx, who);
      await holdStill(trx, first);
      // A sync may have written another record of this person before the lock.
      const person = await findPerson(trx, who);
      done = await erase(trx, person, people, act);
      if (dryRun) throw new DryRun();
    });
  } catch (error) {
    if (!(error instanceof DryRun)) throw error;
  }
  return done as Erasure;
}

/** Locks these practices, so that no sync writes and no evaluation runs until the transaction ends. */
async function holdStill(trx: DatabaseTransaction, { practiceId, clients }: FoundPerson): Promise<void> {
  const ids = [...new Set([...clients.map((client) => client.practiceId), ...(practiceId ? [practiceId] : [])])];
  await lockPractices(trx, ids);
}

async function erase(
  trx: DatabaseTransaction,
  person: FoundPerson,
  people: ErasedPeople,
  { actor, now }: Pick<Act, 'actor' | 'now'>,
): Promise<Erasure> {
  const onTheirWay = await sending(trx, person);
  const related = await keysOfRelated(trx, person);
  const refusing = await whoRefusedMail(trx, person);
  const erased: Record<string, number> = {};
  for (const [table, entry] of Object.entries(personTables)) {
    if ('none' in entry || !entry.erase) continue;
    const condition = entry.rows(person);
    if (!condition) continue;
    const { numAffectedRows } = await sql`DELETE FROM ${sql.table(table)} WHERE ${condition}`.execute(trx);
    if (numAffectedRows) erased[table] = Number(numAffectedRows);
  }
  await forgetMentions(trx, person);
  for (const { practiceId, emails, duplicates } of related)
    await markRelatedClients(trx, practiceId, emails, duplicates);
  await decideKeptAnew(trx, person);
  await people.remember(trx, marksOf(person, refusing), now);
  const practices = [...new Set(person.clients.map(({ practiceId }) => practiceId))];
  for (const practiceId of practices.length > 0 ? practices : [null]) {
    const accountId = person.accounts.find(({ kept }) => kept === null)?.id ?? null;
    const details = { clients: person.clients.length, mailsOnTheirWay: onTheirWay };
    await record(trx, { actor, action: 'person-erased', practiceId, accountId, details }, now);
  }
  return {
    practice: person.practiceId ?? 'all',
    clients: person.clients,
    accounts: person.accounts,
    erased,
    onTheirWay,
    stays: await whatStays(trx, person),
  };
}

async function sending(trx: DatabaseTransaction, { messageIds }: FoundPerson): Promise<number> {
  if (messageIds.length === 0) return 0;
  const rows = await trx
    .selectFrom('messages')
    .select('id')
    .where('id', 'in', messageIds)
    .where('state', '=', 'sending')
    .execute();
  // One of them may be the message that tests SES; the dispatcher then picks another one.
  await trx.updateTable('email_sending').set({ probe_id: null }).where('probe_id', 'in', messageIds).execute();
  return rows.length;
}

/** Returns addresses whose owners want no email from any practice; erasing their rows also deletes that wish. */
async function whoRefusedMail(trx: DatabaseTransaction, person: FoundPerson): Promise<string[]> {
  const own = person.emails.filter((email) => !person.sharedAnywhere.includes(email));
  if (own.length === 0) return [];
  const rows = await trx
    .selectFrom('suppressions')
    .select('email_key')
    .where('email_key', 'in', own)
    .where('reason', '!=', 'bounced')
    .execute();
  return rows.map((row) => row.email_key);
}

/** Returns the keys by which other clients were evaluated together with this person; those are evaluated again. */
async function keysOfRelated(trx: DatabaseTransaction, { clients }: FoundPerson) {
  const related: { practiceId: string; emails: (string | null)[]; duplicates: (string | null)[] }[] = [];
  for (const { practiceId, pimsId } of clients) {
    const row = await trx
      .selectFrom('pims_clients')
      .select(['email_key', 'duplicate_key'])
      .where('practice_id', '=', practiceId)
      .where('pims_id', '=', pimsId)
      .executeTakeFirst();
    if (row) related.push({ practiceId, emails: [row.email_key], duplicates: [row.duplicate_key] });
  }
  return related;
}

/**
 * Marks the clients of a kept account at other practices for evaluation, because the email that contained the login may
 * be erased.
 */
async function decideKeptAnew(trx: DatabaseTransaction, { accounts }: FoundPerson): Promise<void> {
  for (const { id, kept } of accounts) {
    if (kept === null) continue;
    await sql`UPDATE pims_clients c
      JOIN account_links l ON l.practice_id = c.practice_id AND l.client_pims_id = c.pims_id
      SET c.needs_evaluation = 1 WHERE l.account_id = ${id}`.execute(trx);
  }
}

/** Deletes sentences about other people's records, and about runs, that name this person. */
async function forgetMentions(trx: DatabaseTransaction, person: FoundPerson): Promise<void> {
  const texts = [...person.emails.filter((email) => !person.sharedEmails.includes(email)), ...person.fullNames];
  const practices = [...new Set(person.clients.map(({ practiceId }) => practiceId))];
  for (const text of texts) {
    const like = `%${escapeLike(text)}%`;
    if (practices.length > 0) {
      await trx
        .updateTable('pims_clients')
        .set({ sentence: null, needs_evaluation: 1 })
        .where('practice_id', 'in', practices)
        .where('sentence', 'like', like)
        .execute();
      await trx
        .updateTable('account_links')
        .set({ sentence: 'Linked to a record that has since been erased.' })
        .where('practice_id', 'in', practices)
        .where('sentence', 'like', like)
        .execute();
      // The next evaluation opens tasks that are still true of other clients again. Tasks about their own emails stay.
      await trx
        .deleteFrom('tasks')
        .where('practice_id', 'in', practices)
        .where(
          'kind',
          'not in',
          text.includes('@')
            ? ['none']
            : ['bounced-email', 'login-bounced', 'mail-refused', 'mail-failed', 'mail-complaint', 'owner-says'],
        )
        .where((eb) => eb.or([eb('sentence', 'like', like), eb('details', 'like', like)]))
        .execute();
    }
    await trx.updateTable('email_sending').set({ stopped_why: null }).where('stopped_why', 'like', like).execute();
  }
  for (const { practiceId, pimsId, displayId } of person.clients) {
    await trx
      .deleteFrom('identity_conflicts')
      .where('practice_id', '=', practiceId)
      .where('pims_id', '=', pimsId)
      .execute();
    await trx
      .updateTable('pims_clients')
      .set({ merged_into: null, needs_evaluation: 1 })
      .where('practice_id', '=', practiceId)
      .where('merged_into', '=', pimsId)
      .execute();
    await trx
      .updateTable('sync_runs')
      .set({ client_reference: null, error_message: null })
      .where('practice_id', '=', practiceId)
      .where('kind', '=', 'client')
      .where('client_reference', 'in', [pimsId, displayId ?? pimsId])
      .execute();
  }
}

/**
 * Returns the marks of this person. An address that another person at the practice has too is not marked, because that
 * person is still a client. An address whose owner refused email is marked for every practice.
 */
function marksOf(person: FoundPerson, refusing: readonly string[]): Marked[] {
  const own = person.emails.filter((email) => !person.sharedEmails.includes(email));
  const perPractice = new Map<string, string[]>();
  for (const { practiceId, pimsId } of person.clients)
    perPractice.set(practiceId, [...(perPractice.get(practiceId) ?? []), pimsId]);
  return [
    ...[...perPractice].map(([practiceId, clients]) => ({ practiceId, clients, emails: [] })),
    { practiceId: person.practiceId ?? everyPractice, clients: [], emails: own },
    { practiceId: everyPractice, clients: [], emails: refusing },
  ];
}

async function whatStays(trx: DatabaseTransaction, person: FoundPerson): Promise<Erasure['stays']> {
  const stays: Erasure['stays'] = [
    {
      what: 'keyed hashes of the PIMS ids and of the addresses',
      why: 'so that no sync copies or invites this person again; they cannot be reversed',
    },
  ];
  for (const [table, entry] of Object.entries(personTables)) {
    if ('none' in entry || entry.erase) continue;
    const condition = entry.rows(person);
    if (!condition) continue;
    const { rows } = await sql<{
      n: number;
    }>`SELECT COUNT(*) AS n FROM ${sql.table(table)} WHERE ${condition}`.execute(trx);
    const count = Number(rows[0]?.n ?? 0);
    if (count > 0) stays.push({ what: `${table}: ${count} lines`, why: entry.keepsBecause ?? '' });
  }
  for (const { id, kept } of person.accounts) {
    if (kept === null) continue;
    stays.push({
      what: `account ${id}, with the name, address and phone that the pet parent entered`,
      why: `the practice ${kept} has records of the same person. To erase those too, use "all" instead of the practice`,
    });
  }
  for (const email of person.sharedEmails) {
    stays.push({ what: `the address ${email}`, why: 'a record of another person has it too' });
  }
  return stays;
}
