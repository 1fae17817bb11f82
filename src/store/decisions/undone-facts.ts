import { sql } from 'kysely';
import { grouped } from '../../lib/group-by.js';
import { Problem } from '../../lib/problem.js';
import type { ReadClient } from '../../domain/client/compare-page.js';
import { undoneKey, type UndoneFact, type UndoneKind } from '../../domain/decision/undone-facts.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import { record, type Actor } from '../access/audit.js';
import { inList, insertStatements, type StatementOrYield } from '../db/bulk.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';
import { lockPractices, requireCanEvaluate } from '../sync-runs/practices.js';
import type { NewRow, Row } from '../db/tables.js';

/** Loads the facts that the PIMS once reported about these clients and no longer does, by PIMS id. */
export async function undoneFactsOf(
  db: Database | DatabaseTransaction,
  practiceId: string,
  pimsIds: readonly string[],
): Promise<Map<string, UndoneFact[]>> {
  if (pimsIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('undone_facts')
    .selectAll()
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', inList(pimsIds))
    .orderBy('kind')
    .orderBy('subject')
    .execute();
  return grouped(rows, (row) => row.client_pims_id, factOf);
}

function factOf(row: Row<'undone_facts'>): UndoneFact {
  return {
    kind: row.kind,
    subject: row.subject,
    said: row.said,
    isPending: row.pending === 1,
    petName: row.pet_name,
    species: row.species,
    bornOn: row.born_on,
  };
}

/** Generates the statements that replace the undone facts of rewritten rows. */
export function* undoneStatements(
  db: Database,
  practiceId: string,
  rows: readonly ReadClient[],
): Generator<StatementOrYield> {
  const concerned = rows.filter(({ undone }) => undone !== undefined);
  if (concerned.length === 0) return;
  const ids = inList(concerned.map(({ client }) => client.pimsId));
  yield db
    .deleteFrom('undone_facts')
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', ids)
    .compile();
  yield* insertStatements(
    'undone_facts',
    concerned.flatMap(({ client, undone = [] }) =>
      undone.map((one): NewRow<'undone_facts'> => ({
        practice_id: practiceId,
        client_pims_id: client.pimsId,
        kind: one.kind,
        subject: one.subject,
        said: one.said?.slice(0, 254).toWellFormed() ?? null,
        pending: one.isPending ? 1 : 0,
        pet_name: one.petName?.slice(0, 200).toWellFormed() ?? null,
        species: one.species?.slice(0, 40).toWellFormed() ?? null,
        born_on: one.bornOn,
      })),
    ),
  );
}

/**
 * Confirms that the PIMS is right: stores pets that it lists as living as living, and marks the clients for evaluation.
 *
 * @param which limits it to these clients and these kinds; an omitted limit includes all of the practice
 * @returns the number of clients affected
 */
export async function acceptUndone(
  trx: DatabaseTransaction,
  practiceId: string,
  which: { pimsIds?: readonly string[]; kinds?: readonly UndoneKind[] },
): Promise<number> {
  const { pimsIds, kinds } = which;
  if (pimsIds?.length === 0 || kinds?.length === 0) return 0;
  const ofClients = pimsIds ? sql`f.client_pims_id IN ${inList(pimsIds)}` : sql`TRUE`;
  const ofKinds = kinds ? sql`f.kind IN ${inList(kinds)}` : sql`TRUE`;
  const pending = sql`f.practice_id = ${practiceId} AND f.pending = 1 AND ${ofClients} AND ${ofKinds}`;
  await sql`UPDATE pims_pets p JOIN undone_facts f
      ON f.practice_id = p.practice_id AND f.client_pims_id = p.client_pims_id AND f.subject = p.pims_id
      SET p.status = 'active' WHERE f.kind = 'pet-died' AND ${pending}`.execute(trx);
  // The fingerprint also covers the stored pets, which an evaluation may have read already. Changing it makes the next
  // sync write the row again.
  const { numAffectedRows } = await sql`UPDATE pims_clients c JOIN undone_facts f
      ON f.practice_id = c.practice_id AND f.client_pims_id = c.pims_id
      SET c.needs_evaluation = 1, c.fingerprint = UNHEX(LEFT(SHA2(CONCAT(c.pims_id, HEX(c.fingerprint)), 256), 32))
      WHERE ${pending}`.execute(trx);
  await sql`DELETE f FROM undone_facts f WHERE ${pending}`.execute(trx);
  return Number(numAffectedRows ?? 0n);
}

/**
 * Confirms, for staff, that the facts which the PIMS no longer reports about one client are obsolete. The caller
 * enqueues `evaluate-practice`.
 *
 * @param about.seen the `undoneKey` of the facts that the page showed
 * @throws Problem `changed-meanwhile` if the PIMS has changed since; `sync-in-progress`
 */
export async function confirmUndone(
  db: Database,
  allowed: AllowedPractices,
  about: { practiceId: string; pimsId: string; accountId: string | null; seen: string },
  actor: Actor,
  now: Date,
): Promise<void> {
  const practiceId = allowed.require(about.practiceId);
  const { pimsId, accountId, seen } = about;
  await inTransaction(db, async (trx) => {
    await lockPractices(trx, [practiceId]);
    await requireCanEvaluate(trx, practiceId);
    const pending = await pendingFactsOf(trx, practiceId, pimsId);
    if (pending.length === 0 || undoneKey(pending) !== seen)
      throw new Problem({ code: 'changed-meanwhile', message: 'The data in the PIMS has changed in the meantime.' });
    await acceptUndone(trx, practiceId, { pimsIds: [pimsId] });
    const kinds = [...new Set(pending.map(({ kind }) => kind))].join(', ');
    const details = { client: pimsId, kinds };
    await record(trx, { actor, action: 'undone-confirmed', practiceId, accountId, details }, now);
  });
}

/**
 * Confirms, for staff, all facts on the Tasks page that were there when they looked. The caller enqueues
 * `evaluate-practice`.
 *
 * @returns the number of clients affected
 * @throws Problem `sync-in-progress`
 */
export async function confirmListed(
  db: Database,
  allowed: AllowedPractices,
  about: { practiceId: string; until: Date },
  actor: Actor,
  now: Date,
): Promise<number> {
  const practiceId = allowed.require(about.practiceId);
  return inTransaction(db, async (trx) => {
    await lockPractices(trx, [practiceId]);
    await requireCanEvaluate(trx, practiceId);
    const items = await trx
      .selectFrom('tasks')
      .select('client_pims_id')
      .where('practice_id', '=', practiceId)
      .where('kind', '=', 'undone-in-pims')
      .where('closed_at', 'is', null)
      .where('opened_at', '<=', about.until)
      .execute();
    const pimsIds = items.map((item) => item.client_pims_id).filter((id) => id !== null);
    const clients = await acceptUndone(trx, practiceId, { pimsIds });
    await record(trx, { actor, action: 'undone-confirmed', practiceId, details: { clients } }, now);
    return clients;
  });
}

/** Returns the facts of one client that the PIMS contradicts. */
export async function pendingFactsOf(
  db: Database | DatabaseTransaction,
  practiceId: string,
  pimsId: string,
): Promise<UndoneFact[]> {
  const facts = (await undoneFactsOf(db, practiceId, [pimsId])).get(pimsId) ?? [];
  return facts.filter(({ isPending }) => isPending);
}
