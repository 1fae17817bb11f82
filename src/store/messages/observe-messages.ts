import { sql } from 'kysely';
import { openStatuses } from '../../domain/message/message-status.js';
import { idAt } from '../../lib/ids.js';
import type { Database } from '../db/database.js';
import type { MessageKind, MessageStatus } from '../db/tables.js';

/** Finds a message; undefined if it is no longer in the database. */
export async function findMessage(
  db: Database,
  messageId: string,
): Promise<{ practiceId: string | null; kind: MessageKind; state: MessageStatus } | undefined> {
  return db
    .selectFrom('messages')
    .select(['practice_id as practiceId', 'kind', 'state'])
    .where('id', '=', messageId)
    .executeTakeFirst();
}

/** Counts all open messages to pet parents, and the others created since a time, by status. */
export async function countMessages(db: Database, since: Date): Promise<{ state: string; count: number }[]> {
  const { rows } = await sql<{ state: string; count: number }>`
    SELECT state, COUNT(*) AS count FROM messages WHERE state IN (${sql.join(openStatuses)}) AND practice_id IS NOT NULL
    GROUP BY state
    UNION ALL
    SELECT state, COUNT(*) FROM messages WHERE id >= ${idAt(since)} AND state NOT IN (${sql.join(openStatuses)})
      AND practice_id IS NOT NULL
    GROUP BY state`.execute(db);
  return rows.map(({ state, count }) => ({ state, count: Number(count) }));
}

/** Returns since when the longest-waiting messages to pet parents wait: due ones of practices that are not paused, and uncertain ones. */
export async function oldestWaits(db: Database): Promise<{ queued: Date | null; uncertain: Date | null }> {
  const { rows } = await sql<{ queued: Date | null; uncertain: Date | null }>`
    SELECT (SELECT MIN(m.due_at) FROM practices p JOIN messages m ON m.practice_id = p.id AND m.state = 'queued'
              WHERE p.email_paused_at IS NULL) AS queued,
      (SELECT MIN(changed_at) FROM messages WHERE state = 'uncertain' AND practice_id IS NOT NULL) AS uncertain`.execute(
    db,
  );
  return rows[0] as { queued: Date | null; uncertain: Date | null };
}

/** Returns the ids of the practices whose emails are paused. */
export async function pausedPractices(db: Database): Promise<string[]> {
  const rows = await db.selectFrom('practices').select('id').where('email_paused_at', 'is not', null).execute();
  return rows.map(({ id }) => id);
}

/** Counts the messages that SES has accepted since a time. */
export async function countAccepted(db: Database, since: Date): Promise<number> {
  const { n } = await db
    .selectFrom('send_attempts')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('id', '>=', idAt(since))
    .where('outcome', '=', 'accepted')
    .executeTakeFirstOrThrow();
  return Number(n);
}
