import type { FastifyReply, FastifyRequest } from 'fastify';
import { isProblem } from '../../../lib/problem.js';
import type { Tone } from '../../ui/notice.js';

/** What a page says about the form that led to it. */
export interface FlashMessage {
  tone: Tone;
  title: string;
  more?: string;
}

/** Every message a redirect can carry: by code, so that no address can put words on our pages. */
const messages = {
  resent: {
    tone: 'good',
    title: 'The mail is queued again.',
    more: 'It goes out within a minute, unless this page says what it waits for.',
  },
  'new-password-mailed': {
    tone: 'good',
    title: 'There is a new temporary password, and it is on its way by email.',
    more: 'The former one no longer works.',
  },
  'reset-mailed': { tone: 'good', title: 'A link to set a new password is on its way by email.' },
  'resync-joined': { tone: 'info', title: 'A sync was under way already; you are looking at it.' },
  approved: {
    tone: 'good',
    title: 'Approved.',
    more: 'Accounts are being made, and the emails go out one after the other. New clients who fit follow after each sync.',
  },
  'approved-manual': {
    tone: 'good',
    title: 'Approved.',
    more: 'Accounts are being made, and the emails go out one after the other. Clients who come later wait until you approve again.',
  },
  'approved-careful': {
    tone: 'good',
    title: 'Approved.',
    more: 'Accounts are being made, and the first emails go out. A few are watched before the rest follows.',
  },
  'approved-paused': {
    tone: 'good',
    title: 'Approved.',
    more: 'Accounts are being made. Mail is paused: nothing goes out before it is resumed.',
  },
  paused: {
    tone: 'good',
    title: 'Mail is paused.',
    more: 'Nothing goes out until you resume it. Password resets still do.',
  },
  resumed: { tone: 'good', title: 'Mail goes out again.' },
  recalled: {
    tone: 'good',
    title: 'Taken back before they went out: {n}.',
    more: 'Gone out before, or on their way, so that nobody can take them back: {m}. Mail is paused, so that nothing more goes out. The accounts stay; “Send what never went” puts these emails queued again, and “Resume mail” lets them go.',
  },
  'nothing-recalled': {
    tone: 'info',
    title: 'No mail was waiting any more, so none was recalled. Mail is paused.',
    more: 'Gone out before, or on their way: {m}. Nothing more goes out until you resume it.',
  },
  'resent-rest': { tone: 'good', title: 'Mails that go out again, one after the other: {n}.' },
  'resent-rest-paused': {
    tone: 'warn',
    title: 'Mails that are queued again: {n}. Mail is paused.',
    more: '“Resume mail” lets them go out, one after the other.',
  },
  'allowed-anyway': {
    tone: 'good',
    title: 'Noted: this client is to be invited anyway.',
    more: 'It is decided again in a moment; reload the page to see what follows.',
  },
  'not-allowed-anyway': {
    tone: 'good',
    title: 'Taken back: the rule counts for this client again.',
    more: 'It is decided again in a moment. An email that has gone out stays out.',
  },
  'change-confirmed': {
    tone: 'good',
    title: 'Confirmed: what the practice software says now is right.',
    more: 'The client is evaluated again in a moment; reload the page to see the result.',
  },
  'changes-confirmed': {
    tone: 'good',
    title: 'Confirmed for this many clients: {n}.',
    more: 'They are evaluated again in a moment.',
  },
  'same-person': {
    tone: 'good',
    title: 'Noted: it is the same person.',
    more: 'What the practice software says now is taken over, and the client is decided again in a moment.',
  },
  'someone-else': {
    tone: 'good',
    title: 'Noted: this number is somebody else’s now.',
    more: 'This page is theirs; they are decided about in a moment, as any new client. The person before is kept as one who left.',
  },
  'link-taken-off': {
    tone: 'good',
    title: 'Noted: this is not their record. It is off the account.',
    more: 'It is decided again in a moment. Nothing links it there again unless somebody puts it back.',
  },
  'link-put-back': {
    tone: 'good',
    title: 'Noted: it is their record. It is on the account again.',
    more: 'It is decided again in a moment; reload the page to see what follows.',
  },
  'drift-released': {
    tone: 'good',
    title: 'Noted: the field is right as it is. Clients who are decided again in a moment: {n}.',
    more: 'Mail to those who no longer fit is recalled; the others go on.',
  },
  'nothing-held': { tone: 'info', title: 'Nobody waits because of a field any more.' },
  'nothing-to-resend': {
    tone: 'info',
    title: 'There is nobody to send it to again.',
    more: 'Addresses that bounced are left out until they are corrected.',
  },
  'address-released': {
    tone: 'good',
    title: 'Noted: mail may go to this address again.',
    more: 'What follows is decided in a moment. The email that came back is not sent again by itself: use the buttons here.',
  },
  'not-bounced': {
    tone: 'info',
    title: 'No mail stands as come back from this address; nothing was changed.',
  },
  settled: { tone: 'good', title: 'Noted.' },
  'settled-replaced': {
    tone: 'good',
    title: 'Noted. It is not sent again: another mail has taken its place.',
  },
  closed: { tone: 'good', title: 'Done; it is off the list.' },
  'staff-mailed': { tone: 'good', title: 'The link is on its way by email.', more: 'It works once.' },
  'staff-mail-wait': {
    tone: 'warn',
    title: 'This address was sent several emails just now.',
    more: 'Wait ten minutes, or make a link and hand it over yourself.',
  },
  'staff-changed': { tone: 'good', title: 'Changed. All their sessions have ended.' },
  'password-set': {
    tone: 'good',
    title: 'Your new password is set.',
    more: 'You are signed out everywhere else.',
  },
  'branding-saved': { tone: 'good', title: 'Saved. Every email from now on looks like this.' },
  'brand-configured': { tone: 'good', title: 'The configured brand is active again.' },
  'brand-changed-meanwhile': {
    tone: 'warn',
    title: 'Somebody else has saved another version in the meantime.',
    more: 'You are looking at theirs now.',
  },
  'mail-text-wrong': {
    tone: 'warn',
    title: 'This version has a text that can no longer be sent.',
    more: 'Nothing was changed. Write it again and save it.',
  },
  'token-revoked': { tone: 'good', title: 'The token no longer works.' },
  'cool-down': {
    tone: 'warn',
    title: 'A mail went to this pet parent only minutes ago.',
    more: 'Give it time to arrive and look into the spam folder, then try again.',
  },
  'address-suppressed': {
    tone: 'warn',
    title: 'No mail is sent to this address any more.',
    more: 'An earlier one came back or was marked as spam. Correct the address in the PIMS, or read the login out to them. If only the mailbox was to blame and works again, say so on the page of this pet parent.',
  },
  'uncertain-first': {
    tone: 'warn',
    title: 'It is not known whether the last mail was sent.',
    more: 'Look whether it arrived and say so on its page under Email Marketing.',
  },
  'being-sent': {
    tone: 'warn',
    title: 'A mail with the present password is being handed over right now; try again in a few minutes.',
    more: 'Nothing was changed: the password in that email works.',
  },
  'already-logged-in': {
    tone: 'info',
    title: 'This pet parent has logged in already and has a password of their own.',
  },
  'issued-elsewhere': {
    tone: 'warn',
    title: 'Another practice issued this login.',
    more: 'Nothing was changed. Send the login again to the address of the pet parent; nothing of it is shown here.',
  },
  'account-closed': { tone: 'warn', title: 'This account is closed.' },
  'settle-too-early': {
    tone: 'info',
    title: 'Amazon SES may still tell by itself what became of this email.',
    more: 'Look again in an hour.',
  },
  'not-uncertain': { tone: 'info', title: 'What became of this email is known by now.' },
  'changed-meanwhile': {
    tone: 'info',
    title: 'This client is decided otherwise by now; nothing was changed.',
  },
  'nothing-to-approve': {
    tone: 'warn',
    title: 'There is no plan to approve yet.',
    more: 'It is made when the practice has been read to the end once. Nothing was changed.',
  },
  'data-too-old': {
    tone: 'warn',
    title: 'The data are too old to invite anyone.',
    more: 'Press Resync now on the Syncs page; the plan can be approved once that sync is done. Nothing was changed.',
  },
  'sync-in-progress': {
    tone: 'warn',
    title: 'A sync is reading, or was stopped by its safety stop.',
    more: 'Wait until it is done, or look at why it stopped, and try again.',
  },
} as const satisfies Record<string, FlashMessage>;

export type FlashCode = keyof typeof messages;

const isFlashCode = (code: string): code is FlashCode => Object.hasOwn(messages, code);

/** Numbers of a message. */
export interface FlashNumbers {
  n?: number;
  m?: number;
}

export function readFlashMessage(request: FastifyRequest): FlashMessage | null {
  const query = request.query as Record<string, unknown>;
  const code = query['told'];
  if (typeof code !== 'string' || !isFlashCode(code)) return null;
  const { tone, title, more }: FlashMessage = messages[code];
  // Digits alone: the words stay ours.
  const fill = (text: string) =>
    text.replaceAll(/\{(\w)\}/g, (_, name: string) => {
      const given = query[name];
      return typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given).toLocaleString('en-US') : '0';
    });
  return { tone, title: fill(title), ...(more ? { more: fill(more) } : {}) };
}

/** Back to a page with a message on it (and never a form that is sent twice by reloading). */
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
 * What work leads to. Where it ends in a problem that has its words here, back to `path` with these; any other one goes on
 * as an error.
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
