/** `welcome` tells a temporary password; `practice-added` tells someone with a login that one more practice is in it. */
export type WelcomeKind = 'welcome' | 'practice-added';

/**
 * What became of a mail that was owed. `withdrawn` was taken back by a rule and may be offered again by one;
 * `recalled` was taken back by a person and is offered again only by a person.
 */
export type WelcomeState =
  | 'owed'
  | 'sending'
  | 'uncertain'
  | 'accepted'
  | 'delayed'
  | 'delivered'
  | 'bounced'
  | 'complained'
  | 'rejected'
  | 'failed'
  | 'withdrawn'
  | 'recalled';

/** True while nothing has been handed over, so that the mail can still be taken back. */
export function mayWithdraw(state: WelcomeState): boolean {
  return state === 'owed';
}

/** True when this mail stands in the way of offering the same one again by rule. */
export function countsAsOffered(state: WelcomeState): boolean {
  return state !== 'withdrawn';
}

/** True for the kinds that tell the address and the temporary password; to an address that was left, they are void. */
export function tellsLogin({ kind }: { kind: WelcomeKind | 'fresh-password' }): boolean {
  return kind !== 'practice-added';
}
