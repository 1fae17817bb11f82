import type { NotNull } from 'kysely';
import type { NewId } from '../../lib/ids.js';
import { Problem } from '../../lib/problem.js';
import { messageReason } from '../../domain/message/message-reasons.js';
import { pausableKinds } from '../../domain/message/message-kinds.js';
import { replacedBecause } from '../../domain/message/send-checks.js';
import { fromStates } from '../../domain/message/message-status.js';
import { recordElsewhere } from '../accounts/account-access.js';
import { record, type Actor } from '../access/audit.js';
import { pausedByBranding } from './branding.js';
import { inTransaction, type Database } from '../db/database.js';
import { pausePractice } from './email-flow.js';
import { approvePlan, lockPractices } from '../sync-runs/practices.js';
import type { MessageStatus } from '../db/tables.js';
import type { PetParentMessage } from './message-lines.js';
import { queueBulkResend, type Rest } from './bulk-resend.js';

export type CampaignActions = ReturnType<typeof createCampaignActions>;

/**
 * Creates the actions of staff on all emails of a practice. After each except `pause`, the caller enqueues
 * `dispatch-messages`.
 */
export function createCampaignActions(deps: { db: Database; newId: NewId }) {
  const { db, newId } = deps;
  return {
    /**
     * Approves the invite plan. The caller enqueues `evaluate-practice`, which creates the accounts and queues the
     * emails.
     *
     * @returns how many clients the plan invites
     */
    async approve(practiceId: string, actor: Actor, now: Date): Promise<number> {
      return inTransaction(db, async (trx) => {
        const count = await approvePlan(trx, practiceId, actor.name ?? actor.kind, now);
        await record(trx, { actor, action: 'invites-approved', practiceId, details: { clients: count } }, now);
        return count;
      });
    },

    async pause(practiceId: string, why: string, actor: Actor, now: Date): Promise<void> {
      await inTransaction(db, async (trx) => {
        await pausePractice(trx, practiceId, { why, by: actor.name ?? actor.kind }, now);
        await record(trx, { actor, action: 'email-paused', practiceId, details: { why } }, now);
      });
    },

    /** Resumes a practice's emails. After the safety stop, the rollout starts again and counts bounces from now. */
    async resume(practiceId: string, actor: Actor, now: Date): Promise<void> {
      await inTransaction(db, async (trx) => {
        const row = await trx
          .selectFrom('practices')
          .select('email_paused_by')
          .where('id', '=', practiceId)
          .forUpdate()
          .executeTakeFirst();
        const stopped = row?.email_paused_by === 'safety-stop';
        await trx
          .updateTable('practices')
          .set({
            email_paused_at: null,
            email_pause_reason: null,
            email_paused_by: null,
            ...(stopped ? { rollout_from: now } : {}),
          })
          .where('id', '=', practiceId)
          .execute();
        if (stopped) await trx.deleteFrom('fair_queue').where('practice_id', '=', practiceId).execute();
        await record(trx, { actor, action: 'email-resumed', practiceId, details: { afterSafetyStop: stopped } }, now);
      });
    },

    /**
     * Recalls every message that SES does not have yet, and pauses the practice's emails, because an approval may still
     * be evaluating clients and would queue more. A message that SES has, or may have, cannot be recalled; `statesOf`
     * lists those.
     *
     * @returns how many were recalled
     */
    async recall(practiceId: string, actor: Actor, now: Date): Promise<number> {
      return inTransaction(db, async (trx) => {
        const by = actor.name ?? actor.kind;
        const why = 'The queued emails were recalled.';
        const before = await trx
          .selectFrom('practices')
          .select('email_paused_at')
          .where('id', '=', practiceId)
          .forUpdate()
          .executeTakeFirst();
        await pausePractice(trx, practiceId, { why, by, insteadOf: pausedByBranding }, now);
        const reason = `by ${by}`.slice(0, 500);
        const { numUpdatedRows } = await trx
          .updateTable('messages')
          .set({
            state: 'recalled',
            reason: 'recalled',
            detail: reason,
            open_key: null,
            enqueued_at: null,
            position: null,
            changed_at: now,
          })
          .where('practice_id', '=', practiceId)
          .where('state', 'in', fromStates('recall'))
          .where('kind', 'in', pausableKinds)
          .executeTakeFirst();
        const count = Number(numUpdatedRows);
        const details = { mails: count };
        await record(trx, { actor, action: 'messages-recalled', practiceId, details }, now);
        if (!before?.email_paused_at)
          await record(trx, { actor, action: 'email-paused', practiceId, details: { why } }, now);
        return count;
      });
    },

    /**
     * Queues the email again for the rest of a practice's pet parents, as a campaign after single emails. Skips people
     * with an open message, a suppressed address, or a message sent within the cool-down.
     *
     * @returns how many people get an email
     */
    async resendRest(
      practiceId: string,
      rest: Rest,
      coolDownMinutes: number,
      actor: Actor,
      now: Date,
    ): Promise<number> {
      return inTransaction(db, async (trx) => {
        await lockPractices(trx, [practiceId]);
        const requestedBy = actor.name ?? actor.kind;
        const accountIds = await queueBulkResend(trx, { practiceId, rest, coolDownMinutes, requestedBy }, newId, now);
        const mails = accountIds.length;
        await record(trx, { actor, action: 'messages-resent', practiceId, details: { mails, rest } }, now);
        await recordElsewhere(trx, { actor, action: 'message-resent', practiceId }, accountIds, now);
        return mails;
      });
    },

    /**
     * Resolves a message whose answer from SES was lost, as staff report it. Staff may do so only after a while,
     * because SES's events resolve most such messages reliably. A message that another one has replaced is not queued
     * again.
     *
     * @returns the new status of the message
     * @throws Problem `message-unknown`, `not-uncertain`, `resolve-too-early`
     */
    async resolveUncertain(
      resolved: { messageId: string; practiceId: string; as: 'sent' | 'not-sent'; afterMinutes: number },
      actor: Actor,
      now: Date,
    ): Promise<MessageStatus> {
      const { messageId, practiceId, as, afterMinutes } = resolved;
      return inTransaction(db, async (trx) => {
        const row = await trx
          .selectFrom('messages')
          .select(['state', 'changed_at', 'account_id', 'open_key', 'superseded'])
          .$narrowType<{ account_id: NotNull }>()
          .where('id', '=', messageId)
          .where('practice_id', '=', practiceId)
          .forUpdate()
          .executeTakeFirst();
        requireUncertain(row, afterMinutes, now);
        const change = resolvedAs(as, row, now);
        await trx.updateTable('messages').set(change).where('id', '=', messageId).execute();
        const details = { message: messageId, as };
        await record(trx, { actor, action: 'uncertain-resolved', practiceId, accountId: row.account_id, details }, now);
        return change.state;
      });
    },
  };
}

type Uncertain = Pick<PetParentMessage, 'state' | 'changed_at' | 'account_id' | 'open_key' | 'superseded'>;

function resolvedAs(as: 'sent' | 'not-sent', row: Uncertain, now: Date) {
  const reason = 'resolved-by-staff';
  if (as === 'sent') return { state: 'accepted' as const, reason, open_key: null, accepted_at: now, changed_at: now };
  if (row.open_key !== null)
    return { state: 'queued' as const, reason, due_at: now, enqueued_at: null, changed_at: now };
  const replaced = replacedBecause(row.superseded === 1);
  return { state: 'canceled' as const, reason: replaced, detail: messageReason(replaced), changed_at: now };
}

function requireUncertain(row: Uncertain | undefined, afterMinutes: number, now: Date): asserts row is Uncertain {
  if (!row) throw new Problem({ code: 'message-unknown', message: 'This practice has no such email.' });
  if (row.state !== 'uncertain') {
    throw new Problem({
      code: 'not-uncertain',
      message: `The status of this email is already known: ${row.state}.`,
    });
  }
  const from = new Date(row.changed_at.getTime() + afterMinutes * 60_000);
  if (from <= now) return;
  throw new Problem({
    code: 'resolve-too-early',
    message: 'Amazon SES may still report the status of this email.',
    help: `Try again in ${Math.ceil((from.getTime() - now.getTime()) / 60_000)} minutes.`,
  });
}
