import { sql } from 'kysely';
import { record, type Actor } from '../access/audit.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';
import { everyPractice, type ErasedPeople, type Marked } from './erasure-register.js';
import { markRelatedClients } from '../clients/needs-evaluation.js';
import { escapeLike } from '../db/escape-like.js';
import { lockPractices } from '../sync-runs/practices.js';
import { findPerson, type FoundPerson, type WhoAsked } from './find-person.js';
import { personTables } from './personal-data.js';

export interface Erasure {
  practice: string;
  /** Whose records these were: who asked can tell whether it is the right person. */
  clients: FoundPerson['clients'];
  accounts: FoundPerson['accounts'];
  /** Rows erased, by table. */
  erased: Record<string, number>;
  /** Emails that were being handed over at this moment, and may still arrive. */
  onTheirWay: number;
  /** What stays, and why. */
  stays: { what: string; why: string }[];
}

export interface ErasureDeps {
  db: Database;
  people: ErasedPeople;
}

/** Ends a dry run: everything that its transaction did is undone. */
class DryRun extends Error {}

/**
 * Erases one person from every table in one transaction: records, pets, account, credentials, sessions and emails that
 * wait. Keyed hashes stay, so that no sync copies or invites them again. A dry run does the same and undoes it.
 *
 * @throws Problem `person-unknown`, `person-reference-wrong`
 */
export async function erasePerson(
  { db, people }: ErasureDeps,
  who: WhoAsked,
  actor: Actor,
  now: Date,
  dryRun = false,
): Promise<Erasure> {
  let done: Erasure | undefined;
  try {
    await inTransaction(db, async (trx) => {
      const first = await findPerson(trx, who);
      await holdStill(trx, first);
      // A sync may have written another record of theirs before it was held.
      const person = await findPerson(trx, who);
      done = await erase(trx, person, people, actor, now);
      if (dryRun) throw new DryRun();
    });
  } catch (error) {
    if (!(error instanceof DryRun)) throw error;
  }
  return done as Erasure;
}

/** No sync writes and no settling goes on at these practices until the transaction ends. */
async function holdStill(trx: DatabaseTransaction, { practiceId, clients }: FoundPerson): Promise<void> {
  const ids = [...new Set([...clients.map((client) => client.practiceId), ...(practiceId ? [practiceId] : [])])];
  await lockPractices(trx, ids);
}

async function erase(
  trx: DatabaseTransaction,
  person: FoundPerson,
  people: ErasedPeople,
  actor: Actor,
  now: Date,
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
  // One of them may be the email that tries whether SES takes emails again; another is picked then.
  await trx.updateTable('email_sending').set({ probe_id: null }).where('probe_id', 'in', messageIds).execute();
  return rows.length;
}

/** Addresses whose owners want no email from anyone; that they said so goes with their rows. */
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

/** Keys by which others were weighed together with this person; they are decided again without them. */
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

/** Where an account goes on elsewhere, that practice decides again what it owes: the email that told the way in may be gone. */
async function decideKeptAnew(trx: DatabaseTransaction, { accounts }: FoundPerson): Promise<void> {
  for (const { id, kept } of accounts) {
    if (kept === null) continue;
    await sql`UPDATE pims_clients c
      JOIN account_links l ON l.practice_id = c.practice_id AND l.client_pims_id = c.pims_id
      SET c.needs_evaluation = 1 WHERE l.account_id = ${id}`.execute(trx);
  }
}

/** Sentences written for other people's records, and for runs, that name this person. */
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
        .set({ sentence: 'Linked to a record that was erased since.' })
        .where('practice_id', 'in', practices)
        .where('sentence', 'like', like)
        .execute();
      // The next decision opens again what is still true of the others. What their emails met stays with them.
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
 * An address that somebody else at the practice has too is not barred: that somebody is still a client. One whose owner
 * refused mail is barred everywhere.
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
      why: 'so that no sync copies or invites this person again; nobody can read them back',
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
      what: `account ${id}, with the name, address and telephone that its owner gave`,
      why: `the practice ${kept} has records of the same person. To erase those too, name "all" instead of the practice`,
    });
  }
  for (const email of person.sharedEmails) {
    stays.push({ what: `the address ${email}`, why: 'another record that is not this person’s has it too' });
  }
  return stays;
}
