import type { AccountIndex, IndexedAccount } from '../account/account-index.js';
import type { Decision } from './eligibility.js';
import type { AccountMessage, EvaluationBatch } from './facts.js';
import { messageReason } from '../message/message-reasons.js';
import { isWanted } from './reasons.js';
import type { EvaluationPlan } from './evaluation-plan.js';
import { carriesLogin } from '../message/message-kinds.js';
import { canCancel, countsAsOffered } from '../message/message-status.js';

/** The plan so far. */
export interface Draft {
  batch: EvaluationBatch;
  accountIndex: AccountIndex;
  plan: EvaluationPlan;
  /** Accounts that lost a queued email or their address. Their other clients may need an email now. */
  disturbed: Set<IndexedAccount>;
  /** The result of `recalledIn`. */
  recalled: Recalled;
}

/** The emails that staff recalled, by client, each with all messages of its account. */
export type Recalled = ReadonlyMap<string, readonly { id: string; among: readonly AccountMessage[] }[]>;

export function recalledIn({ accounts, practice }: EvaluationBatch): Recalled {
  const recalled = new Map<string, { id: string; among: readonly AccountMessage[] }[]>();
  for (const { messages } of accounts) {
    for (const { id, state, pimsId, practiceId } of messages) {
      if (state !== 'recalled' || practiceId !== practice.id) continue;
      recalled.set(pimsId, [...(recalled.get(pimsId) ?? []), { id, among: messages }]);
    }
  }
  return recalled;
}

/**
 * True if staff recalled this client's email. Rules then queue nothing for the client until a person asks again, even
 * if the client has another account or address by now.
 */
function isRefused({ batch, recalled }: Draft, pimsId: string, account: IndexedAccount): boolean {
  const askedAfter = (id: string) => (one: AccountMessage) =>
    one.askedFor && one.state !== 'recalled' && one.practiceId === batch.practice.id && one.id > id;
  return (recalled.get(pimsId) ?? []).some(({ id, among }) => ![...among, ...account.messages].some(askedAfter(id)));
}

/** Cancels the queued emails to clients of the batch that are no longer right. */
export function cancelWrong(draft: Draft, decisions: ReadonlyMap<string, Decision>): void {
  const { batch, accountIndex } = draft;
  for (const account of accountIndex.accounts()) {
    for (const message of account.messages) {
      if (message.practiceId !== batch.practice.id || !canCancel(message.state)) continue;
      const decision = decisions.get(message.pimsId);
      if (!decision || decision.reason === 'field-drift') continue;
      const isHere = accountIndex.linkOf(message.pimsId)?.accountId === account.id;
      // The decision itself says why a client is not invited.
      if (!isWanted(decision)) cancel(draft, account, message, decision);
      else {
        const wrong = isHere ? whatIsWrong(message, account, batch) : 'no-longer-linked';
        if (wrong) cancel(draft, account, message, { reason: wrong, sentence: messageReason(wrong) });
      }
    }
  }
}

/** Cancels a queued email. Staff read the sentence beside it. */
export function cancel(
  draft: Draft,
  account: IndexedAccount,
  message: AccountMessage,
  { reason, sentence }: { reason: string; sentence: string },
): void {
  message.state = 'canceled';
  draft.plan.canceled.push({ id: message.id, reason, sentence });
  draft.disturbed.add(account);
}

/** Returns why a queued email must not go out although its client is invited; null if it is right. */
function whatIsWrong(message: AccountMessage, account: IndexedAccount, { suppressed }: EvaluationBatch): string | null {
  if (account.closed) return 'account-closed';
  const refused = suppressed.get(account.emailKey);
  if (refused) return refused;
  if (carriesLogin(message)) {
    if (account.used) return 'already-logged-in';
    return message.superseded ? 'email-changed' : null;
  }
  return account.used || hasWelcomeEmail(account) ? null : 'welcome-first';
}

/**
 * Queues the missing email: one Welcome Email for each account that was never logged in to, one "practice added" for
 * each further practice. An email that was queued before, and that no rule has canceled, is never queued again.
 */
export function offerMissing(draft: Draft, pimsId: string, account: IndexedAccount): void {
  const { batch, plan } = draft;
  if (account.closed || batch.suppressed.has(account.emailKey)) return;
  const practiceId = batch.practice.id;
  const knowsPractice = account.messages.some(
    ({ practiceId: at, kind, state }) =>
      at === practiceId && (kind === 'welcome' || kind === 'practice-added') && countsAsOffered(state),
  );
  const isWelcomeDue = !account.used && !hasWelcomeEmail(account);
  const kind = isWelcomeDue ? 'welcome' : 'practice-added';
  if ((!isWelcomeDue && knowsPractice) || isRefused(draft, pimsId, account)) return;
  const id = batch.newId();
  plan.messages.push({ id, accountId: account.id, practiceId, pimsId, kind });
  account.messages.push({ id, practiceId, pimsId, kind, state: 'queued', superseded: false, askedFor: false });
  if (isWelcomeDue && !account.hasLivingPassword) {
    plan.newPasswords.push(account.id);
    account.hasLivingPassword = true;
  }
}

/** True if an email with the login was queued for the account's current address. */
function hasWelcomeEmail(account: IndexedAccount): boolean {
  return account.messages.some(
    (message) => carriesLogin(message) && countsAsOffered(message.state) && !message.superseded,
  );
}
