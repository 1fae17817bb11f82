import { Problem } from '../../lib/problem.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import { record, type Act } from '../access/audit.js';
import { inTransaction, type Database } from '../db/database.js';

/** A task that only a person can complete. */
export interface OpenTask {
  id: string;
  practiceId: string;
  kind: string;
  clientPimsId: string | null;
  clientName: string | null;
  sentence: string;
  openedAt: Date;
}

/** Lists a practice's open tasks, oldest first. */
export async function listTasks(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  limit: number,
): Promise<OpenTask[]> {
  const rows = await db
    .selectFrom('tasks as w')
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

/** Closes a task. @throws Problem `not-found`, also if it belongs to another practice or is already closed */
export async function closeTask(
  db: Database,
  allowed: AllowedPractices,
  workId: string,
  { actor, now }: Act,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const row = await trx
      .selectFrom('tasks')
      .select(['practice_id', 'account_id', 'kind'])
      .where('id', '=', workId)
      .where('practice_id', 'in', allowed.idsForQuery)
      .where('closed_at', 'is', null)
      .forUpdate()
      .executeTakeFirst();
    if (!row) throw new Problem({ code: 'not-found', message: 'This task is no longer open.' });
    await trx
      .updateTable('tasks')
      .set({ closed_at: now, closed_by: actor.name?.slice(0, 200) ?? actor.kind, open_key: null })
      .where('id', '=', workId)
      .execute();
    const about = { practiceId: row.practice_id, accountId: row.account_id, details: { kind: row.kind } };
    await record(trx, { actor, action: 'task-closed', ...about }, now);
  });
}
