import { CompiledQuery } from 'kysely';
import type { Clock, NewId } from '../../lib/ids.js';
import { isHandedOver, moved, seen } from '../../domain/message/message-status.js';
import { literal, literals } from '../db/bulk.js';
import { inTransaction, insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import { openBounceTask, type UnreachedMail } from './bounce-tasks.js';
import type { Claim } from './claim.js';

/** The result of an attempt. Only `given-back` may lead to another attempt. */
export type AttemptEnd =
  | { outcome: 'accepted'; messageId: string }
  | { outcome: 'given-back'; reason: string; code: string; message: string; again: Date }
  | { outcome: 'rejected' | 'failed' | 'uncertain'; reason: string; code: string; message: string };

/** Rendering failed and SES was never called; retried up to `mostMakings` times. */
export interface Unmade {
  outcome: 'unmade';
}

export interface Ended<End = AttemptEnd | Unmade> {
  claim: Claim;
  end: End;
}

type Known = Ended<AttemptEnd>;

/** Maximum number of failed renderings, over about five hours, before a message fails. */
const mostMakings = 6;
const firstMakingWaitMs = 10 * 60_000;
const cannotBeMade = 'cannot-be-made';

interface Held {
  id: string;
  practice_id: string;
  account_id: string;
  state: Parameters<typeof seen>[0]['state'];
  reason: string | null;
  attempts: number;
}

/** Creates the recorder of SES's answers. */
export function createSendAnswers(deps: { db: Database; clock: Clock; newId: NewId }) {
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
        const known = await judgeUnmade(trx, batch, now);
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
      if (row && end.outcome !== 'accepted' && row.attempts === claim.number) await endWithout(trx, row, end, now);
    }
    const ended = batch.flatMap(({ claim, end }) => {
      const row = rows.get(claim.messageId);
      return row && row.attempts === claim.number ? workOf(claim, row, end) : [];
    });
    await openBounceTask(trx, ended, newId, now);
  }
}

export type SendAnswers = ReturnType<typeof createSendAnswers>;

/** Returns the front desk's task for a message that will never be sent unchanged. */
function workOf({ recipient: { email }, kind }: Claim, row: Held, end: AttemptEnd): UnreachedMail[] {
  const at = { practiceId: row.practice_id, accountId: row.account_id };
  if (end.outcome === 'rejected') {
    const sentence = `Amazon SES refused the email to ${email} of {client}: ${end.message}`;
    return [{ ...at, kind: 'mail-refused', sentence, details: { email, code: end.code } }];
  }
  if (end.outcome !== 'failed') return [];
  const sentence = `The email to ${email} of {client} could not be rendered in ${mostMakings} attempts. Your operator finds the reason in the workers’ log. ${afterwards[kind]}`;
  return [{ ...at, kind: 'mail-failed', sentence, details: { email, code: end.code } }];
}

const afterwards: Record<Claim['kind'], string> = {
  welcome: 'Once that is fixed, send it again from their page.',
  'new-temporary-password': 'Once that is fixed, send it again from their page.',
  'practice-added': 'They can log in as before; only this message did not reach them.',
  'password-reset': 'Once that is fixed, they can choose "Forgot password" again.',
};

/** Returns messages that could not be rendered to the queue; doubles the wait each time, until they fail. */
async function judgeUnmade(trx: DatabaseTransaction, batch: readonly Ended[], now: Date): Promise<Known[]> {
  const unmade = batch.filter(({ end }) => end.outcome === 'unmade').map(({ claim }) => claim);
  if (unmade.length === 0) return batch as Known[];
  const rows = await trx
    .selectFrom('send_attempts')
    .select((eb) => ['message_id', eb.fn.countAll<number>().as('count')])
    .where(
      'message_id',
      'in',
      unmade.map(({ messageId }) => messageId),
    )
    .where(
      'id',
      'not in',
      unmade.map(({ attemptId }) => attemptId),
    )
    .where('error_code', '=', cannotBeMade)
    .groupBy('message_id')
    .execute();
  const before = new Map(rows.map(({ message_id, count }) => [message_id, Number(count)]));
  return batch.map(({ claim, end }) => ({
    claim,
    end: end.outcome === 'unmade' ? endOfUnmade(before.get(claim.messageId) ?? 0, now) : end,
  }));
}

function endOfUnmade(before: number, now: Date): AttemptEnd {
  const [reason, code] = [cannotBeMade, cannotBeMade];
  if (before + 1 < mostMakings) {
    const again = new Date(now.getTime() + firstMakingWaitMs * 2 ** before);
    return { outcome: 'given-back', reason, code, message: '', again };
  }
  const message = `It could not be rendered in ${mostMakings} attempts; your operator finds the reason in the workers’ log.`;
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

async function endWithout(
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
