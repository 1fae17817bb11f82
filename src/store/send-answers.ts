import { CompiledQuery } from 'kysely';
import type { Clock, NewId } from '../domain/ids.js';
import { isHandedOver, moved, seen } from '../domain/welcome-states.js';
import { literal, literals } from './bulk.js';
import { inTransaction, insertMany, type Database, type DatabaseTransaction } from './database.js';
import { openMailWork } from './mail-work.js';
import type { Claim } from './claim.js';

/** How an attempt ended. Only `given-back` may lead to another attempt. */
export type AttemptEnd =
  | { outcome: 'accepted'; messageId: string }
  | { outcome: 'given-back'; reason: string; code: string; message: string; again: Date }
  | { outcome: 'rejected' | 'failed' | 'uncertain'; reason: string; code: string; message: string };

export interface Ended {
  claim: Claim;
  end: AttemptEnd;
}

interface Held {
  id: string;
  practice_id: string;
  account_id: string;
  state: Parameters<typeof seen>[0]['state'];
  reason: string | null;
  attempts: number;
}

/** Writes down what SES answered. */
export function createSendAnswers(deps: { db: Database; clock: Clock; newId: NewId }) {
  const { db, clock, newId } = deps;
  return {
    /**
     * Writes a batch in one transaction. An SES event may have been quicker than the answer: what it said stays. An answer
     * that comes after the sweep gave it up still counts.
     */
    async recordMany(batch: readonly Ended[]): Promise<void> {
      await inTransaction(db, async (trx) => {
        const now = clock();
        if (await acceptAll(trx, batch, now)) await recordAttempts(trx, batch, now);
        else await recordEach(trx, batch, now);
      });
    },
  };

  async function recordEach(trx: DatabaseTransaction, batch: readonly Ended[], now: Date): Promise<void> {
    const rows = await lock(trx, batch);
    // A mail may have been erased with its pet parent while SES had it.
    await recordAttempts(trx, batch.filter(({ claim }) => rows.has(claim.welcomeId)), now); // prettier-ignore
    const accepted = batch.filter(
      ({ claim, end }) => end.outcome === 'accepted' && rows.has(claim.welcomeId),
    );
    await accept(trx, accepted.map(({ claim }) => rows.get(claim.welcomeId) as Held), now); // prettier-ignore
    for (const { claim, end } of batch) {
      const row = rows.get(claim.welcomeId);
      if (row && end.outcome !== 'accepted' && row.attempts === claim.number)
        await endWithout(trx, row, end, now);
    }
    const refused = batch.flatMap(({ claim, end }) => {
      const row = rows.get(claim.welcomeId);
      return row && end.outcome === 'rejected' && row.attempts === claim.number
        ? [{ row, end, email: claim.recipient.email }]
        : [];
    });
    await openMailWork(
      trx,
      refused.map(({ row, end, email }) => ({
        kind: 'mail-refused' as const,
        practiceId: row.practice_id,
        accountId: row.account_id,
        sentence: `Amazon SES refused the mail to ${email} of {client}: ${end.message}`,
        details: { email, code: end.code },
      })),
      newId,
      now,
    );
  }
}

export type SendAnswers = ReturnType<typeof createSendAnswers>;

/**
 * The usual case without a look at each row: SES took every mail of the batch, and all are as they were claimed.
 *
 * By the primary key, since the index of states would wait for what others are sending.
 *
 * @returns false when that is not so; those that were are written then, and `recordEach` finds them so
 */
async function acceptAll(trx: DatabaseTransaction, batch: readonly Ended[], now: Date): Promise<boolean> {
  if (batch.some(({ end }) => end.outcome !== 'accepted')) return false;
  const ids = literals(batch.map(({ claim }) => claim.welcomeId));
  const { numAffectedRows } = await trx.executeQuery(
    CompiledQuery.raw(
      `UPDATE welcomes FORCE INDEX (PRIMARY) SET state = 'accepted', reason = NULL, open_key = NULL,
         handed_at = ${literal(now)}, changed_at = ${literal(now)} WHERE id IN (${ids}) AND state = 'sending'`,
    ),
  );
  return Number(numAffectedRows) === batch.length;
}

async function lock(trx: DatabaseTransaction, batch: readonly Ended[]): Promise<Map<string, Held>> {
  const rows = await trx
    .selectFrom('welcomes')
    .select(['id', 'practice_id', 'account_id', 'state', 'reason', 'attempts'])
    .where(
      'id',
      'in',
      batch.map(({ claim }) => claim.welcomeId),
    ) // prettier-ignore
    .orderBy('id')
    .forUpdate()
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

async function recordAttempts(trx: DatabaseTransaction, batch: readonly Ended[], now: Date): Promise<void> {
  await insertMany(
    trx,
    'send_attempts',
    batch.map(({ claim, end }) => ({
      id: claim.attemptId,
      welcome_id: claim.welcomeId,
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
      .updateTable('welcomes')
      .set({ state: 'accepted', reason: null, open_key: null, handed_at: now, changed_at: now })
      .where('id', 'in', fresh)
      .execute();
  }
  const known = rows.filter((row) => isHandedOver(row.state)).map((row) => row.id);
  if (known.length > 0) {
    await trx
      .updateTable('welcomes')
      .set({ handed_at: now })
      .where('id', 'in', known)
      .where('handed_at', 'is', null)
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
    .updateTable('welcomes')
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
