import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Tone } from '../ui/notice.js';

/** What a page says about the form that led to it. */
export interface Told {
  tone: Tone;
  title: string;
}

/** Every message a redirect can carry: by code, so that no address can put words on our pages. */
const messages = {
  resent: { tone: 'good', title: 'The mail will be sent again in a moment.' },
  'new-password': {
    tone: 'good',
    title: 'There is a new temporary password. The former one no longer works.',
  },
  'new-password-mailed': {
    tone: 'good',
    title:
      'There is a new temporary password, and it is on its way by email. The former one no longer works.',
  },
  resync: {
    tone: 'good',
    title: 'Asked the practice system for this client. The page shows it as soon as it is read.',
  },
  'resync-joined': { tone: 'info', title: 'A sync is under way already; this one joined it.' },
  approved: { tone: 'good', title: 'Approved. Accounts are being made, and the first mails go out now.' },
  paused: { tone: 'good', title: 'Mail is paused. Nothing goes out until you resume it.' },
  resumed: { tone: 'good', title: 'Mail goes out again.' },
  recalled: { tone: 'good', title: 'Every mail that had not gone out was taken back.' },
  'resent-rest': { tone: 'good', title: 'The mails go out again, one after the other.' },
  'nothing-to-resend': { tone: 'info', title: 'There is nobody to send it to again.' },
  settled: { tone: 'good', title: 'Noted.' },
  closed: { tone: 'good', title: 'Done; it is off the list.' },
  disabled: { tone: 'good', title: 'Access has ended, and so have all their sessions.' },
  enabled: { tone: 'good', title: 'Access is restored.' },
  'password-set': { tone: 'good', title: 'Your new password is set.' },
  'token-revoked': { tone: 'good', title: 'The token works no more.' },
} as const satisfies Record<string, Told>;

export type ToldCode = keyof typeof messages;

export function readTold(request: FastifyRequest): Told | null {
  const code = (request.query as { told?: unknown }).told;
  return typeof code === 'string' && Object.hasOwn(messages, code) ? messages[code as ToldCode] : null;
}

/** Back to a page with a message on it (and never a form that is sent twice by reloading). */
export function tell(reply: FastifyReply, path: string, code: ToldCode): FastifyReply {
  return reply.redirect(`${path}${path.includes('?') ? '&' : '?'}told=${code}`, 303);
}
