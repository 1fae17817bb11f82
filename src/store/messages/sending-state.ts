import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';
import type { Row } from '../db/tables.js';

const name = 'ses';

/** What SES allows and whether anything is handed over now; the same for every worker. */
export interface EmailSending {
  quota: { perSecond: number; in24Hours: number | null; sentIn24Hours: number; readAt: Date } | null;
  /** Share of the quota that was used after SES last throttled; `rate-governor.ts` says what it is now. */
  share: number;
  throttledAt: Date | null;
  /** Null while emails flow. */
  stop: MailStop | null;
  /** The largest turn given so far. */
  turn: number;
}

export interface MailStop {
  since: Date;
  code: string;
  /** One sentence for operators. */
  why: string;
  /** When one email is tried again. */
  retryAt: Date;
  /** How many tries failed since it stopped. */
  retries: number;
  probeId: string | null;
}

export async function readSendingState(db: Database): Promise<EmailSending> {
  return laneFrom(await db.selectFrom('email_sending').selectAll().where('name', '=', name).executeTakeFirst());
}

/** Reads the queue and holds it until the transaction ends: one dispatcher at a time, over all processes. */
export async function lockSendingState(trx: DatabaseTransaction): Promise<EmailSending> {
  const row = await trx.selectFrom('email_sending').selectAll().where('name', '=', name).forUpdate().executeTakeFirst();
  if (row) return laneFrom(row);
  await trx.insertInto('email_sending').values({ name }).execute();
  return laneFrom(undefined);
}

export async function saveQuota(
  db: Database,
  quota: { perSecond: number; in24Hours: number | null; sentIn24Hours: number },
  now: Date,
): Promise<void> {
  await change(db, {
    quota_per_second: quota.perSecond,
    quota_24_hours: quota.in24Hours === null ? null : Math.min(quota.in24Hours, 2_147_483_647),
    quota_sent: Math.round(quota.sentIn24Hours),
    quota_read_at: now,
  });
}

/**
 * SES throttled: less is sent for a while. Many hand-overs are refused at one moment, so only the first within a second
 * counts.
 */
export async function noteThrottled(
  db: Database,
  shrink: (lane: { share: number; throttledAt: Date | null }, now: Date) => number,
  now: Date,
): Promise<void> {
  const lane = await readSendingState(db);
  const { throttledAt } = lane;
  if (throttledAt && now.getTime() - throttledAt.getTime() < 1000) return;
  await db
    .updateTable('email_sending')
    .set({ share: shrink(lane, now), throttled_at: now })
    .where('name', '=', name)
    .where((eb) => (throttledAt === null ? eb('throttled_at', 'is', null) : eb('throttled_at', '=', throttledAt)))
    .execute();
}

/**
 * Stops all hand-overs.
 *
 * @param stays whether the stop that is there already stays as it is
 * @returns whether this stop, or its next try, was written
 */
export async function stopSending(
  db: Database,
  stop: { code: string; why: string; retryAt: (retries: number) => Date },
  stays: (before: MailStop) => boolean,
  now: Date,
): Promise<boolean> {
  return inTransaction(db, async (trx) => {
    const { stop: before } = await lockSendingState(trx);
    if (before && stays(before)) return false;
    const retries = before?.code === stop.code ? before.retries + 1 : 0;
    await change(trx, {
      stopped_at: before?.since ?? now,
      stopped_code: stop.code,
      stopped_why: stop.why.slice(0, 500),
      retry_at: stop.retryAt(retries),
      retries,
      probe_id: null,
    });
    return true;
  });
}

/** Lets one email try while the rest wait. */
export async function probeWith(db: Database | DatabaseTransaction, messageId: string, retryAt: Date): Promise<void> {
  await change(db, { probe_id: messageId, retry_at: retryAt });
}

/** Emails flow again: a try was taken, or an operator says so. With `onlyAfter`, only when that is what stopped them. */
export async function startSending(db: Database, onlyAfter?: string): Promise<void> {
  const flowing = {
    stopped_at: null,
    stopped_code: null,
    stopped_why: null,
    retry_at: null,
    retries: 0,
    probe_id: null,
  };
  const all = db.updateTable('email_sending').set(flowing).where('name', '=', name);
  await (onlyAfter === undefined ? all : all.where('stopped_code', '=', onlyAfter)).execute();
}

export async function saveTurn(trx: DatabaseTransaction, turn: number): Promise<void> {
  await change(trx, { turn });
}

async function change(db: Database | DatabaseTransaction, values: Partial<Row<'email_sending'>>): Promise<void> {
  await db.updateTable('email_sending').set(values).where('name', '=', name).execute();
}

function laneFrom(row: Row<'email_sending'> | undefined): EmailSending {
  const quota =
    row && row.quota_per_second !== null && row.quota_read_at !== null
      ? {
          perSecond: row.quota_per_second,
          in24Hours: row.quota_24_hours,
          sentIn24Hours: row.quota_sent ?? 0,
          readAt: row.quota_read_at,
        }
      : null;
  const stop =
    row && row.stopped_at !== null
      ? {
          since: row.stopped_at,
          code: row.stopped_code ?? 'unknown',
          why: row.stopped_why ?? '',
          retryAt: row.retry_at ?? row.stopped_at,
          retries: row.retries,
          probeId: row.probe_id,
        }
      : null;
  return {
    quota,
    share: row?.share ?? 1,
    throttledAt: row?.throttled_at ?? null,
    stop,
    turn: row?.turn ?? 0,
  };
}
