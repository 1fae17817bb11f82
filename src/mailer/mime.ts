import MimeNode from 'nodemailer/lib/mime-node';
import { domainToASCII } from 'node:url';
import type { PracticeMail } from './settings.js';
import type { RenderedMail } from './render.js';

export interface Envelope {
  mail: Pick<PracticeMail, 'from' | 'replyTo' | 'listUnsubscribe'>;
  to: { name: string | null; address: string };
  welcomeId: string;
  /** Unguessable and of this attempt alone: names the mail and keeps its parts apart. */
  attemptId: string;
  date: Date;
}

/**
 * Puts a mail together. The headers are written by nodemailer, which encodes, folds and lets nothing break out of one.
 */
export function mimeOf(rendered: RenderedMail, { mail, to, welcomeId, attemptId, date }: Envelope): Buffer {
  const node = new MimeNode('multipart/alternative', { baseBoundary: attemptId });
  node.setHeader({
    From: mail.from,
    To: to.name ? { name: to.name, address: to.address } : to.address,
    ...(mail.replyTo ? { 'Reply-To': mail.replyTo } : {}),
    Subject: rendered.subject,
    'Message-ID': `<${attemptId}@${asciiAddress(mail.from.address).split('@')[1]}>`,
    Date: date.toUTCString().replace('GMT', '+0000'),
    // RFC 3834: keeps polite programs from answering that their owner is away.
    'Auto-Submitted': 'auto-generated',
    'X-Auto-Response-Suppress': 'OOF, AutoReply',
    ...unsubscribeHeaders(mail.listUnsubscribe, welcomeId),
  });
  const head = node.buildHeaders();
  const boundary = (node as unknown as { boundary: string }).boundary;
  return Buffer.from(
    [
      head,
      '',
      `--${boundary}`,
      part('text/plain', rendered.text),
      `--${boundary}`,
      part('text/html', rendered.html),
      `--${boundary}--`,
      '',
    ].join('\r\n'),
    'latin1',
  );
}

/** SES takes only ASCII domains; the part before the @ is ASCII or the mail is not sendable at all. */
export function asciiAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1)) || address.slice(at + 1)}`;
}

/**
 * Plain ASCII goes as it is, which is a quarter smaller than base64 and all that most mails need; everything else goes as
 * base64, which any text fits in.
 */
function part(type: string, content: string): string {
  const lines = content.replaceAll('\n', '\r\n');
  const head = `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding:`;
  if (fitsSevenBit.test(lines)) return `${head} 7bit\r\n\r\n${lines}`;
  const encoded = Buffer.from(lines, 'utf8').toString('base64').replace(/.{76}/g, '$&\r\n');
  return `${head} base64\r\n\r\n${encoded}`;
}

/** RFC 5322 ends a line at 998 characters. */
const fitsSevenBit = /^(?:[\x20-\x7e\t]{0,998}\r\n)*[\x20-\x7e\t]{0,998}$/;

/** RFC 2369 and RFC 8058. */
function unsubscribeHeaders(
  ways: PracticeMail['listUnsubscribe'],
  welcomeId: string,
): Record<string, string> {
  const addresses = [
    ways?.url ? `<${ways.url.replaceAll('{welcome}', welcomeId)}>` : null,
    ways?.mailto ? `<mailto:${ways.mailto}?subject=unsubscribe%20${welcomeId}>` : null,
  ].filter((address) => address !== null);
  if (addresses.length === 0) return {};
  return {
    'List-Unsubscribe': addresses.join(', '),
    ...(ways?.url ? { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : {}),
  };
}
