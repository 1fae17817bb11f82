import { sql } from 'kysely';
import type { Client } from '../../domain/client/client.js';
import { openStatuses } from '../../domain/message/message-status.js';
import { idAt, type Clock } from '../../lib/ids.js';
import { inTransaction, type Database } from '../db/database.js';
import { pruneReceipts } from '../db/receipts.js';
import { pruneSessions } from '../access/sessions.js';
import { pruneThrottles } from '../access/throttles.js';

/** Retention periods in days; null keeps the data forever. */
export interface RetentionDays {
  /** The copy of a missing client: the record and its pets. */
  missingClientRows: number | null;
  /** SES's answers and events about a message. The message itself, without its text, stays in the history. */
  mailHistory: number | null;
  /** Sync runs with their unreadable rows. The latest runs of a practice always stay. */
  runs: number | null;
  /** Closed tasks. */
  closedWork: number | null;
  /** Receipts of API requests and events, which make repeated deliveries harmless. */
  receipts: number;
}

export interface RetentionDeps {
  db: Database;
  clock: Clock;
  days: RetentionDays;
  /** Rows per call, so that no statement holds locks for long. */
  batch?: number;
}

const dayMs = 24 * 3600_000;
/** Pause in milliseconds after a task found less than a batch, because nothing here is urgent. */
const restMs = 3600_000;
/** The fingerprint of a blanked copy. A client that returns differs from it and is written again. */
const blankFingerprint = Buffer.alloc(16);

/**
 * Creates the deletion tasks of the sweep, by name. Each call processes one batch and returns the number of rows; a
 * task that found less than a batch pauses for an hour. The audit trail is not included, because this database user
 * may not delete from it.
 */
export function createRetention({ db, clock, days, batch = 1000 }: RetentionDeps) {
  const chores: Record<string, (() => Promise<number>) | null> = {
    sessions: () => pruneSessions(db, clock()),
    throttles: () => pruneThrottles(db, clock()),
    receipts: () => pruneReceipts(db, ago(days.receipts)),
    resets: () => pruneResets(db, clock(), batch),
    'missing-copies': chore(days.missingClientRows, (before) => blankMissing(db, before, batch)),
    'mail-attempts': chore(days.mailHistory, (before) => pruneAttempts(db, before, batch)),
    'mail-events': chore(days.mailHistory, (before) => pruneEvents(db, before, batch)),
    'run-marks': () => pruneMarks(db, ago(7), batch),
    'old-runs': chore(days.runs, (before) => pruneRuns(db, before, batch)),
    'closed-work': chore(days.closedWork, (before) => pruneWork(db, before, batch)),
  };

  function ago(howMany: number): Date {
    return new Date(clock().getTime() - howMany * dayMs);
  }

  function chore(howMany: number | null, prune: (before: Date) => Promise<number>) {
    return howMany === null ? null : () => prune(ago(howMany));
  }

  const restsUntil = new Map<string, number>();
  return Object.fromEntries(
    Object.entries(chores).flatMap(([name, forget]) => {
      if (!forget) return [];
      const rested = async () => {
        const now = clock().getTime();
        if (now < (restsUntil.get(name) ?? 0)) return 0;
        const count = await forget();
        if (count < batch) restsUntil.set(name, now + restMs);
        return count;
      };
      return [[name, rested]];
    }),
  ) as Record<string, () => Promise<number>>;
}

/**
 * Blanks the copies of clients missing since before then: their names, addresses, record and pets. The row itself stays
 * because an account may be linked to it; without an account it only shows that there was a client.
 */
async function blankMissing(db: Database, before: Date, limit: number): Promise<number> {
  const { rows } = await sql<{ practice_id: string; pims_id: string }>`
    SELECT c.practice_id, c.pims_id FROM practices p
    JOIN pims_clients c ON c.practice_id = p.id AND c.verdict = 'skip' AND c.reason IN ('missing', 'merged')
    WHERE c.missing_since < ${before} AND c.fingerprint <> ${blankFingerprint} LIMIT ${sql.lit(limit)}`.execute(db);
  for (const { practice_id: practiceId, pims_id: pimsId } of rows) {
    await inTransaction(db, async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable('pims_clients')
        .set({
          fingerprint: blankFingerprint,
          display_id: null,
          first_name: null,
          last_name: null,
          company_name: null,
          email_key: null,
          phone_tail: null,
          other_phone_tail: null,
          third_phone_tail: null,
          duplicate_key: null,
          record: JSON.stringify(blankRecord(pimsId)),
        })
        .where('practice_id', '=', practiceId)
        .where('pims_id', '=', pimsId)
        // The client may have returned in the meantime.
        .where('missing_since', '<', before)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return;
      for (const table of ['pims_pets', 'undone_facts'] as const) {
        await trx
          .deleteFrom(table)
          .where('practice_id', '=', practiceId)
          .where('client_pims_id', '=', pimsId)
          .execute();
      }
    });
  }
  return rows.length;
}

/** Returns a valid record without any data. */
function blankRecord(pimsId: string): Omit<Client, 'pets'> {
  return {
    pimsId,
    displayId: null,
    siteId: null,
    title: null,
    firstName: null,
    lastName: null,
    spouseFirstName: null,
    spouseLastName: null,
    companyName: null,
    emails: [],
    phones: [],
    inactive: false,
    deleted: false,
    optOut: null,
    classification: null,
    unknownStatus: null,
    createdOn: null,
    lastVisitOn: null,
  };
}

async function pruneAttempts(db: Database, before: Date, limit: number): Promise<number> {
  const old = await db
    .selectFrom('send_attempts as t')
    .leftJoin('messages as w', 'w.id', 't.message_id')
    .select('t.id')
    .where('t.id', '<', idAt(before))
    // Keeps the attempts of open messages, because they are needed to resolve them.
    .where((eb) => eb.or([eb('w.id', 'is', null), eb('w.state', 'not in', openStatuses)]))
    .limit(limit)
    .execute();
  return deleteByIds(db, 'send_attempts', old);
}

async function pruneEvents(db: Database, before: Date, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('ses_events')
    .where('received_at', '<', before)
    .limit(limit)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

async function pruneResets(db: Database, now: Date, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('reset_tokens')
    .where('expires_at', '<', new Date(now.getTime() - dayMs))
    .limit(limit)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Deletes the seen marks of ended runs: nothing uses them any more, and a stopped run never resumes. */
async function pruneMarks(db: Database, before: Date, limit: number): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    SELECT DISTINCT r.id FROM sync_pages s JOIN sync_runs r ON r.id = s.run_id
    WHERE r.state IN ('done', 'failed', 'stopped') AND r.finished_at < ${before}
    LIMIT ${sql.lit(limit)}`.execute(db);
  if (rows.length === 0) return 0;
  const ids = rows.map(({ id }) => id);
  const { numDeletedRows } = await db
    .deleteFrom('sync_pages')
    .where('run_id', 'in', ids)
    .limit(limit)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

async function pruneRuns(db: Database, before: Date, limit: number): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    SELECT r.id FROM sync_runs r
    WHERE r.id < ${idAt(before)} AND r.finished_at IS NOT NULL
      AND EXISTS (SELECT 1 FROM sync_runs n WHERE n.practice_id = r.practice_id AND n.kind <> 'client'
        AND n.id > r.id AND n.state = 'done')
      AND EXISTS (SELECT 1 FROM sync_runs n WHERE n.practice_id = r.practice_id AND n.kind <> 'client'
        AND n.requested_at > r.requested_at)
    LIMIT ${sql.lit(limit)}`.execute(db);
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return 0;
  await db.deleteFrom('sync_unreadable').where('run_id', 'in', ids).execute();
  await db.deleteFrom('sync_pages').where('run_id', 'in', ids).execute();
  return deleteByIds(db, 'sync_runs', rows);
}

async function pruneWork(db: Database, before: Date, limit: number): Promise<number> {
  const old = await db
    .selectFrom('tasks')
    .select('id')
    .where('id', '<', idAt(before))
    .where('closed_at', '<', before)
    .limit(limit)
    .execute();
  return deleteByIds(db, 'tasks', old);
}

async function deleteByIds(
  db: Database,
  table: 'send_attempts' | 'sync_runs' | 'tasks',
  rows: readonly { id: string }[],
): Promise<number> {
  if (rows.length === 0) return 0;
  await db
    .deleteFrom(table)
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute();
  return rows.length;
}
