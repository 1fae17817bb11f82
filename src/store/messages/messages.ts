import type { NewId } from '../../lib/ids.js';
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
import type { Row, MessageKind } from '../db/tables.js';

/**
 * Builds the key that allows one open message of the same content per person and practice: two clicks, or a click and a
 * sync, create one message. A new temporary password counts as a Welcome Email.
 */
export function openKey(kind: MessageKind, accountId: string, practiceId: string): string {
  return `${kind === 'new-temporary-password' ? 'welcome' : kind}.${accountId}.${practiceId}`;
}

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
        const open = await openMail(trx, 'welcome', accountId, practiceId);
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
        if (open) {
          await hasten(trx, open, actor.name ?? actor.kind, now);
          return open.id;
        }
        const kind = fresh ? 'new-temporary-password' : 'welcome';
        return owe(trx, { id: newId(), kind, accountId, practiceId, requestedBy: actor.name ?? actor.kind }, now);
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
        const found = await openMail(trx, kind, accountId, practiceId);
        // A requesting person does not have the email: a possibly lost message must not block another one.
        if (found?.state === 'uncertain') await letGo(trx, found.id);
        const open = found?.state === 'uncertain' ? undefined : found;
        if (open?.state === 'sending') return open.id;
        if (kind === 'new-temporary-password') {
          const { passwordDays: days } = settingsOf(practiceId);
          await credentials.issue(trx, { accountId, practiceId, days });
        }
        if (open) {
          await hasten(trx, open, requestedBy, now);
          return open.id;
        }
        return owe(trx, { id: newId(), kind, accountId, practiceId, requestedBy }, now);
      });
    },
  };
}

interface OpenMail {
  id: string;
  state: Row<'messages'>['state'];
}

async function openMail(
  trx: DatabaseTransaction,
  kind: MessageKind,
  accountId: string,
  practiceId: string,
): Promise<OpenMail | undefined> {
  return trx
    .selectFrom('messages')
    .select(['id', 'state'])
    .where('open_key', '=', openKey(kind, accountId, practiceId))
    .forUpdate()
    .executeTakeFirst();
}

async function letGo(trx: DatabaseTransaction, messageId: string): Promise<void> {
  await trx.updateTable('messages').set({ open_key: null }).where('id', '=', messageId).execute();
}

/** Makes a campaign message urgent because a person requested it. */
async function hasten(trx: DatabaseTransaction, open: OpenMail, requestedBy: string, now: Date): Promise<void> {
  await trx
    .updateTable('messages')
    .set({
      state: 'queued',
      urgent: 1,
      due_at: now,
      enqueued_at: null,
      requested_by: requestedBy.slice(0, 200),
    })
    .where('id', '=', open.id)
    .where('state', '=', 'queued')
    .execute();
}

/**
 * Queues a single message that goes before all campaigns. If one of its kind is open, adds none. @returns the id of the
 * open one
 */
async function owe(
  trx: DatabaseTransaction,
  mail: { id: string; kind: MessageKind; accountId: string; practiceId: string; requestedBy: string },
  now: Date,
): Promise<string> {
  const key = openKey(mail.kind, mail.accountId, mail.practiceId);
  await trx
    .insertInto('messages')
    .values({
      id: mail.id,
      practice_id: mail.practiceId,
      account_id: mail.accountId,
      kind: mail.kind,
      state: 'queued',
      requested_by: mail.requestedBy.slice(0, 200),
      urgent: 1,
      due_at: now,
      created_at: now,
      changed_at: now,
      open_key: key,
    })
    .onDuplicateKeyUpdate((eb) => ({ id: eb.ref('messages.id') }))
    .execute();
  const row = await trx.selectFrom('messages').select('id').where('open_key', '=', key).executeTakeFirst();
  return row?.id ?? mail.id;
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
    .where('kind', 'in', ['welcome', 'new-temporary-password'])
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
