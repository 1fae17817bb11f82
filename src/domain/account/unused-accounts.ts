import { cancel, type Draft } from '../decision/plan-messages.js';
import { messageReason } from '../message/message-reasons.js';
import { carriesLogin } from '../message/message-kinds.js';
import { canCancel, countsAsOffered } from '../message/message-status.js';

const noLongerLinked = { reason: 'no-longer-linked', sentence: messageReason('no-longer-linked') };

/**
 * Clears the temporary password of each account that was never logged in to, loses its last client now, and whose
 * address no living client has: the password was sent to an address that no client has any more. Emails already sent no
 * longer count, so that the next client of the account gets a Welcome Email again. While a living client has the
 * address, everything stays, because that client may be about to join the account in another batch or at another
 * practice.
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

/**
 * Returns the existing accounts that the plan changes on the assumption that nobody has logged in to them: it changes
 * their address, password or links.
 */
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
