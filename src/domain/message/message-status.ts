/**
 * Every status of a message. A rule cancels a message (`canceled`), and a rule may queue it again. Staff recall a message
 * (`recalled`), and only staff can queue it again.
 */
export type MessageStatus =
  | 'queued'
  | 'sending'
  | 'uncertain'
  | 'accepted'
  | 'delivered'
  | 'delayed'
  | 'bounced'
  | 'complained'
  | 'rejected'
  | 'failed'
  | 'canceled'
  | 'recalled';

/** A step of our own side that changes the status of an email. */
export type Move =
  'recall' | 'cancel' | 'claim' | 'give-back' | 'refuse' | 'fail' | 'lose' | 'accept' | 'resolve-not-sent';

interface Rule {
  from: readonly MessageStatus[];
  to: MessageStatus;
}

/**
 * The allowed moves. `claim` is committed before the call to SES, so SES can have an email only from `sending` on. From
 * there, the way back to `queued` needs proof that SES does not have it: a refusal by SES, which may arrive after the
 * email became `uncertain`, or confirmation by staff.
 */
const moves: Record<Move, Rule> = {
  recall: { from: ['queued'], to: 'recalled' },
  cancel: { from: ['queued'], to: 'canceled' },
  claim: { from: ['queued'], to: 'sending' },
  'give-back': { from: ['sending', 'uncertain'], to: 'queued' },
  refuse: { from: ['sending', 'uncertain'], to: 'rejected' },
  fail: { from: ['sending', 'uncertain'], to: 'failed' },
  lose: { from: ['sending'], to: 'uncertain' },
  accept: { from: ['sending', 'uncertain'], to: 'accepted' },
  'resolve-not-sent': { from: ['uncertain'], to: 'queued' },
};

/** Returns the states a move can start from, for the WHERE of its UPDATE. */
export function fromStates(move: Move): readonly MessageStatus[] {
  return moves[move].from;
}

/** Returns the status after a move; null if the move is not allowed from this one. */
export function moved(state: MessageStatus, move: Move): MessageStatus | null {
  const rule = moves[move];
  return rule.from.includes(state) ? rule.to : null;
}

/** An event that SES reports about an email. */
export type Evidence = 'sent' | 'delayed' | 'bounced-for-now' | 'delivered' | 'rejected' | 'bounced' | 'complained';

/**
 * SES guarantees neither the order of its events nor that each comes only once, and one recipient may cause a Delivery
 * and a Bounce (SES developer guide, "notification contents"). So each event has a rank, and an email keeps the highest
 * one: any order and any repetition has the same result. A transient bounce ranks below a delivery, because an
 * out-of-office reply to a delivered email arrives as one.
 */
const ranks: Record<Evidence, number> = {
  sent: 1,
  delayed: 2,
  'bounced-for-now': 3,
  delivered: 4,
  rejected: 5,
  bounced: 6,
  complained: 7,
};

/** Returns the rank of a status; 0 without evidence from SES. */
function rankOf(state: MessageStatus, reason: string | null): number {
  switch (state) {
    case 'accepted':
      return ranks.sent;
    case 'delayed':
    case 'delivered':
    case 'complained':
      return ranks[state];
    case 'bounced':
      return reason === 'bounced-for-now' ? ranks['bounced-for-now'] : ranks.bounced;
    case 'rejected':
      return reason === 'rejected-by-ses' ? ranks.rejected : 0;
    default:
      return 0;
  }
}

export interface Seen {
  state: MessageStatus;
  reason: string | null;
}

/**
 * Returns the status after evidence from SES; null if the evidence adds nothing. Evidence counts in every status, even
 * `recalled` or `queued`: if SES reports that it has an email, it has it, whatever our own status says.
 */
export function seen(now: Seen, evidence: Evidence): Seen | null {
  if (ranks[evidence] <= rankOf(now.state, now.reason)) return null;
  switch (evidence) {
    case 'sent':
      return { state: 'accepted', reason: null };
    case 'bounced-for-now':
      return { state: 'bounced', reason: 'bounced-for-now' };
    case 'rejected':
      return { state: 'rejected', reason: 'rejected-by-ses' };
    default:
      return { state: evidence, reason: null };
  }
}

/**
 * The statuses of a message that SES has not accepted yet. The same practice must not queue a second one of its kind for
 * the same person.
 */
export const openStatuses: readonly MessageStatus[] = ['queued', 'sending', 'uncertain'];

/** True while the email has not been handed over to SES, so that a rule can still cancel it. */
export function canCancel(state: MessageStatus): boolean {
  return state === 'queued';
}

/** True if this email prevents a rule from queuing the same one again. */
export function countsAsOffered(state: MessageStatus): boolean {
  return state !== 'canceled';
}

/** True once SES has accepted the email. */
export function isHandedOver(state: MessageStatus): boolean {
  return ['accepted', 'delayed', 'delivered', 'bounced', 'complained'].includes(state);
}
