import { CompiledQuery, sql } from 'kysely';
import { insertMany, type DatabaseTransaction } from '../db/database.js';
import { pausableKinds } from '../../domain/message/message-kinds.js';
import type { Row } from '../db/tables.js';

/** Counts of the messages that were enqueued and not yet claimed. */
export interface Queued {
  urgent: number;
  campaigns: number;
  /** The lowest position in the fair queue; null if no campaign message is enqueued. */
  lowestPosition: number | null;
  highestPosition: number | null;
}

/**
 * Counts the enqueued messages. A message that was enqueued more than `lostAfterMs` ago and is still queued has lost
 * its job; makes it available for enqueueing again.
 *
 * @returns the messages enqueued now
 */
export async function readQueued(trx: DatabaseTransaction, lostAfterMs: number, now: Date): Promise<Queued> {
  await trx
    .updateTable('messages')
    .set({ enqueued_at: null, position: null })
    .where('enqueued_at', '<', new Date(now.getTime() - lostAfterMs))
    .where('state', '=', 'queued')
    .execute();
  const row = await trx
    .selectFrom('messages')
    .select((eb) => [
      eb.fn.countAll<number>().as('all'),
      eb.fn.sum<number | null>('urgent').as('urgent'),
      eb.fn.min('position').as('lowest'),
      eb.fn.max('position').as('highest'),
    ])
    .where('enqueued_at', 'is not', null)
    .where('state', '=', 'queued')
    .executeTakeFirstOrThrow();
  const urgent = Number(row.urgent ?? 0);
  return { urgent, campaigns: Number(row.all) - urgent, lowestPosition: row.lowest, highestPosition: row.highest };
}

/** Lists practices that have queued campaign messages and are not paused, with the progress of their campaigns. */
export async function practicesWithCampaigns(
  trx: DatabaseTransaction,
): Promise<{ practiceId: string; rolloutFrom: Date | null; place: Row<'fair_queue'> | null }[]> {
  // The subquery finds one row per practice, and its LIMIT keeps the server from joining all queued messages instead.
  const { rows } = await sql<
    { id: string; rollout_from: Date | null } & { [K in keyof Row<'fair_queue'>]: Row<'fair_queue'>[K] | null }
  >`
    SELECT p.id, p.rollout_from, t.*
    FROM practices p
    LEFT JOIN fair_queue t ON t.practice_id = p.id
    WHERE p.email_paused_at IS NULL
      AND (SELECT 1 FROM messages WHERE state = 'queued' AND urgent = 0 AND practice_id = p.id LIMIT 1) = 1
    ORDER BY p.id`.execute(trx);
  return rows.map(({ id, rollout_from, ...place }) => ({
    practiceId: id,
    rolloutFrom: rollout_from,
    place: place.practice_id === null ? null : (place as Row<'fair_queue'>),
  }));
}

/**
 * Returns the next messages of each practice, oldest first, at most its share. Names the index because the optimizer
 * rates another one equally good, which scans all messages that are already enqueued.
 */
export async function nextOfCampaigns(
  trx: DatabaseTransaction,
  shares: ReadonlyMap<string, number>,
  now: Date,
): Promise<Map<string, QueueItem[]>> {
  const found = new Map<string, QueueItem[]>();
  const wanted = [...shares];
  for (let at = 0; at < wanted.length; at += 200) {
    const parts = wanted.slice(at, at + 200).map(
      ([practiceId, count]) => sql`(
        SELECT id, practice_id, attempts FROM messages FORCE INDEX (by_state)
        WHERE state = 'queued' AND urgent = 0 AND practice_id = ${practiceId} AND enqueued_at IS NULL AND due_at <= ${now}
        ORDER BY due_at LIMIT ${sql.lit(count)})`,
    );
    const { rows } = await sql<QueueRow>`${sql.join(parts, sql` UNION ALL `)}`.execute(trx);
    for (const row of rows) {
      const items = found.get(row.practice_id) ?? [];
      items.push({ id: row.id, attempts: row.attempts });
      found.set(row.practice_id, items);
    }
  }
  return found;
}

/** Returns single messages that people wait for, oldest first. A practice's pause stops only those that can be paused. */
export async function nextUrgent(trx: DatabaseTransaction, limit: number, now: Date): Promise<QueueItem[]> {
  if (limit <= 0) return [];
  return trx
    .selectFrom('messages as w')
    .leftJoin('practices as p', 'p.id', 'w.practice_id')
    .select(['w.id', 'w.attempts'])
    .where('w.state', '=', 'queued')
    .where('w.urgent', '=', 1)
    .where('w.due_at', '<=', now)
    .where('w.enqueued_at', 'is', null)
    .where((eb) => eb.or([eb('p.email_paused_at', 'is', null), eb('w.kind', 'not in', pausableKinds)]))
    .orderBy('w.due_at')
    .limit(limit)
    .execute();
}

interface QueueRow {
  id: string;
  practice_id: string;
  attempts: number;
}

export interface QueueItem {
  id: string;
  attempts: number;
}

/**
 * Marks messages as enqueued, each with its position, before the caller adds the jobs; urgent ones have no position.
 */
export async function markQueued(
  trx: DatabaseTransaction,
  items: readonly { id: string; position: number | null }[],
  now: Date,
): Promise<void> {
  for (let at = 0; at < items.length; at += 500) {
    const some = items.slice(at, at + 500);
    const rows = some.map(() => 'SELECT ? AS id, ? AS position').join(' UNION ALL ');
    await trx.executeQuery(
      CompiledQuery.raw(
        `UPDATE messages w JOIN (${rows}) q ON q.id = w.id SET w.enqueued_at = ?, w.position = q.position WHERE w.state = 'queued'`,
        [...some.flatMap(({ id, position }) => [id, position]), now],
      ),
    );
  }
}

export async function saveFairQueue(trx: DatabaseTransaction, rows: readonly Row<'fair_queue'>[]): Promise<void> {
  await insertMany(
    trx,
    'fair_queue',
    rows,
    `ON DUPLICATE KEY UPDATE position = VALUES(position), step = VALUES(step), allowance = VALUES(allowance),
       watch_until = VALUES(watch_until), counted_at = VALUES(counted_at)`,
  );
}

/**
 * Counts the results of a practice's messages since a time, and the messages in progress. Password resets do not count.
 */
export async function countMessages(
  trx: DatabaseTransaction,
  practiceId: string,
  since: Date,
): Promise<{
  handedOver: number;
  bounced: number;
  complained: number;
  underWay: number;
  lastHandedAt: Date | null;
}> {
  const { rows } = await sql<{ handed: number; bounced: number; complained: number; last: Date | null }>`
    SELECT COUNT(*) AS handed, COALESCE(SUM(state = 'bounced' AND reason IS NULL), 0) AS bounced,
      COALESCE(SUM(state = 'complained'), 0) AS complained, MAX(accepted_at) AS last
    FROM messages WHERE practice_id = ${practiceId} AND accepted_at >= ${since} AND kind IN (${sql.join(pausableKinds)})`.execute(
    trx,
  );
  const { rows: openRows } = await sql<{ sending: number; uncertain: number; queued: number }>`
    SELECT
      (SELECT COUNT(*) FROM messages WHERE practice_id = ${practiceId} AND state = 'sending') AS sending,
      (SELECT COUNT(*) FROM messages WHERE practice_id = ${practiceId} AND state = 'uncertain') AS uncertain,
      (SELECT COUNT(*) FROM messages WHERE practice_id = ${practiceId} AND state = 'queued' AND enqueued_at IS NOT NULL) AS queued`.execute(
    trx,
  );
  const [results, open] = [rows[0], openRows[0]];
  return {
    handedOver: Number(results?.handed ?? 0) + Number(open?.uncertain ?? 0),
    bounced: Number(results?.bounced ?? 0),
    complained: Number(results?.complained ?? 0),
    underWay: Number(open?.sending ?? 0) + Number(open?.queued ?? 0),
    lastHandedAt: results?.last ?? null,
  };
}
