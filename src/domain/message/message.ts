/**
 * `welcome` carries a temporary password; `practice-added` says that one more practice was added to an account in use.
 */
export type MessageKind = 'welcome' | 'practice-added';

/**
 * The status of a message. A rule cancels a message (`canceled`), and a rule may queue it again. Staff recall a message
 * (`recalled`), and only staff can queue it again.
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

/** True while the email has not been handed over to SES, so that a rule can still cancel it. */
export function canCancel(state: MessageStatus): boolean {
  return state === 'queued';
}

/** True if this email prevents a rule from queuing the same one again. */
export function countsAsOffered(state: MessageStatus): boolean {
  return state !== 'canceled';
}

/**
 * True for the kinds that carry the address and the temporary password. They are void once the account has a new
 * address.
 */
export function carriesLogin({ kind }: { kind: MessageKind | 'new-temporary-password' }): boolean {
  return kind !== 'practice-added';
}
