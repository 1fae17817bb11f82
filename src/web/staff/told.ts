import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../../domain/problem.js';
import type { Tone } from '../ui/notice.js';

/** What a page says about the form that led to it. */
export interface Told {
  tone: Tone;
  title: string;
  more?: string;
}

/** Every message a redirect can carry: by code, so that no address can put words on our pages. */
const messages = {
  resent: {
    tone: 'good',
    title: 'The mail is in line again.',
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
    more: 'Accounts are being made, and the first mails go out. A few are watched before the rest follows.',
  },
  paused: {
    tone: 'good',
    title: 'Mail is paused.',
    more: 'Nothing goes out until you resume it. Password resets still do.',
  },
  resumed: { tone: 'good', title: 'Mail goes out again.' },
  recalled: { tone: 'good', title: 'Every mail that had not gone out was taken back.' },
  'resent-rest': { tone: 'good', title: 'The mails go out again, one after the other.' },
  'nothing-to-resend': {
    tone: 'info',
    title: 'There is nobody to send it to again.',
    more: 'Addresses that bounced are left out until they are corrected.',
  },
  settled: { tone: 'good', title: 'Noted.' },
  closed: { tone: 'good', title: 'Done; it is off the list.' },
  'staff-mailed': { tone: 'good', title: 'The link is on its way by email.', more: 'It works once.' },
  'staff-mail-wait': {
    tone: 'warn',
    title: 'This address was sent several mails just now.',
    more: 'Wait ten minutes, or make a link and hand it over yourself.',
  },
  'staff-changed': { tone: 'good', title: 'Changed. All their sessions have ended.' },
  'password-set': {
    tone: 'good',
    title: 'Your new password is set.',
    more: 'You are signed out everywhere else.',
  },
  'brand-saved': { tone: 'good', title: 'Saved. Every mail from now on looks like this.' },
  'brand-configured': { tone: 'good', title: 'The configured brand counts again.' },
  'brand-changed-meanwhile': {
    tone: 'warn',
    title: 'Somebody else has saved another version in the meantime.',
    more: 'You are looking at theirs now.',
  },
  'mail-text-wrong': {
    tone: 'warn',
    title: 'This version has a text that can no longer be sent.',
    more: 'Nothing was changed. Write it anew and save it.',
  },
  'token-revoked': { tone: 'good', title: 'The token works no more.' },
  'cool-down': {
    tone: 'warn',
    title: 'A mail went to this pet parent only minutes ago.',
    more: 'Give it time to arrive and look into the spam folder, then try again.',
  },
  'address-suppressed': {
    tone: 'warn',
    title: 'No mail is sent to this address any more.',
    more: 'An earlier one came back or was marked as spam. Correct the address in the PIMS, or read the login out to them.',
  },
  'uncertain-first': {
    tone: 'warn',
    title: 'It is not known whether the last mail was sent.',
    more: 'Look whether it arrived and say so on its page under Email Marketing.',
  },
  'already-logged-in': {
    tone: 'info',
    title: 'This pet parent has logged in already and has a password of their own.',
  },
  'account-closed': { tone: 'warn', title: 'This account is closed.' },
  'settle-too-early': {
    tone: 'info',
    title: 'Amazon SES may still tell by itself what became of this mail.',
    more: 'Look again in an hour.',
  },
  'not-uncertain': { tone: 'info', title: 'What became of this mail is known by now.' },
  'run-in-the-way': {
    tone: 'warn',
    title: 'A sync is reading, or was stopped by its brake.',
    more: 'Wait until it is done, or look at why it stopped, and approve again.',
  },
} as const satisfies Record<string, Told>;

export type ToldCode = keyof typeof messages;

const isToldCode = (code: string): code is ToldCode => Object.hasOwn(messages, code);

export function readTold(request: FastifyRequest): Told | null {
  const code = (request.query as { told?: unknown }).told;
  return typeof code === 'string' && isToldCode(code) ? messages[code] : null;
}

/** Back to a page with a message on it (and never a form that is sent twice by reloading). */
export function tell(reply: FastifyReply, path: string, code: ToldCode): FastifyReply {
  return reply.redirect(`${path}${path.includes('?') ? '&' : '?'}told=${code}`, 303);
}

/** The same for a problem that has its words here; any other one goes on as an error. @throws the problem */
export function tellProblem(reply: FastifyReply, path: string, problem: Problem): FastifyReply {
  if (isToldCode(problem.code)) return tell(reply, path, problem.code);
  throw problem;
}
