import { sql } from 'kysely';
import type { Refusal } from '../../domain/decision/facts.js';
import { grouped } from '../../lib/group-by.js';
import { Problem } from '../../lib/problem.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import { record, type Actor } from '../access/audit.js';
import { inList } from '../db/bulk.js';
import { destroying } from './credentials.js';
import { inTransaction, insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import { lockPractices } from '../sync-runs/practices.js';
import type { Row } from '../db/tables.js';
import { markClient } from '../clients/needs-evaluation.js';

/** Which client record, and which account. */
export interface LinkAbout {
  practiceId: string;
  pimsId: string;
  accountId: string;
}

/** What was there before staff took a record off an account: put back, it is as if nothing had been said. */
interface Kept {
  link: Pick<Row<'account_links'>, 'reason' | 'sentence' | 'made_by'> & { linked_at: string };
  pets: (Omit<Row<'account_pets'>, 'confirmed_at'> & { confirmed_at: string })[];
}

/** The accounts that staff said are not these clients', by PIMS id. */
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
 * Staff say that a record is not of the person whose account it is on. The record leaves the account, and no rule puts it
 * back there or invites it to that address. An account that nobody logged in to and that has no record left loses its
 * temporary password. The caller asks for `evaluate-practice`.
 *
 * @throws Problem `changed-meanwhile` when the record is not on that account any more
 */
export async function takeOffAccount(
  db: Database,
  allowed: AllowedPractices,
  about: LinkAbout,
  actor: Actor,
  now: Date,
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
 * The reverse: the record is on the account again, as it was. The caller asks for `evaluate-practice`.
 *
 * @throws Problem `changed-meanwhile` when staff never took it off, or it is on an account by now
 */
export async function putBackOnAccount(
  db: Database,
  allowed: AllowedPractices,
  about: LinkAbout,
  actor: Actor,
  now: Date,
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

/** No settling of the practice and no log-in to the account happens until the end. */
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

/** What the pet parent confirmed about pets that no other record of the account has. */
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

/** As settling does with an account that is left: its password dies, and what told it counts no longer. */
async function abandon(trx: DatabaseTransaction, accountId: string, now: Date): Promise<void> {
  await destroying(trx, [accountId], 'left', now).execute();
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
    .where('kind', 'in', ['welcome', 'new-temporary-password'])
    .where('state', 'not in', ['canceled', 'recalled'])
    .execute();
}

function decidedOtherwise(): Problem {
  return new Problem({ code: 'changed-meanwhile', message: 'This record is linked otherwise by now.' });
}
