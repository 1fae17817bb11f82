/** Every state of an email that is or was owed. */
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

/** What our own side does to an email. */
export type Move =
  'recall' | 'cancel' | 'claim' | 'give-back' | 'refuse' | 'fail' | 'lose' | 'accept' | 'resolve-not-sent';

interface Rule {
  from: readonly MessageStatus[];
  to: MessageStatus;
}

/**
 * The legal moves. `claim` is committed before SES is called, so an email can be in SES's hands only from `sending` on;
 * from there the way back to `owed` needs proof that SES does not have it: its own refusal, which may come after the
 * mail was given up as `uncertain`, or a person's word.
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

/** The states a move starts from, for the WHERE of its UPDATE. */
export function fromStates(move: Move): readonly MessageStatus[] {
  return moves[move].from;
}

/** Where a move leads; null when it is not legal from here. */
export function moved(state: MessageStatus, move: Move): MessageStatus | null {
  const rule = moves[move];
  return rule.from.includes(state) ? rule.to : null;
}

/** What SES says became of an email. */
export type Evidence = 'sent' | 'delayed' | 'bounced-for-now' | 'delivered' | 'rejected' | 'bounced' | 'complained';

/**
 * SES promises neither order nor once, and one recipient may get a Delivery and a Bounce (SES developer guide,
 * "notification contents"). So each piece of evidence has a rank and an email keeps the highest seen: any order, any
 * repetition ends the same. A bounce that SES calls transient is below a delivery, since an out-of-office answer to a
 * delivered mail comes as one.
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

/** The rank that a state holds already; without SES evidence, 0. */
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
 * Where evidence leads an email; null when it tells nothing new. It counts from every state, even `recalled` or `owed`:
 * what SES says it has, it has, whatever we believed.
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

/** While true, no second mail of its kind may be owed to the same person by the same practice. */
export function isOpen(state: MessageStatus): boolean {
  return state === 'queued' || state === 'sending' || state === 'uncertain';
}

/** True once SES has, or may have, the email. */
export function isHandedOver(state: MessageStatus): boolean {
  return ['accepted', 'delayed', 'delivered', 'bounced', 'complained'].includes(state);
}
