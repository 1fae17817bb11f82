/** `welcome` tells a temporary password; `practice-added` tells someone with a login that one more practice is in it. */
export type MessageKind = 'welcome' | 'practice-added';

/**
 * What became of an email that was owed. `withdrawn` was recalled by a rule and may be offered again by one;
 * `recalled` was recalled by a person and is offered again only by a person.
 */
export type MessageStatus =
  | 'queued'
  | 'sending'
  | 'uncertain'
  | 'accepted'
  | 'delayed'
  | 'delivered'
  | 'bounced'
  | 'complained'
  | 'rejected'
  | 'failed'
  | 'canceled'
  | 'recalled';

/** True while nothing has been handed over, so that the email can still be recalled. */
export function canCancel(state: MessageStatus): boolean {
  return state === 'queued';
}

/** True when this email stands in the way of offering the same one again by rule. */
export function countsAsOffered(state: MessageStatus): boolean {
  return state !== 'canceled';
}

/** True for the kinds that tell the address and the temporary password; to an address that was left, they are void. */
export function carriesLogin({ kind }: { kind: MessageKind | 'new-temporary-password' }): boolean {
  return kind !== 'practice-added';
}
