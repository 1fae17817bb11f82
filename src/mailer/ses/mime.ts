import MimeNode, { type MimeNodeHeaderValue } from 'nodemailer/lib/mime-node';
import { foldLines } from 'nodemailer/lib/mime-funcs';
import { encode as quoted, wrap } from 'nodemailer/lib/qp';
import { domainToASCII } from 'node:url';
import type { PracticeMail } from '../settings.js';
import type { RenderedMail } from '../render.js';

type MailOfPractice = Pick<PracticeMail, 'from' | 'replyTo' | 'listUnsubscribe'>;

export interface Envelope {
  mail: MailOfPractice;
  to: { name: string | null; address: string };
  messageId: string;
  /** Unguessable and of this attempt alone: names the email and keeps its parts apart. */
  attemptId: string;
  date: Date;
}

/**
 * Puts an email together. The headers are encoded and folded by nodemailer, which lets nothing break out of one; those
 * that all emails of a practice share are made once.
 */
export function mimeOf(rendered: RenderedMail, { mail, to, messageId, attemptId, date }: Envelope): Buffer {
  const shared = headOf(mail);
  const boundary = `=_${attemptId}`;
  return Buffer.from(
    [
      shared.lines,
      header('To', to.name ? { name: to.name, address: to.address } : to.address),
      header('Subject', rendered.subject),
      `Message-ID: <${attemptId}@${shared.domain}>`,
      `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
      ...unsubscribeHeaders(mail.listUnsubscribe, messageId),
      'MIME-Version: 1.0',
      `Content-Type: multipart/alternative; boundary="${boundary}"`,
      '',
      `--${boundary}`,
      part('text/plain', rendered.text),
      `--${boundary}`,
      part('text/html', rendered.html, inAscii),
      `--${boundary}--`,
      '',
    ].join('\r\n'),
    'latin1',
  );
}

/** SES takes only ASCII domains; the part before the @ is ASCII or the email is not sendable at all. */
export function asciiAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1)) || address.slice(at + 1)}`;
}

const encoder = new MimeNode(false);

function header(name: string, value: MimeNodeHeaderValue): string {
  return foldLines(`${name}: ${encoder.encodeHeaderValue(name, value)}`);
}

const heads = new WeakMap<MailOfPractice, { lines: string; domain: string }>();

function headOf(mail: MailOfPractice): { lines: string; domain: string } {
  let head = heads.get(mail);
  if (!head) {
    const lines = [
      header('From', mail.from),
      ...(mail.replyTo ? [header('Reply-To', mail.replyTo)] : []),
      // RFC 3834: keeps polite programs from answering that their owner is away.
      'Auto-Submitted: auto-generated',
      'X-Auto-Response-Suppress: OOF, AutoReply',
    ].join('\r\n');
    head = { lines, domain: asciiAddress(mail.from.address).split('@')[1] as string };
    heads.set(mail, head);
  }
  return head;
}

/**
 * Letters beyond ASCII as numbers, which HTML reads the same: the part then goes as it is, and an email of plain markup
 * is a third smaller than as base64. Not in the head, where a style sheet would not read them.
 */
function inAscii(html: string): string {
  const body = html.indexOf('</head>') + 1;
  return html.slice(0, body) + html.slice(body).replace(/[^\0-\x7f]/gu, (letter) => `&#${letter.codePointAt(0)};`);
}

/** All that may go as it is, but for the length of its lines. */
const plain = /^[\n\t\x20-\x7e]*$/;
/** RFC 5322 ends a line at 998 characters. */
const longestLine = 998;

/**
 * As it is where that is allowed, else as whichever encoding is shorter and kinder to read.
 *
 * @param plainer another way to write it; tried only when needed, since each walk through a whole part takes its time
 */
function part(type: string, content: string, plainer?: (content: string) => string): string {
  if (plain.test(content)) return encoded(type, content, hasShortLines(content));
  if (plainer) return part(type, plainer(content));
  return encoded(type, content, false);
}

function encoded(type: string, content: string, asItIs: boolean): string {
  const head = `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding:`;
  const lines = content.replace(/\n/g, '\r\n');
  if (asItIs) return `${head} 7bit\r\n\r\n${lines}`;
  if (mostlyAscii(content)) return `${head} quoted-printable\r\n\r\n${wrap(quoted(lines))}`;
  const letters = Buffer.from(lines, 'utf8').toString('base64').replace(/.{76}/g, '$&\r\n');
  return `${head} base64\r\n\r\n${letters}`;
}

function hasShortLines(content: string): boolean {
  for (let start = 0, end = 0; end !== -1; start = end + 1) {
    end = content.indexOf('\n', start);
    if ((end === -1 ? content.length : end) - start > longestLine) return false;
  }
  return true;
}

function mostlyAscii(content: string): boolean {
  return (content.match(/[^\0-\x7f]/g)?.length ?? 0) * 6 < content.length;
}

/** RFC 2369 and RFC 8058. */
function unsubscribeHeaders(ways: PracticeMail['listUnsubscribe'], messageId: string): string[] {
  const addresses = [
    ways?.url ? `<${ways.url.replaceAll('{welcome}', messageId)}>` : null,
    ways?.mailto ? `<mailto:${ways.mailto}?subject=unsubscribe%20${messageId}>` : null,
  ].filter((address) => address !== null);
  if (addresses.length === 0) return [];
  return [
    header('List-Unsubscribe', addresses.join(', ')),
    ...(ways?.url ? ['List-Unsubscribe-Post: List-Unsubscribe=One-Click'] : []),
  ];
}
