import { cancel, type Draft } from '../decision/plan-messages.js';
import { messageReason } from '../message/message-reasons.js';
import { countsAsOffered, canCancel, carriesLogin } from '../message/message.js';

const noLongerLinked = { reason: 'no-longer-linked', sentence: messageReason('no-longer-linked') };

/**
 * An account that nobody ever logged in to, that its last client leaves now and whose address no living client has: its
 * temporary password was mailed to an address that is nobody's any more, and dies. What was mailed counts no longer, so
 * that whoever comes to the account later is welcomed again. While a living client has the address, that client may be
 * about to join it, in another batch or at another practice, and everything stays.
 */
export function abandonOrphanedAccounts(draft: Draft): void {
  const { batch, accountIndex, plan } = draft;
  const left = [...plan.links.flatMap(({ from }) => from ?? []), ...plan.unlinks.map((one) => one.accountId)];
  for (const id of new Set(left)) {
    const account = accountIndex.account(id);
    if (!account) continue;
    const claimed = (batch.addresses.get(account.emailKey)?.anywhere ?? 0) > 0;
    if (account.used || account.closed || claimed || account.links.length > 0) continue;
    for (const welcome of account.messages) {
      if (!carriesLogin(welcome) || welcome.superseded || !countsAsOffered(welcome.state)) continue;
      if (canCancel(welcome.state)) cancel(draft, account, welcome, noLongerLinked);
      else {
        welcome.superseded = true;
        plan.superseded.push(welcome.id);
      }
    }
    if (account.hasLivingPassword) plan.left.push(account.id);
    account.hasLivingPassword = false;
  }
}

/** Accounts that the plan takes for never logged in to, and gives another address or password or takes something from. */
export function presumedUnused({ accountIndex, plan }: Draft): string[] {
  const made = new Set(plan.newAccounts.map(({ id }) => id));
  const touched = [
    ...plan.emailMoves.map(({ accountId }) => accountId),
    ...plan.newPasswords,
    ...plan.left,
    ...plan.links.flatMap(({ from }) => from ?? []),
    ...plan.unlinks.map(({ accountId }) => accountId),
  ];
  return [...new Set(touched)].filter((id) => !made.has(id) && accountIndex.account(id)?.used === false).sort();
}
