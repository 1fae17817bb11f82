import { isLivingRecord, openAccountIndex, type IndexedAccount } from '../account/account-index.js';
import { applyDriftHold } from './drift-hold.js';
import { decide, type Decision } from './eligibility.js';
import type { ClientFacts, EvaluationBatch } from './facts.js';
import { accountFacts, homeOf, type Home } from '../account/find-account.js';
import { hasLostItsReason } from '../account/joining.js';
import { messageReason } from '../message/message-reasons.js';
import { planMerges } from '../client/merged-clients.js';
import { offerMissing, recalledIn, cancel, cancelWrong, type Draft } from './plan-messages.js';
import { isWanted } from './reasons.js';
import type { LinkReason, EvaluationPlan } from './evaluation-plan.js';
import { carriesLogin } from '../message/message-kinds.js';
import { canCancel, countsAsOffered } from '../message/message-status.js';
import { abandonOrphanedAccounts, presumedUnused } from '../account/unused-accounts.js';
import { planTasks } from './plan-tasks.js';
import type { UndoneFact } from './undone-facts.js';

/**
 * Evaluates every client of a batch and plans the changes to accounts, links and emails. Pure except for `newId`.
 *
 * The function sorts clients by id, so the order of the batch does not matter. A second evaluation, after the store has
 * applied the plan, gives the same decisions and an otherwise empty plan. The division of a practice's clients into
 * batches does not change any decision: each invited client ends on an account with the same email and the same queued
 * message. Only three things may differ: ids, the client for which a shared account's email is queued, and accounts
 * left without an invited client.
 */
export function evaluate(batch: EvaluationBatch): EvaluationPlan {
  const accountIndex = openAccountIndex(batch);
  const draft = {
    batch,
    accountIndex,
    plan: emptyPlan(),
    disturbed: new Set<IndexedAccount>(),
    recalled: recalledIn(batch),
  };
  const clients = [...batch.clients].sort(byPimsId);
  const merges = planMerges(clients, accountIndex);
  draft.plan.unlinks.push(...merges.unlinks);
  draft.plan.links.push(...merges.links);
  const heirs = new Set(merges.links.map(({ pimsId }) => pimsId));
  for (const client of clients) if (!heirs.has(client.pimsId)) leaveWrongAccount(client, draft);

  const decisions = new Map<string, Decision>();
  for (const client of clients) {
    const home = homeOf(client, accountIndex, batch.addresses);
    const decision = decideAt(home, client, draft);
    decisions.set(client.pimsId, decision);
    if (isWanted(decision)) assignAccount(client, home, draft);
    else leaveFormerAddress(client, decision, draft);
  }

  const accountOf = (client: ClientFacts) => accountIndex.account(accountIndex.linkOf(client.pimsId)?.accountId ?? '');
  // Cancel wrong emails before queuing new ones: an email canceled for one client may be due to another.
  cancelWrong(draft, decisions);
  for (const client of clients) {
    const decision = decisions.get(client.pimsId)!;
    const account = accountOf(client);
    if (account && isWanted(decision)) offerMissing(draft, client.pimsId, account);
    planTasks(draft, client, decision, account, merges.tasks);
  }
  abandonOrphanedAccounts(draft);
  draft.plan.presumedUnused = presumedUnused(draft);
  draft.plan.recheck = leftWaiting(draft, decisions);
  draft.plan.decisions = batch.clients.map((client) => {
    const decision = decisions.get(client.pimsId)!;
    const before = client.previousDecision;
    const changed = before?.verdict !== decision.verdict || before.reason !== decision.reason;
    return { pimsId: client.pimsId, decision, changed };
  });
  return draft.plan;
}

/**
 * Takes a client off an account in use if only its address put it there and the PIMS has corrected that address since.
 */
function leaveWrongAccount(client: ClientFacts, draft: Draft): void {
  const { accountIndex } = draft;
  const link = accountIndex.linkOf(client.pimsId);
  const account = link && link.accountId === client.link?.accountId ? accountIndex.account(link.accountId) : undefined;
  if (account && hasLostItsReason(client, account)) takeOff(client, draft);
}

/**
 * Takes a client who is not invited off a pending account whose address the PIMS has replaced, because the reader of the
 * former address, perhaps a mistyped one, must not log in to their pets. Does nothing while the change is in doubt.
 */
function leaveFormerAddress(client: ClientFacts, { reason }: Decision, draft: Draft): void {
  const link = draft.accountIndex.linkOf(client.pimsId);
  const account = link?.by === 'rule' ? draft.accountIndex.account(link.accountId) : undefined;
  const { loginKey } = client.person.emails;
  if (!account || account.used || account.closed || loginKey === null || loginKey === account.emailKey) return;
  if (!isLivingRecord(client) || client.identityConflict || client.mergedInto !== null) return;
  if (reason === 'field-drift' || contradicted(client).some(({ kind }) => kind === 'email')) return;
  takeOff(client, draft);
}

/** Ends a client's link. Drops a link that a merge plans in the same plan: it would be made after the unlink. */
function takeOff({ pimsId, link }: ClientFacts, { accountIndex, plan }: Draft): void {
  accountIndex.unlink(pimsId);
  plan.links = plan.links.filter((one) => one.pimsId !== pimsId);
  if (!link) return;
  plan.unlinks.push({
    pimsId,
    accountId: link.accountId,
    reason: 'address-corrected',
    sentence: 'The email that put this record on the account was corrected in the PIMS.',
  });
}

function decideAt(home: Home, client: ClientFacts, { batch, accountIndex }: Draft): Decision {
  const key = client.person.emails.loginKey;
  const facts = {
    client: client.client,
    person: client.person,
    missing: client.missing,
    identityConflict: client.identityConflict,
    mergedInto: client.mergedInto,
    duplicates: client.duplicates,
    allowed: client.allowed,
    undone: contradicted(client),
    sharedBy: key === null ? 0 : (batch.addresses.get(key)?.here ?? 0),
    suppressed: key === null ? null : (batch.suppressed.get(key) ?? null),
    ...accountFacts(home, client, accountIndex),
  };
  const decision = decide(facts, batch.practice.policy, batch.today);
  return applyDriftHold(decision, client.previousDecision, batch.practice.driftHold, facts.undone);
}

/** Returns the pending facts. A return to a former address does not matter for a record that staff linked. */
function contradicted({ undone, link }: ClientFacts): UndoneFact[] {
  return undone.filter(({ kind, isPending }) => isPending && (kind !== 'email' || link?.by !== 'staff'));
}

/** Links a client to the account where it belongs; creates the account or changes its email if necessary. */
function assignAccount(client: ClientFacts, home: Home, draft: Draft): void {
  const { login, loginKey } = client.person.emails;
  if (home.way === 'stay' || home.way === 'nowhere' || home.way === 'refused') return;
  if (login === null || loginKey === null) return;
  if (home.way === 'move') return moveAccount(client, home.account, login, loginKey, draft);
  const { accountIndex, plan } = draft;
  const from = accountIndex.linkOf(client.pimsId)?.accountId ?? null;
  const account = home.way === 'join' ? home.account : createAccount(client, login, loginKey, draft);
  const reason = from !== null ? 'email-changed' : home.way === 'join' ? 'same-email' : 'new-account';
  accountIndex.link(client, account);
  const sentence = whyLinked(reason, login);
  plan.links.push({ pimsId: client.pimsId, accountId: account.id, from, reason, sentence });
}

function createAccount(
  client: ClientFacts,
  email: string,
  emailKey: string,
  { batch, accountIndex, plan }: Draft,
): IndexedAccount {
  const id = batch.newId();
  const { firstName, lastName, phones } = client.person;
  const phone = phones.find((one) => one.e164 !== null)?.e164 ?? null;
  plan.newAccounts.push({ id, email, emailKey, firstName, lastName, phone, pimsId: client.pimsId });
  plan.newPasswords.push(id);
  const account: IndexedAccount = {
    id,
    email,
    emailKey,
    used: false,
    closed: false,
    hasLivingPassword: true,
    links: [],
    messages: [],
  };
  accountIndex.add(account);
  return account;
}

const emailChanged = { reason: 'email-changed', sentence: messageReason('email-changed') };

/** The old address must not open the account any more, so the account gets a new password and a new email with it. */
function moveAccount(
  client: ClientFacts,
  account: IndexedAccount,
  email: string,
  emailKey: string,
  draft: Draft,
): void {
  const { accountIndex, plan } = draft;
  plan.emailMoves.push({
    accountId: account.id,
    pimsId: client.pimsId,
    from: account.emailKey,
    email,
    emailKey,
  });
  plan.newPasswords.push(account.id);
  account.hasLivingPassword = true;
  draft.disturbed.add(account);
  for (const message of account.messages) {
    if (!carriesLogin(message) || message.superseded || !countsAsOffered(message.state)) continue;
    if (canCancel(message.state)) cancel(draft, account, message, emailChanged);
    else {
      message.superseded = true;
      plan.superseded.push(message.id);
    }
  }
  accountIndex.rename(account, email, emailKey);
}

function whyLinked(reason: LinkReason, email: string): string {
  if (reason === 'new-account') return `The account was made for this client, with ${email}.`;
  if (reason === 'same-email') return `The client has the email of this account, ${email}.`;
  return `The client's email in the PIMS changed to ${email}, which is the email of this account.`;
}

/** Returns the clients of other batches or practices on a disturbed account: an email may be due to them now. */
function leftWaiting({ batch, disturbed }: Draft, decided: ReadonlyMap<string, Decision>) {
  const waiting: EvaluationPlan['recheck'] = [];
  for (const account of disturbed) {
    for (const { practiceId, pimsId, living } of account.links) {
      if (living && !(practiceId === batch.practice.id && decided.has(pimsId))) waiting.push({ practiceId, pimsId });
    }
  }
  return waiting;
}

function byPimsId(a: ClientFacts, b: ClientFacts): number {
  return a.pimsId < b.pimsId ? -1 : a.pimsId > b.pimsId ? 1 : 0;
}

function emptyPlan(): EvaluationPlan {
  return {
    decisions: [],
    newAccounts: [],
    links: [],
    unlinks: [],
    emailMoves: [],
    newPasswords: [],
    left: [],
    presumedUnused: [],
    messages: [],
    canceled: [],
    superseded: [],
    tasks: [],
    closedTasks: [],
    recheck: [],
  };
}
