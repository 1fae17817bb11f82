import type { Book, BookAccount } from '../account/account-index.js';
import type { Decision } from './eligibility.js';
import type { AccountWelcome, SettleBatch } from './facts.js';
import { mailReason } from '../message/message-reasons.js';
import type { SettlePlan } from './evaluation-plan.js';
import { countsAsOffered, mayWithdraw, tellsLogin } from '../message/message.js';

/** True when a decision lets the client have an account and mail about it. */
export function isWanted(decision: Decision): boolean {
  return decision.verdict === 'invite' || decision.reason === 'has-account';
}

/** The plan so far. */
export interface Draft {
  batch: SettleBatch;
  book: Book;
  plan: SettlePlan;
  /** Accounts that lost an owed mail or their address: what is owed to their other clients may have changed. */
  disturbed: Set<BookAccount>;
  /** Made by `recalledIn`. */
  recalled: Recalled;
}

/** The mails that people took back, by client, each with what else was ever sent to its account. */
export type Recalled = ReadonlyMap<string, readonly { id: string; among: readonly AccountWelcome[] }[]>;

export function recalledIn({ accounts, practice }: SettleBatch): Recalled {
  const recalled = new Map<string, { id: string; among: readonly AccountWelcome[] }[]>();
  for (const { welcomes } of accounts) {
    for (const { id, state, pimsId, practiceId } of welcomes) {
      if (state !== 'recalled' || practiceId !== practice.id) continue;
      recalled.set(pimsId, [...(recalled.get(pimsId) ?? []), { id, among: welcomes }]);
    }
  }
  return recalled;
}

/**
 * A person refused this client mail: no rule offers any, even when the client has another account or address by now.
 * Whoever asks for a mail after that takes it back.
 */
function isRefused({ batch, recalled }: Draft, pimsId: string, account: BookAccount): boolean {
  const askedAfter = (id: string) => (one: AccountWelcome) =>
    one.askedFor && one.state !== 'recalled' && one.practiceId === batch.practice.id && one.id > id;
  return (recalled.get(pimsId) ?? []).some(
    ({ id, among }) => ![...among, ...account.welcomes].some(askedAfter(id)),
  );
}

/** Takes back what is owed to clients of the batch and no longer right. */
export function withdrawWrong(draft: Draft, decisions: ReadonlyMap<string, Decision>): void {
  const { batch, book } = draft;
  for (const account of book.accounts()) {
    for (const welcome of account.welcomes) {
      if (welcome.practiceId !== batch.practice.id || !mayWithdraw(welcome.state)) continue;
      const decision = decisions.get(welcome.pimsId);
      if (!decision || decision.reason === 'field-drift') continue;
      const isHere = book.linkOf(welcome.pimsId)?.accountId === account.id;
      // A client who is not invited is told by the decision, which names what it was.
      if (!isWanted(decision)) withdraw(draft, account, welcome, decision);
      else {
        const wrong = isHere ? whatIsWrong(welcome, account, batch) : 'no-longer-linked';
        if (wrong) withdraw(draft, account, welcome, { reason: wrong, sentence: mailReason(wrong) });
      }
    }
  }
}

/** @param why for staff, who find the mail taken back */
export function withdraw(
  draft: Draft,
  account: BookAccount,
  welcome: AccountWelcome,
  { reason, sentence }: { reason: string; sentence: string },
): void {
  welcome.state = 'withdrawn';
  draft.plan.withdrawn.push({ id: welcome.id, reason, sentence });
  draft.disturbed.add(account);
}

/** The code of why an owed mail must not go although its client is invited; null while it is right. */
function whatIsWrong(
  welcome: AccountWelcome,
  account: BookAccount,
  { suppressed }: SettleBatch,
): string | null {
  if (account.closed) return 'account-closed';
  const refused = suppressed.get(account.emailKey);
  if (refused) return refused;
  if (tellsLogin(welcome)) {
    if (account.used) return 'already-logged-in';
    return welcome.superseded ? 'email-changed' : null;
  }
  return account.used || hasBeenWelcomed(account) ? null : 'welcome-first';
}

/**
 * Offers the mail that is missing: one Welcome Email for each account that never logged in, one "practice added" for each
 * further practice. Whatever was offered before, and not taken back by a rule, is never offered again.
 */
export function offerMissing(draft: Draft, pimsId: string, account: BookAccount): void {
  const { batch, plan } = draft;
  if (account.closed || batch.suppressed.has(account.emailKey)) return;
  const practiceId = batch.practice.id;
  const knowsPractice = account.welcomes.some(
    ({ practiceId: at, kind, state }) =>
      at === practiceId && kind !== 'fresh-password' && countsAsOffered(state),
  );
  const isWelcomeDue = !account.used && !hasBeenWelcomed(account);
  const kind = isWelcomeDue ? 'welcome' : 'practice-added';
  if ((!isWelcomeDue && knowsPractice) || isRefused(draft, pimsId, account)) return;
  const id = batch.newId();
  plan.welcomes.push({ id, accountId: account.id, practiceId, pimsId, kind });
  account.welcomes.push({ id, practiceId, pimsId, kind, state: 'owed', superseded: false, askedFor: false });
  if (isWelcomeDue && !account.hasLivingPassword) {
    plan.freshPasswords.push(account.id);
    account.hasLivingPassword = true;
  }
}

/** The account was offered a mail that tells the log-in, for the address that it has now. */
function hasBeenWelcomed(account: BookAccount): boolean {
  return account.welcomes.some(
    (welcome) => tellsLogin(welcome) && countsAsOffered(welcome.state) && !welcome.superseded,
  );
}
