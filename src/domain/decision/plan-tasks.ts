import { isLivingRecord, type IndexedAccount } from '../account/account-index.js';
import type { DriftHold } from './drift-hold.js';
import { typoHint } from '../client/email-typo.js';
import type { Decision } from './eligibility.js';
import type { ClientFacts } from './facts.js';
import { truncateForDisplay } from '../client/name.js';
import { isWanted, type ReasonCode } from './reasons.js';
import { isCovered } from './drift-hold.js';
import type { Draft } from './plan-messages.js';
import type { PlannedTask, TaskKind } from './evaluation-plan.js';
import { undoneSentence } from './undone-facts.js';

/** Decisions that open a task. The others only show in the invite plan, because they need no action. */
const fromReason: Partial<Record<ReasonCode, TaskKind>> = {
  'identity-conflict': 'identity-conflict',
  'duplicate-suspect': 'duplicate-suspect',
  'confirm-join': 'confirm-join',
  'unknown-status': 'unknown-status',
  'malformed-email': 'malformed-email',
  bounced: 'bounced-email',
  'undone-in-pims': 'undone-in-pims',
};

/** The kinds of tasks that this module opens and closes. It leaves all others as they are. */
const ours = new Set<TaskKind>([
  ...Object.values(fromReason),
  'email-differs',
  'merged-two-accounts',
  'merged-staff-link',
]);

/** Opens the tasks that a client needs now and closes those it no longer needs. */
export function planTasks(
  { plan, batch }: Draft,
  client: ClientFacts,
  decision: Decision,
  account: IndexedAccount | undefined,
  fromMerge: readonly PlannedTask[],
): void {
  const { pimsId } = client;
  const wanted = fromMerge.filter((item) => item.pimsId === pimsId);
  const kind = fromReason[decision.reason];
  if (kind) wanted.push({ kind, pimsId, sentence: decision.sentence + hintFor(kind, client), details: {} });
  const revived = petRevived(client, decision, batch.practice.driftHold);
  if (revived) wanted.push(revived);
  const differing = emailDiffers(client, account);
  if (differing) wanted.push(differing);
  for (const item of wanted) {
    if (!client.openTasks.includes(item.kind)) plan.tasks.push(item);
  }
  for (const open of client.openTasks) {
    if (ours.has(open) && !wanted.some((item) => item.kind === open)) plan.closedTasks.push({ kind: open, pimsId });
  }
}

/** Adds a hint to a bounced address that looks mistyped. pims-sync never corrects an address itself. */
function hintFor(kind: TaskKind, client: ClientFacts): string {
  const { login } = client.person.emails;
  return kind === 'bounced-email' && login !== null ? typoHint(login) : '';
}

/**
 * Opens a task for a deceased pet that the PIMS lists as living again. The client is invited because of another pet.
 * Emails and pages do not name or show this pet as living until staff confirm it.
 */
function petRevived(client: ClientFacts, decision: Decision, hold: DriftHold): PlannedTask | null {
  const pending = client.undone.filter(({ kind, isPending }) => kind === 'pet-died' && isPending);
  if (!isWanted(decision) || pending[0] === undefined || isCovered(pending, hold)) return null;
  const what = pending.slice(0, 2).map(undoneSentence).join(' ');
  const sentence = `${what} No email names it until staff confirm it on the page of this client. If it is a mistake, correct the PIMS.`;
  return { kind: 'undone-in-pims', pimsId: client.pimsId, sentence, details: {} };
}

/** After the first login a new email in the PIMS does not change the account, so staff ask which one is right. */
function emailDiffers(client: ClientFacts, account: IndexedAccount | undefined): PlannedTask | null {
  const { login, loginKey } = client.person.emails;
  if (!account?.used || account.closed || login === null || loginKey === account.emailKey) return null;
  if (client.link?.by === 'staff' || client.identityConflict || !isLivingRecord(client)) return null;
  return {
    kind: 'email-differs',
    pimsId: client.pimsId,
    sentence:
      `The PIMS has ${truncateForDisplay(login)}, but this pet parent logs in with ${truncateForDisplay(account.email)}. ` +
      'Ask which one is right. They keep logging in with theirs, whatever the PIMS says. If they no longer have that ' +
      'address, take the record off the account on their page. The invitation then goes to the address in the PIMS.',
    details: { pims: login, login: account.email },
  };
}
