import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';
import type { Row } from '../db/tables.js';

const name = 'ses';

/** The SES quota and whether sending is stopped; the same for every worker. */
export interface EmailSending {
  quota: { perSecond: number; in24Hours: number | null; sentIn24Hours: number; readAt: Date } | null;
  /** Share of the quota used after SES last throttled; the rate limiter computes the current share from it. */
  share: number;
  throttledAt: Date | null;
  /** Null while emails are sent. */
  stop: MailStop | null;
  /** The largest fair queue position assigned so far. */
  position: number;
}

export interface MailStop {
  since: Date;
  code: string;
  /** One sentence for operators. */
  why: string;
  /** Time at which one message is tried again. */
  retryAt: Date;
  /** Failed attempts since sending stopped. */
  retries: number;
  probeId: string | null;
}

export async function readSendingState(db: Database): Promise<EmailSending> {
  return sendingFrom(await db.selectFrom('email_sending').selectAll().where('name', '=', name).executeTakeFirst());
}

/** Tells whether SES has ever answered here. Until then staff pass on links themselves. */
export async function emailIsSetUp(db: Database): Promise<boolean> {
  const row = await db.selectFrom('email_sending').select('quota_read_at').where('name', '=', name).executeTakeFirst();
  return (row?.quota_read_at ?? null) !== null;
}

/** Reads the sending state and locks it until the transaction ends: one dispatcher at a time, across all processes. */
export async function lockSendingState(trx: DatabaseTransaction): Promise<EmailSending> {
  const row = await trx.selectFrom('email_sending').selectAll().where('name', '=', name).forUpdate().executeTakeFirst();
  if (row) return sendingFrom(row);
  await trx.insertInto('email_sending').values({ name }).execute();
  return sendingFrom(undefined);
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
 * Reduces the share of the quota for a while after SES throttled. SES refuses many messages at the same moment, so only
 * the first refusal within a second counts.
 */
export async function noteThrottled(
  db: Database,
  shrink: (sending: { share: number; throttledAt: Date | null }, now: Date) => number,
  now: Date,
): Promise<void> {
  const sending = await readSendingState(db);
  const { throttledAt } = sending;
  if (throttledAt && now.getTime() - throttledAt.getTime() < 1000) return;
  await db
    .updateTable('email_sending')
    .set({ share: shrink(sending, now), throttled_at: now })
    .where('name', '=', name)
    .where((eb) => (throttledAt === null ? eb('throttled_at', 'is', null) : eb('throttled_at', '=', throttledAt)))
    .execute();
}

/**
 * Stops all sending.
 *
 * @param stays whether an existing stop remains unchanged
 * @returns whether this stop, or the time of its next attempt, was written
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

/** Lets one message test SES while the others wait. */
export async function probeWith(db: Database | DatabaseTransaction, messageId: string, retryAt: Date): Promise<void> {
  await change(db, { probe_id: messageId, retry_at: retryAt });
}

/**
 * Resumes sending after SES accepted a message or an operator resumed it. With `onlyAfter`, only if that code stopped
 * it.
 */
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

export async function savePosition(trx: DatabaseTransaction, position: number): Promise<void> {
  await change(trx, { position });
}

async function change(db: Database | DatabaseTransaction, values: Partial<Row<'email_sending'>>): Promise<void> {
  await db.updateTable('email_sending').set(values).where('name', '=', name).execute();
}

function sendingFrom(row: Row<'email_sending'> | undefined): EmailSending {
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
    position: row?.position ?? 0,
  };
}
