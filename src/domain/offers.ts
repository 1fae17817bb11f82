import { isFor, type Book, type BookAccount } from './book.js';
import type { Decision } from './eligibility.js';
import type { AccountWelcome, SettleBatch } from './facts.js';
import type { SettlePlan } from './settle-plan.js';
import { countsAsOffered, mayWithdraw, type WelcomeKind } from './welcome.js';

/** True when a decision lets the client have an account and mail about it. */
export function isWanted(decision: Decision): boolean {
  return decision.verdict === 'invite' || decision.reason === 'has-account';
}

/** The plan so far, with the accounts that lost an owed mail on the way. */
export interface Draft {
  batch: SettleBatch;
  book: Book;
  plan: SettlePlan;
  withdrawnFrom: Set<BookAccount>;
}

/** Takes back what is owed and no longer right, for one client on one account it has, or had. */
export function withdrawWrong(draft: Draft, pimsId: string, decision: Decision, account: BookAccount): void {
  const { batch, book } = draft;
  const isHere = book.linkOf(pimsId)?.accountId === account.id;
  for (const welcome of account.welcomes) {
    if (!isFor(welcome, batch.practice.id, pimsId) || !mayWithdraw(welcome.state)) continue;
    if (isHere && isWanted(decision) && isStillRight(welcome, account, batch)) continue;
    withdraw(draft, account, welcome);
  }
}

export function withdraw(draft: Draft, account: BookAccount, welcome: AccountWelcome): void {
  welcome.state = 'withdrawn';
  draft.plan.withdrawn.push(welcome.id);
  draft.withdrawnFrom.add(account);
}

function isStillRight(welcome: AccountWelcome, account: BookAccount, batch: SettleBatch): boolean {
  if (account.closed || batch.suppressed.has(account.emailKey)) return false;
  if (welcome.kind === 'welcome') return !account.used && !welcome.superseded;
  return account.used || hasBeenWelcomed(account);
}

/**
 * Offers the mail that is missing: one Welcome Email for each account that never logged in, one "practice added" for each
 * further practice. Whatever was offered before, and not taken back by a rule, is never offered again.
 */
export function offerMissing({ batch, plan }: Draft, pimsId: string, account: BookAccount): void {
  if (account.closed || batch.suppressed.has(account.emailKey)) return;
  const practiceId = batch.practice.id;
  const knowsPractice = account.welcomes.some(
    (welcome) => welcome.practiceId === practiceId && countsAsOffered(welcome.state),
  );
  if (!account.used && !hasBeenWelcomed(account)) {
    offer('welcome');
    if (!account.hasLivingPassword) {
      plan.freshPasswords.push(account.id);
      account.hasLivingPassword = true;
    }
  } else if (!knowsPractice) offer('practice-added');

  function offer(kind: WelcomeKind) {
    const id = batch.newId();
    plan.welcomes.push({ id, accountId: account.id, practiceId, pimsId, kind });
    account.welcomes.push({ id, practiceId, pimsId, kind, state: 'owed', superseded: false });
  }
}

/** The account was offered a Welcome Email for the address that it has now. */
function hasBeenWelcomed(account: BookAccount): boolean {
  return account.welcomes.some(
    (welcome) => welcome.kind === 'welcome' && countsAsOffered(welcome.state) && !welcome.superseded,
  );
}
