import type { FastifyReply, FastifyRequest } from 'fastify';
import { isProblem } from '../../../lib/problem.js';
import type { Tone } from '../../ui/notice.js';

/** A message carried by a redirect after a form. */
export interface FlashMessage {
  tone: Tone;
  title: string;
  more?: string;
}

/** Messages a redirect can carry, by code, so that no URL can put foreign text on a page. */
const messages = {
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
  'resync-joined': { tone: 'info', title: 'A sync was already running. This page shows it.' },
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
  'allowed-anyway': {
    tone: 'good',
    title: 'Override saved: this client may be invited anyway.',
    more: 'The client is evaluated again in a moment; reload the page to see the result.',
  },
  'not-allowed-anyway': {
    tone: 'good',
    title: 'Override removed: the rule applies to this client again.',
    more: 'The client is evaluated again in a moment. An email already sent cannot be recalled.',
  },
  'change-confirmed': {
    tone: 'good',
    title: 'Confirmed: the current data of the practice software is right.',
    more: 'The client is evaluated again in a moment; reload the page to see the result.',
  },
  'changes-confirmed': {
    tone: 'good',
    title: 'Changes confirmed. Clients: {n}.',
    more: 'They are evaluated again in a moment.',
  },
  'same-person': {
    tone: 'good',
    title: 'Saved: it is the same person.',
    more: 'The new data of the practice software applies, and the client is evaluated again in a moment.',
  },
  'someone-else': {
    tone: 'good',
    title: 'Saved: this client number now belongs to another person.',
    more: 'This page shows the new client, who is evaluated in a moment. The previous person stays as a client who left.',
  },
  'link-taken-off': {
    tone: 'good',
    title: 'Record taken off the account.',
    more: 'The client is evaluated again in a moment. No rule links the record to that account again unless staff put it back.',
  },
  'link-put-back': {
    tone: 'good',
    title: 'Record put back on the account.',
    more: 'The client is evaluated again in a moment; reload the page to see the result.',
  },
  'drift-released': {
    tone: 'good',
    title: 'Saved: the field is right. Clients evaluated again in a moment: {n}.',
    more: 'Emails to clients who no longer match are recalled; the others go out.',
  },
  'nothing-held': { tone: 'info', title: 'No client waits because of a changed field.' },
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
  closed: { tone: 'good', title: 'Task closed.' },
  'staff-mailed': { tone: 'good', title: 'The link is on its way by email.', more: 'It works once.' },
  'staff-mail-wait': {
    tone: 'warn',
    title: 'Several emails were just sent to this address.',
    more: 'Wait ten minutes, or create a link and hand it over yourself.',
  },
  'staff-changed': { tone: 'good', title: 'Access changed. All sessions of this person have ended.' },
  'password-set': {
    tone: 'good',
    title: 'Your new password is set.',
    more: 'You are signed out everywhere else.',
  },
  'branding-saved': { tone: 'good', title: 'Branding saved. It applies from the next email on.' },
  'brand-configured': { tone: 'good', title: 'Branding reset to the default.' },
  'branding-changed-meanwhile': {
    tone: 'warn',
    title: 'Somebody else saved another version in the meantime.',
    more: 'This page now shows that version.',
  },
  'email-text-wrong': {
    tone: 'warn',
    title: 'This version contains a text that can no longer be sent.',
    more: 'Nothing was changed. Correct the text and save it.',
  },
  'token-revoked': { tone: 'good', title: 'Token revoked.' },
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
  'already-logged-in': {
    tone: 'info',
    title: 'This pet parent has already logged in and set a password.',
  },
  'issued-elsewhere': {
    tone: 'warn',
    title: 'Another practice issued this login.',
    more: 'Nothing was changed. The login is not shown here; resend it to the address of the pet parent instead.',
  },
  'account-closed': { tone: 'warn', title: 'This account is closed.' },
  'resolve-too-early': {
    tone: 'info',
    title: 'Amazon SES may still report the outcome of this email.',
    more: 'Check again in an hour.',
  },
  'not-uncertain': { tone: 'info', title: 'The outcome of this email is already known.' },
  'changed-meanwhile': {
    tone: 'info',
    title: 'The decision about this client has changed in the meantime. Nothing was changed.',
  },
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

export type FlashCode = keyof typeof messages;

const isFlashCode = (code: string): code is FlashCode => Object.hasOwn(messages, code);

/** Values of the placeholders in a message. */
export interface FlashNumbers {
  n?: number;
  m?: number;
}

export function readFlashMessage(request: FastifyRequest): FlashMessage | null {
  const query = request.query as Record<string, unknown>;
  const code = query['told'];
  if (typeof code !== 'string' || !isFlashCode(code)) return null;
  const { tone, title, more }: FlashMessage = messages[code];
  // Only digits are filled in, so that a URL cannot change the text.
  const fill = (text: string) =>
    text.replaceAll(/\{(\w)\}/g, (_, name: string) => {
      const given = query[name];
      return typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given).toLocaleString('en-US') : '0';
    });
  return { tone, title: fill(title), ...(more ? { more: fill(more) } : {}) };
}

/** Redirects to a page that shows a message. The redirect keeps a reload from sending the form twice. */
export function redirectWithMessage(
  reply: FastifyReply,
  path: string,
  code: FlashCode,
  numbers: FlashNumbers = {},
): FastifyReply {
  const query = Object.entries(numbers).map(([name, value]) => `&${name}=${value}`);
  return reply.redirect(`${path}${path.includes('?') ? '&' : '?'}told=${code}${query.join('')}`, 303);
}

/**
 * Runs `work` and returns its reply. If it throws a problem that has a message here, redirects to `path` with that message;
 * rethrows every other error.
 */
export async function redirectWithProblem(
  reply: FastifyReply,
  path: string,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    if (isProblem(error) && isFlashCode(error.code)) return redirectWithMessage(reply, path, error.code);
    throw error;
  }
}
