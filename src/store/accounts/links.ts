import { sql } from 'kysely';
import type { Refusal } from '../../domain/decision/facts.js';
import { loginKinds } from '../../domain/message/message-kinds.js';
import { grouped } from '../../lib/group-by.js';
import { Problem } from '../../lib/problem.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import { record, type Act } from '../access/audit.js';
import { inList } from '../db/bulk.js';
import { clearing } from './credentials.js';
import { inTransaction, insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import { lockPractices } from '../sync-runs/practices.js';
import type { Row } from '../db/tables.js';
import { markClient } from '../clients/needs-evaluation.js';

/** A client record and an account. */
export interface LinkAbout {
  practiceId: string;
  pimsId: string;
  accountId: string;
}

/** The data before staff took a record off an account; putting the record back restores it. */
interface Kept {
  link: Pick<Row<'account_links'>, 'reason' | 'sentence' | 'made_by'> & { linked_at: string };
  pets: (Omit<Row<'account_pets'>, 'confirmed_at'> & { confirmed_at: string })[];
}

/** Returns the accounts that staff said do not belong to these clients, by PIMS id. */
export async function refusalsOf(
  db: Database | DatabaseTransaction,
  practiceId: string,
  pimsIds: readonly string[],
): Promise<Map<string, Refusal[]>> {
  if (pimsIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('link_refusals')
    .select(['client_pims_id', 'account_id', 'email_key'])
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', inList(pimsIds))
    .execute();
  return grouped(
    rows,
    (row) => row.client_pims_id,
    (row) => ({ accountId: row.account_id, emailKey: row.email_key }),
  );
}

/**
 * Takes a record off an account, because staff say that it is not of the account's person. No rule links it there again
 * or invites it to that address. An account without a login and without another record loses its temporary password.
 * The caller enqueues `evaluate-practice`.
 *
 * @throws Problem `changed-meanwhile` if the record is no longer linked to that account
 */
export async function takeOffAccount(
  db: Database,
  allowed: AllowedPractices,
  about: LinkAbout,
  { actor, now }: Act,
): Promise<void> {
  const practiceId = allowed.require(about.practiceId);
  const { pimsId, accountId } = about;
  await inTransaction(db, async (trx) => {
    const account = await locked(trx, practiceId, accountId);
    const link = await linkRow(trx, practiceId, pimsId);
    if (!account || link?.account_id !== accountId) throw decidedOtherwise();
    const pets = await petsOnlyHere(trx, practiceId, pimsId, accountId);
    const kept: Kept = {
      link: {
        reason: link.reason,
        sentence: link.sentence,
        made_by: link.made_by,
        linked_at: link.linked_at.toISOString(),
      },
      pets: pets.map((pet) => ({ ...pet, confirmed_at: pet.confirmed_at.toISOString() })),
    };
    await deleteLink(trx, practiceId, pimsId);
    if (pets.length > 0)
      await trx
        .deleteFrom('account_pets')
        .where('id', 'in', inList(pets.map(({ id }) => id)))
        .execute();
    await insertMany(trx, 'link_refusals', [
      {
        practice_id: practiceId,
        client_pims_id: pimsId,
        account_id: accountId,
        email_key: account.email_key,
        kept: JSON.stringify(kept),
        said_by: actor.name?.slice(0, 200) ?? actor.kind,
        said_at: now,
      },
    ]);
    const alone = await hasNoRecord(trx, accountId);
    if (alone && account.first_login_at === null) await abandon(trx, accountId, now);
    await markClient(trx, practiceId, pimsId);
    const details = { client: pimsId };
    await record(trx, { actor, action: 'link-taken-off', practiceId, accountId, details }, now);
  });
}

/**
 * Puts a record back on the account, as it was before `takeOffAccount`. The caller enqueues `evaluate-practice`.
 *
 * @throws Problem `changed-meanwhile` if staff never took it off, or it is linked to an account now
 */
export async function putBackOnAccount(
  db: Database,
  allowed: AllowedPractices,
  about: LinkAbout,
  { actor, now }: Act,
): Promise<void> {
  const practiceId = allowed.require(about.practiceId);
  const { pimsId, accountId } = about;
  await inTransaction(db, async (trx) => {
    const account = await locked(trx, practiceId, accountId);
    const refusal = await trx
      .selectFrom('link_refusals')
      .select('kept')
      .where('practice_id', '=', practiceId)
      .where('client_pims_id', '=', pimsId)
      .where('account_id', '=', accountId)
      .forUpdate()
      .executeTakeFirst();
    if (!account || !refusal || (await linkRow(trx, practiceId, pimsId))) throw decidedOtherwise();
    const { link, pets } = JSON.parse(refusal.kept) as Kept;
    await insertMany(trx, 'account_links', [
      {
        ...link,
        practice_id: practiceId,
        client_pims_id: pimsId,
        account_id: accountId,
        linked_at: new Date(link.linked_at),
      },
    ]);
    const known = await trx
      .selectFrom('account_pets')
      .select('pims_id')
      .where('account_id', '=', accountId)
      .where('practice_id', '=', practiceId)
      .execute();
    const missing = pets.filter((pet) => !known.some(({ pims_id }) => pims_id === pet.pims_id));
    await insertMany(
      trx,
      'account_pets',
      missing.map((pet) => ({ ...pet, confirmed_at: new Date(pet.confirmed_at) })),
    );
    await trx
      .deleteFrom('link_refusals')
      .where('practice_id', '=', practiceId)
      .where('client_pims_id', '=', pimsId)
      .where('account_id', '=', accountId)
      .execute();
    await markClient(trx, practiceId, pimsId);
    const details = { client: pimsId };
    await record(trx, { actor, action: 'link-put-back', practiceId, accountId, details }, now);
  });
}

/**
 * Locks the practice and the account: no evaluation of the practice and no login to the account happens until the
 * transaction ends.
 */
async function locked(trx: DatabaseTransaction, practiceId: string, accountId: string) {
  await lockPractices(trx, [practiceId]);
  return trx
    .selectFrom('accounts')
    .select(['email_key', 'first_login_at'])
    .where('id', '=', accountId)
    .where('closed_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
}

function linkRow(trx: DatabaseTransaction, practiceId: string, pimsId: string) {
  return trx
    .selectFrom('account_links')
    .selectAll()
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', '=', pimsId)
    .forUpdate()
    .executeTakeFirst();
}

async function deleteLink(trx: DatabaseTransaction, practiceId: string, pimsId: string): Promise<void> {
  await trx
    .deleteFrom('account_links')
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', '=', pimsId)
    .execute();
}

/** Returns confirmed pets that no other record of the account has. */
async function petsOnlyHere(
  trx: DatabaseTransaction,
  practiceId: string,
  pimsId: string,
  accountId: string,
): Promise<Row<'account_pets'>[]> {
  const { rows } = await sql<Row<'account_pets'>>`
    SELECT a.* FROM account_pets a
    WHERE a.account_id = ${accountId} AND a.practice_id = ${practiceId}
      AND EXISTS (SELECT 1 FROM pims_pets p
        WHERE p.practice_id = a.practice_id AND p.client_pims_id = ${pimsId} AND p.pims_id = a.pims_id)
      AND NOT EXISTS (SELECT 1 FROM account_links l
        JOIN pims_pets p ON p.practice_id = l.practice_id AND p.client_pims_id = l.client_pims_id
        WHERE l.account_id = a.account_id AND l.practice_id = a.practice_id AND l.client_pims_id <> ${pimsId}
          AND p.pims_id = a.pims_id)`.execute(trx);
  return rows;
}

async function hasNoRecord(trx: DatabaseTransaction, accountId: string): Promise<boolean> {
  const other = await trx
    .selectFrom('account_links')
    .select('client_pims_id')
    .where('account_id', '=', accountId)
    .limit(1)
    .executeTakeFirst();
  return other === undefined;
}

/** Clears the password of an abandoned account and supersedes the emails that contained it, as an evaluation does. */
async function abandon(trx: DatabaseTransaction, accountId: string, now: Date): Promise<void> {
  await clearing(trx, [accountId], 'left', now).execute();
  await trx
    .updateTable('messages')
    .set({ state: 'canceled', reason: 'no-longer-linked', detail: null, open_key: null, changed_at: now })
    .where('account_id', '=', accountId)
    .where('state', '=', 'queued')
    .execute();
  await trx
    .updateTable('messages')
    .set({ superseded: 1, open_key: null })
    .where('account_id', '=', accountId)
    .where('kind', 'in', loginKinds)
    .where('state', 'not in', ['canceled', 'recalled'])
    .execute();
}

function decidedOtherwise(): Problem {
  return new Problem({ code: 'changed-meanwhile', message: 'The link of this record has changed in the meantime.' });
}
