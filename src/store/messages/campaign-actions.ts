import type { NewId } from '../../lib/ids.js';
import { Problem } from '../../lib/problem.js';
import { mailReason } from '../../domain/message/message-reasons.js';
import { replacedBecause } from '../../domain/message/send-eligibility.js';
import { fromStates } from '../../domain/message/message-status.js';
import { recordElsewhere } from '../accounts/account-access.js';
import { record, type Actor } from '../access/audit.js';
import { pausedByBrand } from './branding.js';
import { inTransaction, type Database } from '../db/database.js';
import { pausePractice } from './email-pause.js';
import { approvePlan, holdPractices } from '../sync-runs/practices.js';
import type { Row, WelcomeState } from '../db/tables.js';
import { oweRest, type Rest } from './bulk-resend.js';
import { mostAheadMs } from '../db/wrong-clock.js';

export type WaveActions = ReturnType<typeof createWaveActions>;

/** What staff do with a practice's mails as a whole. After each but `pause` the caller asks for `dispatch-welcomes`. */
export function createWaveActions(deps: { db: Database; newId: NewId }) {
  const { db, newId } = deps;
  return {
    /**
     * Staff have looked at the invite plan and say: invite them. The caller asks for `settle-practice`, which makes the
     * accounts and owes the mails.
     *
     * @returns how many clients the plan invites
     */
    async approve(practiceId: string, actor: Actor, now: Date): Promise<number> {
      return inTransaction(db, async (trx) => {
        const count = await approvePlan(trx, practiceId, actor.name ?? actor.kind, now);
        await record(
          trx,
          { actor, action: 'invites-approved', practiceId, details: { clients: count } },
          now,
        );
        return count;
      });
    },

    async pause(practiceId: string, why: string, actor: Actor, now: Date): Promise<void> {
      await inTransaction(db, async (trx) => {
        await pausePractice(trx, practiceId, { why, by: actor.name ?? actor.kind }, now);
        await record(trx, { actor, action: 'mail-paused', practiceId, details: { why } }, now);
      });
    },

    /** Lets mails go on. After the brake the wave begins carefully again, counting from now. */
    async resume(practiceId: string, actor: Actor, now: Date): Promise<void> {
      await inTransaction(db, async (trx) => {
        const row = await trx
          .selectFrom('practices')
          .select('mail_paused_by')
          .where('id', '=', practiceId)
          .forUpdate()
          .executeTakeFirst();
        const braked = row?.mail_paused_by === 'brake';
        await trx
          .updateTable('practices')
          .set({
            mail_paused_at: null,
            mail_paused_why: null,
            mail_paused_by: null,
            ...(braked ? { canary_from: now } : {}),
          })
          .where('id', '=', practiceId)
          .execute();
        if (braked) await trx.deleteFrom('mail_turns').where('practice_id', '=', practiceId).execute();
        await record(
          trx,
          { actor, action: 'mail-resumed', practiceId, details: { afterBrake: braked } },
          now,
        );
      });
    },

    /**
     * Takes back everything that SES does not have yet, and pauses the practice's mail: an approval may still be settling
     * and would owe more. What is in SES's hands, or may be, cannot be taken back and is listed by `statesOf`.
     *
     * @returns how many were taken back
     */
    async recall(practiceId: string, actor: Actor, now: Date): Promise<number> {
      return inTransaction(db, async (trx) => {
        const by = actor.name ?? actor.kind;
        const why = 'What waited was recalled.';
        const before = await trx
          .selectFrom('practices')
          .select('mail_paused_at')
          .where('id', '=', practiceId)
          .forUpdate()
          .executeTakeFirst();
        await pausePractice(trx, practiceId, { why, by, insteadOf: pausedByBrand }, now);
        const reason = `by ${by}`.slice(0, 500);
        const { numUpdatedRows } = await trx
          .updateTable('welcomes')
          .set({
            state: 'recalled',
            reason: 'recalled',
            detail: reason,
            open_key: null,
            queued_at: null,
            turn: null,
            changed_at: now,
          })
          .where('practice_id', '=', practiceId)
          .where('state', 'in', fromStates('recall'))
          .where('kind', '!=', 'password-reset')
          .executeTakeFirst();
        const count = Number(numUpdatedRows);
        const details = { mails: count };
        await record(trx, { actor, action: 'welcomes-recalled', practiceId, details }, now);
        if (!before?.mail_paused_at)
          await record(trx, { actor, action: 'mail-paused', practiceId, details: { why } }, now);
        return count;
      });
    },

    /**
     * Owes the mail again to the rest of a practice's pet parents; as a wave, behind single mails. Those with an open mail,
     * a suppressed address, or one that went within the cool-down are left out.
     *
     * @returns to how many people it is owed now
     */
    async resendRest(
      practiceId: string,
      rest: Rest,
      coolDownMinutes: number,
      actor: Actor,
      now: Date,
    ): Promise<number> {
      return inTransaction(db, async (trx) => {
        await holdPractices(trx, [practiceId]);
        const askedBy = actor.name ?? actor.kind;
        const accountIds = await oweRest(trx, { practiceId, rest, coolDownMinutes, askedBy }, newId, now);
        const mails = accountIds.length;
        await record(trx, { actor, action: 'welcomes-resent', practiceId, details: { mails, rest } }, now);
        await recordElsewhere(trx, { actor, action: 'welcome-resent', practiceId }, accountIds, now);
        return mails;
      });
    },

    /**
     * A person says what became of a mail whose answer was lost. Only after a while: SES's events settle most by
     * themselves, and only they know. One that another mail took the place of is not owed again.
     *
     * @returns what the mail is now
     * @throws Problem `welcome-unknown`, `not-uncertain`, `settle-too-early`
     */
    async settleUncertain(
      settled: { welcomeId: string; practiceId: string; as: 'sent' | 'not-sent'; afterMinutes: number },
      actor: Actor,
      now: Date,
    ): Promise<WelcomeState> {
      const { welcomeId, practiceId, as, afterMinutes } = settled;
      return inTransaction(db, async (trx) => {
        const row = await trx
          .selectFrom('welcomes')
          .select(['state', 'changed_at', 'account_id', 'open_key', 'superseded'])
          .where('id', '=', welcomeId)
          .where('practice_id', '=', practiceId)
          .forUpdate()
          .executeTakeFirst();
        requireUncertain(row, afterMinutes, now);
        const change = settledAs(as, row, now);
        await trx.updateTable('welcomes').set(change).where('id', '=', welcomeId).execute();
        const details = { welcome: welcomeId, as };
        await record(
          trx,
          { actor, action: 'uncertain-settled', practiceId, accountId: row.account_id, details },
          now,
        );
        return change.state;
      });
    },
  };
}

type Uncertain = Pick<Row<'welcomes'>, 'state' | 'changed_at' | 'account_id' | 'open_key' | 'superseded'>;

function settledAs(as: 'sent' | 'not-sent', row: Uncertain, now: Date) {
  const reason = 'settled-by-staff';
  if (as === 'sent')
    return { state: 'accepted' as const, reason, open_key: null, handed_at: now, changed_at: now };
  if (row.open_key !== null)
    return { state: 'owed' as const, reason, due_at: now, queued_at: null, changed_at: now };
  const replaced = replacedBecause(row.superseded === 1);
  return { state: 'withdrawn' as const, reason: replaced, detail: mailReason(replaced), changed_at: now };
}

function requireUncertain(
  row: Uncertain | undefined,
  afterMinutes: number,
  now: Date,
): asserts row is Uncertain {
  if (!row) throw new Problem({ code: 'welcome-unknown', message: 'This practice has no such mail.' });
  if (row.state !== 'uncertain') {
    throw new Problem({
      code: 'not-uncertain',
      message: `What became of this mail is known by now: it is ${row.state}.`,
    });
  }
  const from = new Date(row.changed_at.getTime() + afterMinutes * 60_000);
  const byAWrongClock = row.changed_at.getTime() > now.getTime() + mostAheadMs;
  if (from <= now || byAWrongClock) return;
  throw new Problem({
    code: 'settle-too-early',
    message: 'Amazon SES may still tell by itself what became of this mail.',
    help: `Look again in ${Math.ceil((from.getTime() - now.getTime()) / 60_000)} minutes.`,
  });
}
