import type { FlashMessage } from './flash-message.js';

/** Messages after actions on emails, on the invite plan and on mail as a whole. */
export const emailMessages = {
  resent: {
    tone: 'good',
    title: 'The email is queued again.',
    more: 'It goes out within a minute, unless this page shows a reason to wait.',
  },
  'new-password-mailed': {
    tone: 'good',
    title: 'A new temporary password is on its way by email.',
    more: 'The previous one no longer works.',
  },
  'reset-mailed': { tone: 'good', title: 'A link to set a new password is on its way by email.' },
  approved: {
    tone: 'good',
    title: 'Approved.',
    more: 'Accounts are being created, and the emails go out one after the other. New matching clients follow after each sync.',
  },
  'approved-manual': {
    tone: 'good',
    title: 'Approved.',
    more: 'Accounts are being created, and the emails go out one after the other. Later clients wait until you approve again.',
  },
  'approved-careful': {
    tone: 'good',
    title: 'Approved.',
    more: 'Accounts are being created, and the first emails go out. Their bounces are watched before the rest follows.',
  },
  'approved-paused': {
    tone: 'good',
    title: 'Approved.',
    more: 'Accounts are being created. Mail is paused: no email goes out until you resume it.',
  },
  paused: {
    tone: 'good',
    title: 'Mail is paused.',
    more: 'No email goes out until you resume it, except password resets.',
  },
  resumed: { tone: 'good', title: 'Mail is resumed: emails go out again.' },
  recalled: {
    tone: 'good',
    title: 'Recalled emails: {n}.',
    more: 'Already sent or being sent, so they cannot be recalled: {m}. Mail is paused, so no further email goes out. The accounts stay. “Send unsent emails” queues the recalled emails again, and “Resume mail” sends them.',
  },
  'nothing-recalled': {
    tone: 'info',
    title: 'No email was waiting, so none was recalled. Mail is paused.',
    more: 'Already sent or being sent: {m}. No further email goes out until you resume mail.',
  },
  'resent-rest': { tone: 'good', title: 'Emails queued again: {n}. They go out one after the other.' },
  'resent-rest-paused': {
    tone: 'warn',
    title: 'Emails queued again: {n}. Mail is paused.',
    more: '“Resume mail” sends them, one after the other.',
  },
  'nothing-to-resend': {
    tone: 'info',
    title: 'No email to send again.',
    more: 'Bounced addresses are left out until they are corrected.',
  },
  'address-released': {
    tone: 'good',
    title: 'Saved: this address may receive emails again.',
    more: 'The client is evaluated again in a moment. The bounced email is not sent again automatically: use the buttons here.',
  },
  'not-bounced': {
    tone: 'info',
    title: 'No bounced email for this address. Nothing was changed.',
  },
  resolved: { tone: 'good', title: 'Saved.' },
  'resolved-replaced': {
    tone: 'good',
    title: 'Saved. The email is not sent again because a newer email replaced it.',
  },
  'cool-down': {
    tone: 'warn',
    title: 'An email was sent to this pet parent only minutes ago.',
    more: 'Give it time to arrive and ask the pet parent to check the spam folder, then try again.',
  },
  'address-suppressed': {
    tone: 'warn',
    title: 'This address is suppressed: no email is sent to it.',
    more: 'An earlier email bounced or was marked as spam. Correct the address in the PIMS, or read the login out to the pet parent. If the mailbox works again, confirm that on the page of this pet parent.',
  },
  'uncertain-first': {
    tone: 'warn',
    title: 'It is unknown whether the last email was sent.',
    more: 'Ask whether it arrived, and record the answer on its page under Email Marketing.',
  },
  'being-sent': {
    tone: 'warn',
    title: 'An email with the current password is being sent right now. Try again in a few minutes.',
    more: 'Nothing was changed: the password in that email works.',
  },
  'resolve-too-early': {
    tone: 'info',
    title: 'Amazon SES may still report the outcome of this email.',
    more: 'Check again in an hour.',
  },
  'not-uncertain': { tone: 'info', title: 'The outcome of this email is already known.' },
  'nothing-to-approve': {
    tone: 'warn',
    title: 'There is no plan to approve yet.',
    more: 'The plan appears after the first full sync of the practice. Nothing was changed.',
  },
  'data-too-old': {
    tone: 'warn',
    title: 'The data is too old to invite anyone.',
    more: 'Press Resync now on the Syncs page; the plan can be approved once that sync is done. Nothing was changed.',
  },
  'sync-in-progress': {
    tone: 'warn',
    title: 'A sync is running, or a safety stop ended the last one.',
    more: 'Wait until the sync is done, or check why it stopped, and try again.',
  },
} as const satisfies Record<string, FlashMessage>;
