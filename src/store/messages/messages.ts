import type { NewId } from '../../lib/ids.js';
import { loginKinds, type PetParentKind } from '../../domain/message/message-kinds.js';
import { Problem } from '../../lib/problem.js';
import {
  accountAccess,
  issuedElsewhere,
  linkedPractices,
  recordOnAccount,
  recordRefused,
} from '../accounts/account-access.js';
import { allowPractices, type AllowedPractices } from '../access/allowed-practices.js';
import type { Actor } from '../access/audit.js';
import type { Credentials } from '../accounts/credentials.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';
import { lockOpenMessage, openKey, queueUrgent } from './urgent-messages.js';

export interface MessageDeps {
  db: Database;
  newId: NewId;
  credentials: Credentials;
  /** Returns the practice's settings; null if it is not configured. */
  practice(practiceId: string): { passwordDays: number; resendCoolDownMinutes: number } | null;
}

export interface Resend {
  accountId: string;
  practiceId: string;
  /** Issues a new temporary password; the former one stops working. */
  fresh: boolean;
  /**
   * The practices of the requesting staff; only staff of the issuing practice get a new password. Defaults to
   * `practiceId`.
   */
  allowed?: AllowedPractices;
}

export type Messages = ReturnType<typeof createMessages>;

/** Creates the actions of people on messages. After each, the caller enqueues `dispatch-messages`. */
export function createMessages({ db, newId, credentials, practice }: MessageDeps) {
  function settingsOf(practiceId: string) {
    const settings = practice(practiceId);
    if (settings) return settings;
    throw new Problem({ code: 'practice-unknown', message: `No practice has the id "${practiceId}".` });
  }

  async function senderOf(trx: Database | DatabaseTransaction, accountId: string): Promise<string | null> {
    const linked = await linkedPractices(trx, accountId);
    return linked.find(({ practiceId }) => practice(practiceId) !== null)?.practiceId ?? null;
  }

  function queue(
    trx: DatabaseTransaction,
    kind: PetParentKind,
    { accountId, practiceId, requestedBy }: { accountId: string; practiceId: string; requestedBy: string },
    now: Date,
  ): Promise<string> {
    const about = { practice_id: practiceId, account_id: accountId };
    const key = openKey(kind, accountId, practiceId);
    return queueUrgent(trx, { id: newId(), kind, requestedBy, openKey: key, about }, now);
  }

  return {
    /**
     * Sends a person their login again: the same temporary password, or a new one. An expired one is renewed when the
     * message is sent.
     *
     * @returns the id of the queued message
     * @throws Problem `account-unknown`, `already-logged-in`, `account-closed`, `address-suppressed`, `cool-down`,
     * `uncertain-first`, `being-sent`, `issued-elsewhere`
     */
    async resend(asked: Resend, actor: Actor, now: Date): Promise<string> {
      const { accountId, practiceId, fresh } = asked;
      const { resendCoolDownMinutes, passwordDays } = settingsOf(practiceId);
      const action = fresh ? 'temporary-password-reissued' : 'message-resent';
      const act = { actor, action, practiceId, accountId } as const;
      const mailId = await inTransaction(db, async (trx) => {
        const account = await accountAt(trx, accountId, practiceId);
        if (fresh) {
          const allowed = asked.allowed ?? allowPractices([practiceId]);
          const { canReplace } = await accountAccess(trx, allowed, accountId);
          if (!canReplace) {
            await recordRefused(trx, act, now);
            return null;
          }
        }
        requireReachable(account);
        const open = await lockOpenMessage(trx, openKey('welcome', accountId, practiceId));
        if (open?.state === 'uncertain') {
          throw new Problem({
            code: 'uncertain-first',
            message: 'It is unknown whether the last email to this pet parent was sent.',
          });
        }
        // A message in progress contains the current password, which would no longer work on arrival.
        if (fresh && open?.state === 'sending') {
          throw new Problem({
            code: 'being-sent',
            message: 'An email with the current temporary password is being sent right now.',
          });
        }
        if (!open) await requireCooled(trx, accountId, practiceId, resendCoolDownMinutes, now);
        if (fresh) await credentials.issue(trx, { accountId, practiceId, days: passwordDays });
        await recordOnAccount(trx, act, now);
        const kind = fresh ? 'new-temporary-password' : 'welcome';
        return queue(trx, kind, { accountId, practiceId, requestedBy: actor.name ?? actor.kind }, now);
      });
      if (mailId === null) throw issuedElsewhere();
      return mailId;
    },

    /**
     * Returns the practice that sends emails about an account's login; null if no practice of the account is
     * configured.
     */
    practiceOf: (accountId: string) => senderOf(db, accountId),

    /**
     * Queues an email that restores a person's access: a new temporary password, or a link to set a password. While one
     * is open, a second request adds none.
     *
     * @param by the practice whose staff requested it and which sends the email; omitted if the pet parent requested it
     * @returns the id of the message; null if no practice of the account is configured, the account is closed, or a
     * temporary password was requested after the first login
     */
    async queueAccountRecovery(
      accountId: string,
      kind: 'new-temporary-password' | 'password-reset',
      requestedBy: string,
      now: Date,
      by?: string,
    ): Promise<string | null> {
      if (by !== undefined) settingsOf(by);
      return inTransaction(db, async (trx) => {
        const account = await trx
          .selectFrom('accounts')
          .select('first_login_at')
          .where('id', '=', accountId)
          .where('closed_at', 'is', null)
          .executeTakeFirst();
        if (!account || (kind === 'new-temporary-password' && account.first_login_at !== null)) return null;
        const practiceId = by ?? (await senderOf(trx, accountId));
        if (practiceId === null) return null;
        if (kind === 'new-temporary-password') {
          const open = await lockOpenMessage(trx, openKey(kind, accountId, practiceId));
          // It contains the current password, which a new one would replace.
          if (open?.state === 'sending') return open.id;
          const { passwordDays: days } = settingsOf(practiceId);
          await credentials.issue(trx, { accountId, practiceId, days });
        }
        return queue(trx, kind, { accountId, practiceId, requestedBy }, now);
      });
    },
  };
}

/**
 * Loads an account with its facts for sending. @throws Problem `account-unknown` if no record of the practice is linked
 * to it
 */
async function accountAt(trx: DatabaseTransaction, accountId: string, practiceId: string) {
  const row = await trx
    .selectFrom('accounts as a')
    .innerJoin('account_links as l', 'l.account_id', 'a.id')
    .leftJoin('suppressions as s', 's.email_key', 'a.email_key')
    .select(['a.first_login_at', 'a.closed_at', 's.reason as suppressed'])
    .where('a.id', '=', accountId)
    .where('l.practice_id', '=', practiceId)
    .executeTakeFirst();
  if (!row) throw new Problem({ code: 'account-unknown', message: 'This practice has no such pet parent.' });
  return row;
}

function requireReachable(row: Awaited<ReturnType<typeof accountAt>>): void {
  if (row.closed_at)
    throw new Problem({ code: 'account-closed', message: 'The account of this pet parent was closed.' });
  if (row.first_login_at) {
    throw new Problem({
      code: 'already-logged-in',
      message: 'This pet parent has already logged in and has their own password.',
      help: 'They can choose "Forgot password" on the login page.',
    });
  }
  if (row.suppressed) {
    throw new Problem({
      code: 'address-suppressed',
      message: `No email is sent to the address of this pet parent: ${suppressedBecause[row.suppressed]}.`,
    });
  }
}

const suppressedBecause = {
  bounced: 'an earlier email bounced',
  complained: 'its owner marked an email as spam',
  unsubscribed: 'its owner unsubscribed',
};

async function requireCooled(
  trx: DatabaseTransaction,
  accountId: string,
  practiceId: string,
  minutes: number,
  now: Date,
): Promise<void> {
  const last = await trx
    .selectFrom('messages')
    .select('accepted_at')
    .where('account_id', '=', accountId)
    .where('practice_id', '=', practiceId)
    .where('kind', 'in', loginKinds)
    .where('accepted_at', '>', new Date(now.getTime() - minutes * 60_000))
    .orderBy('accepted_at', 'desc')
    .executeTakeFirst();
  if (!last?.accepted_at) return;
  const left = Math.ceil((last.accepted_at.getTime() + minutes * 60_000 - now.getTime()) / 60_000);
  throw new Problem({
    code: 'cool-down',
    message: `The last email to this pet parent was sent less than ${minutes} minutes ago.`,
    help: `Wait for it to arrive and check the spam folder, or try again in ${left === 1 ? 'a minute' : `${left} minutes`}.`,
  });
}
