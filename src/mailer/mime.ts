import MimeNode from 'nodemailer/lib/mime-node';
import { domainToASCII } from 'node:url';
import type { PracticeMail } from './settings.js';
import type { RenderedMail } from './render.js';

export interface Envelope {
  mail: Pick<PracticeMail, 'from' | 'replyTo' | 'listUnsubscribe'>;
  to: { name: string | null; address: string };
  welcomeId: string;
  date: Date;
}

/**
 * Puts a mail together. The headers are written by nodemailer, which encodes, folds and lets nothing break out of one;
 * the two parts are plain base64, which any text fits in.
 */
export function mimeOf(rendered: RenderedMail, { mail, to, welcomeId, date }: Envelope): Buffer {
  const node = new MimeNode('multipart/alternative');
  node.setHeader({
    From: mail.from,
    To: to.name ? { name: to.name, address: to.address } : to.address,
    ...(mail.replyTo ? { 'Reply-To': mail.replyTo } : {}),
    Subject: rendered.subject,
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

function part(type: string, content: string): string {
  const lines = Buffer.from(content, 'utf8').toString('base64').replace(/.{76}/g, '$&\r\n');
  return `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines}`;
}

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
