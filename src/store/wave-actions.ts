import { sql } from 'kysely';
import type { NewId } from '../domain/ids.js';
import { Problem } from '../domain/problem.js';
import { fromStates } from '../domain/welcome-states.js';
import { record, type Actor } from './audit.js';
import { inTransaction, insertMany, type Database } from './database.js';
import { pausePractice } from './mail-pause.js';
import { approvePlan } from './practices.js';
import type { Row, WelcomeState } from './tables.js';
import { openKey } from './welcomes.js';
import { mostAheadMs } from './wrong-clock.js';

export type WaveActions = ReturnType<typeof createWaveActions>;

/** Whom "resend to the rest" means: those whose mail never went, or all who have not logged in. */
export type Rest = 'not-sent' | 'not-logged-in';

const neverWent: readonly WelcomeState[] = ['recalled', 'failed', 'rejected', 'withdrawn'];
const rowsAtOnce = 1000;

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
     * Takes back everything that SES does not have yet. What is in SES's hands, or may be, cannot be taken back and is
     * listed by `statesOf`.
     *
     * @returns how many were taken back
     */
    async recall(practiceId: string, actor: Actor, now: Date): Promise<number> {
      return inTransaction(db, async (trx) => {
        const reason = `by ${actor.name ?? actor.kind}`.slice(0, 500);
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
        await record(trx, { actor, action: 'welcomes-recalled', practiceId, details: { mails: count } }, now);
        return count;
      });
    },

    /**
     * Owes the Welcome Email again to the rest of a practice's pet parents who never logged in; as a wave, behind single
     * mails. Those with an open mail, a suppressed address, or one that went within the cool-down are left out.
     *
     * @returns how many are owed now
     */
    async resendRest(
      practiceId: string,
      rest: Rest,
      coolDownMinutes: number,
      actor: Actor,
      now: Date,
    ): Promise<number> {
      const cooled = new Date(now.getTime() - coolDownMinutes * 60_000);
      const states = sql.join(neverWent.map((state) => sql.lit(state)));
      const { rows } = await sql<{ id: string; pims_id: string }>`
        SELECT a.id, MIN(l.client_pims_id) AS pims_id
        FROM account_links l
        JOIN accounts a ON a.id = l.account_id AND a.first_login_at IS NULL AND a.closed_at IS NULL
        LEFT JOIN suppressions s ON s.email_key = a.email_key
        WHERE l.practice_id = ${practiceId} AND s.email_key IS NULL
          AND EXISTS (SELECT 1 FROM welcomes w WHERE w.account_id = a.id AND w.practice_id = l.practice_id
            AND w.kind IN ('welcome', 'fresh-password') ${rest === 'not-sent' ? sql`AND w.state IN (${states})` : sql``})
          AND NOT EXISTS (SELECT 1 FROM welcomes w WHERE w.account_id = a.id AND w.practice_id = l.practice_id
            AND w.kind IN ('welcome', 'fresh-password') AND (w.open_key IS NOT NULL
              ${rest === 'not-sent' ? sql`OR w.handed_at IS NOT NULL` : sql`OR w.handed_at > ${cooled}`}))
        GROUP BY a.id`.execute(db);
      const askedBy = (actor.name ?? actor.kind).slice(0, 200);
      for (let at = 0; at < rows.length; at += rowsAtOnce) {
        await insertMany(
          db,
          'welcomes',
          rows.slice(at, at + rowsAtOnce).map(({ id, pims_id }) => ({
            id: newId(),
            practice_id: practiceId,
            account_id: id,
            client_pims_id: pims_id,
            kind: 'welcome' as const,
            state: 'owed' as const,
            asked_by: askedBy,
            due_at: now,
            created_at: now,
            changed_at: now,
            open_key: openKey('welcome', id, practiceId),
          })),
          'ON DUPLICATE KEY UPDATE id = welcomes.id',
        );
      }
      await record(
        db,
        { actor, action: 'welcomes-resent', practiceId, details: { mails: rows.length, rest } },
        now,
      );
      return rows.length;
    },

    /**
     * A person says what became of a mail whose answer was lost. Only after a while: SES's events settle most by
     * themselves, and only they know.
     *
     * @throws Problem `welcome-unknown`, `not-uncertain`, `settle-too-early`
     */
    async settleUncertain(
      settled: { welcomeId: string; practiceId: string; as: 'sent' | 'not-sent'; afterMinutes: number },
      actor: Actor,
      now: Date,
    ): Promise<void> {
      const { welcomeId, practiceId, as, afterMinutes } = settled;
      await inTransaction(db, async (trx) => {
        const row = await trx
          .selectFrom('welcomes')
          .select(['state', 'changed_at', 'account_id'])
          .where('id', '=', welcomeId)
          .where('practice_id', '=', practiceId)
          .forUpdate()
          .executeTakeFirst();
        requireUncertain(row, afterMinutes, now);
        await trx
          .updateTable('welcomes')
          .set(
            as === 'sent'
              ? {
                  state: 'accepted',
                  reason: 'settled-by-staff',
                  open_key: null,
                  handed_at: now,
                  changed_at: now,
                }
              : { state: 'owed', reason: 'settled-by-staff', due_at: now, queued_at: null, changed_at: now },
          )
          .where('id', '=', welcomeId)
          .execute();
        const details = { welcome: welcomeId, as };
        await record(
          trx,
          { actor, action: 'uncertain-settled', practiceId, accountId: row?.account_id ?? null, details },
          now,
        );
      });
    },
  };
}

function requireUncertain(
  row: Pick<Row<'welcomes'>, 'state' | 'changed_at'> | undefined,
  afterMinutes: number,
  now: Date,
): void {
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
