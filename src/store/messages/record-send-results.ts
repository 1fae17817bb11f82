import { CompiledQuery } from 'kysely';
import type { Clock, NewId } from '../../lib/ids.js';
import { messageKinds } from '../../domain/message/message-kinds.js';
import { isHandedOver, moved, seen } from '../../domain/message/message-status.js';
import { literal, literals } from '../db/bulk.js';
import { inTransaction, insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import { openBounceTask, type UnreachedMessage } from './bounce-tasks.js';
import type { Claim } from './claim.js';

/** The result of an attempt. Only `given-back` may lead to another attempt. */
export type AttemptEnd =
  | { outcome: 'accepted'; messageId: string }
  | { outcome: 'given-back'; reason: string; code: string; message: string; again: Date }
  | { outcome: 'rejected' | 'failed' | 'uncertain'; reason: string; code: string; message: string };

/** Rendering failed and SES was never called; retried up to `maxRenderAttempts` times. */
export interface NotRendered {
  outcome: 'not-rendered';
}

export interface Ended<End = AttemptEnd | NotRendered> {
  claim: Claim;
  end: End;
}

type Known = Ended<AttemptEnd>;

/** Maximum number of failed renderings, over about five hours, before a message fails. */
const maxRenderAttempts = 6;
const firstRenderWaitMs = 10 * 60_000;
const cannotBeRendered = 'cannot-be-rendered';

interface Held {
  id: string;
  practice_id: string | null;
  account_id: string | null;
  state: Parameters<typeof seen>[0]['state'];
  reason: string | null;
  attempts: number;
}

/** Creates the recorder of SES's answers. */
export function createSendResults(deps: { db: Database; clock: Clock; newId: NewId }) {
  const { db, clock, newId } = deps;
  return {
    /**
     * Records a batch in one transaction. If an SES event arrived before the answer, its status stays. An answer that
     * arrives after the sweep marked the message as uncertain still counts.
     *
     * @returns the recorded result of each, in order
     */
    async recordMany(batch: readonly Ended[]): Promise<AttemptEnd[]> {
      return inTransaction(db, async (trx) => {
        const now = clock();
        const known = await judgeNotRendered(trx, batch, now);
        if (await acceptAll(trx, known, now)) await recordAttempts(trx, known, now);
        else await recordEach(trx, known, now);
        return known.map(({ end }) => end);
      });
    },
  };

  async function recordEach(trx: DatabaseTransaction, batch: readonly Known[], now: Date): Promise<void> {
    const rows = await lock(trx, batch);
    // The message may have been erased with its pet parent while SES had it.
    await recordAttempts(
      trx,
      batch.filter(({ claim }) => rows.has(claim.messageId)),
      now,
    );
    const accepted = batch.filter(({ claim, end }) => end.outcome === 'accepted' && rows.has(claim.messageId));
    await accept(
      trx,
      accepted.map(({ claim }) => rows.get(claim.messageId) as Held),
      now,
    );
    for (const { claim, end } of batch) {
      const row = rows.get(claim.messageId);
      if (row && end.outcome !== 'accepted' && row.attempts === claim.number) await endUnaccepted(trx, row, end, now);
    }
    const ended = batch.flatMap(({ claim, end }) => {
      const row = rows.get(claim.messageId);
      return row && row.attempts === claim.number ? tasksOf(claim, row, end) : [];
    });
    await openBounceTask(trx, ended, newId, now);
  }
}

export type SendResults = ReturnType<typeof createSendResults>;

/** Returns the front desk's task for a message that will never be sent unchanged. */
function tasksOf({ recipient: { email }, kind }: Claim, row: Held, end: AttemptEnd): UnreachedMessage[] {
  // The staff page shows an owner what became of an email to staff.
  if (row.practice_id === null || row.account_id === null) return [];
  const at = { practiceId: row.practice_id, accountId: row.account_id };
  if (end.outcome === 'rejected') {
    const sentence = `Amazon SES refused the email to ${email} of {client}: ${end.message}`;
    return [{ ...at, kind: 'mail-refused', sentence, details: { email, code: end.code } }];
  }
  if (end.outcome !== 'failed') return [];
  const sentence = `The email to ${email} of {client} could not be rendered in ${maxRenderAttempts} attempts. Your operator finds the reason in the workers’ log. ${messageKinds[kind].afterFailure}`;
  return [{ ...at, kind: 'mail-failed', sentence, details: { email, code: end.code } }];
}

/** Returns messages that could not be rendered to the queue; doubles the wait each time, until they fail. */
async function judgeNotRendered(trx: DatabaseTransaction, batch: readonly Ended[], now: Date): Promise<Known[]> {
  const notRendered = batch.filter(({ end }) => end.outcome === 'not-rendered').map(({ claim }) => claim);
  if (notRendered.length === 0) return batch as Known[];
  const rows = await trx
    .selectFrom('send_attempts')
    .select((eb) => ['message_id', eb.fn.countAll<number>().as('count')])
    .where(
      'message_id',
      'in',
      notRendered.map(({ messageId }) => messageId),
    )
    .where(
      'id',
      'not in',
      notRendered.map(({ attemptId }) => attemptId),
    )
    .where('error_code', '=', cannotBeRendered)
    .groupBy('message_id')
    .execute();
  const before = new Map(rows.map(({ message_id, count }) => [message_id, Number(count)]));
  return batch.map(({ claim, end }) => ({
    claim,
    end: end.outcome === 'not-rendered' ? endOfNotRendered(before.get(claim.messageId) ?? 0, now) : end,
  }));
}

function endOfNotRendered(before: number, now: Date): AttemptEnd {
  const [reason, code] = [cannotBeRendered, cannotBeRendered];
  if (before + 1 < maxRenderAttempts) {
    const again = new Date(now.getTime() + firstRenderWaitMs * 2 ** before);
    return { outcome: 'given-back', reason, code, message: '', again };
  }
  const message = `It could not be rendered in ${maxRenderAttempts} attempts; your operator finds the reason in the workers’ log.`;
  return { outcome: 'failed', reason, code, message };
}

/**
 * Handles the usual case without reading each row: SES accepted every message of the batch, and all are still as
 * claimed.
 *
 * Forces the primary key, because the index of statuses would wait for rows that other workers are sending.
 *
 * @returns false otherwise; the matching rows are updated then, and `recordEach` finds them in that status
 */
async function acceptAll(trx: DatabaseTransaction, batch: readonly Known[], now: Date): Promise<boolean> {
  if (batch.some(({ end }) => end.outcome !== 'accepted')) return false;
  const ids = literals(batch.map(({ claim }) => claim.messageId));
  const { numAffectedRows } = await trx.executeQuery(
    CompiledQuery.raw(
      `UPDATE messages FORCE INDEX (PRIMARY) SET state = 'accepted', reason = NULL, open_key = NULL,
         accepted_at = ${literal(now)}, changed_at = ${literal(now)} WHERE id IN (${ids}) AND state = 'sending'`,
    ),
  );
  return Number(numAffectedRows) === batch.length;
}

async function lock(trx: DatabaseTransaction, batch: readonly Known[]): Promise<Map<string, Held>> {
  const rows = await trx
    .selectFrom('messages')
    .select(['id', 'practice_id', 'account_id', 'state', 'reason', 'attempts'])
    .where(
      'id',
      'in',
      batch.map(({ claim }) => claim.messageId),
    )
    .orderBy('id')
    .forUpdate()
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

async function recordAttempts(trx: DatabaseTransaction, batch: readonly Known[], now: Date): Promise<void> {
  await insertMany(
    trx,
    'send_attempts',
    batch.map(({ claim, end }) => ({
      id: claim.attemptId,
      message_id: claim.messageId,
      number: claim.number,
      claimed_at: claim.claimedAt,
      answered_at: now,
      outcome: end.outcome,
      ses_message_id: end.outcome === 'accepted' ? end.messageId : null,
      error_code: end.outcome === 'accepted' ? null : end.code.slice(0, 80),
      error_message: end.outcome === 'accepted' ? null : end.message.slice(0, 500),
    })),
    `ON DUPLICATE KEY UPDATE answered_at = VALUES(answered_at), outcome = VALUES(outcome),
       ses_message_id = COALESCE(VALUES(ses_message_id), ses_message_id),
       error_code = VALUES(error_code), error_message = VALUES(error_message)`,
  );
}

async function accept(trx: DatabaseTransaction, rows: readonly Held[], now: Date): Promise<void> {
  const fresh = rows.filter((row) => seen(row, 'sent') !== null).map((row) => row.id);
  if (fresh.length > 0) {
    await trx
      .updateTable('messages')
      .set({ state: 'accepted', reason: null, open_key: null, accepted_at: now, changed_at: now })
      .where('id', 'in', fresh)
      .execute();
  }
  const known = rows.filter((row) => isHandedOver(row.state)).map((row) => row.id);
  if (known.length > 0) {
    await trx
      .updateTable('messages')
      .set({ accepted_at: now })
      .where('id', 'in', known)
      .where('accepted_at', 'is', null)
      .execute();
  }
}

async function endUnaccepted(
  trx: DatabaseTransaction,
  row: Held,
  end: Exclude<AttemptEnd, { outcome: 'accepted' }>,
  now: Date,
): Promise<void> {
  const moves = { 'given-back': 'give-back', rejected: 'refuse', failed: 'fail', uncertain: 'lose' } as const;
  const state = moved(row.state, moves[end.outcome]);
  if (state === null) return;
  await trx
    .updateTable('messages')
    .set({
      state,
      reason: end.reason,
      detail: end.message.slice(0, 500) || null,
      changed_at: now,
      ...(end.outcome === 'given-back' ? { due_at: end.again } : {}),
      ...(end.outcome === 'rejected' || end.outcome === 'failed' ? { open_key: null } : {}),
    })
    .where('id', '=', row.id)
    .execute();
}
