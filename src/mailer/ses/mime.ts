import MimeNode, { type MimeNodeHeaderValue } from 'nodemailer/lib/mime-node';
import { foldLines } from 'nodemailer/lib/mime-funcs';
import { encode as quoted, wrap } from 'nodemailer/lib/qp';
import { domainToASCII } from 'node:url';
import type { PracticeMail } from '../settings.js';
import type { RenderedEmail } from '../../domain/message/branding.js';

type MailOfPractice = Pick<PracticeMail, 'from' | 'replyTo' | 'listUnsubscribe'>;

export interface Envelope {
  mail: MailOfPractice;
  to: { name: string | null; address: string };
  messageId: string;
  /** Unguessable and unique to this attempt: used as Message-ID and as part boundary. */
  attemptId: string;
  date: Date;
}

/**
 * Builds the MIME of an email. nodemailer encodes and folds the headers, so no value can inject another header; headers
 * that all emails of a practice share are built once.
 */
export function mimeOf(rendered: RenderedEmail, { mail, to, messageId, attemptId, date }: Envelope): Buffer {
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

/** Converts the domain to ASCII, because SES accepts no other. A non-ASCII local part cannot be sent at all. */
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
      // RFC 3834: prevents automatic out-of-office replies.
      'Auto-Submitted: auto-generated',
      'X-Auto-Response-Suppress: OOF, AutoReply',
    ].join('\r\n');
    head = { lines, domain: asciiAddress(mail.from.address).split('@')[1] as string };
    heads.set(mail, head);
  }
  return head;
}

/**
 * Writes non-ASCII letters as numeric references, which HTML reads the same: the part then needs no encoding, and an
 * email of plain markup is a third smaller than as base64. Leaves the head alone, where a style sheet would not decode
 * them.
 */
function inAscii(html: string): string {
  const body = html.indexOf('</head>') + 1;
  return html.slice(0, body) + html.slice(body).replace(/[^\0-\x7f]/gu, (letter) => `&#${letter.codePointAt(0)};`);
}

/** Content that needs no encoding, apart from the length of its lines. */
const plain = /^[\n\t\x20-\x7e]*$/;
/** RFC 5322 limits a line to 998 characters. */
const longestLine = 998;

/**
 * Writes a part unencoded if allowed, else in the shorter and more readable encoding.
 *
 * @param plainer another way to write the content; used only if needed, because each pass over a whole part takes time
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
    ways?.url ? `<${ways.url.replaceAll('{message}', messageId)}>` : null,
    ways?.mailto ? `<mailto:${ways.mailto}?subject=unsubscribe%20${messageId}>` : null,
  ].filter((address) => address !== null);
  if (addresses.length === 0) return [];
  return [
    header('List-Unsubscribe', addresses.join(', ')),
    ...(ways?.url ? ['List-Unsubscribe-Post: List-Unsubscribe=One-Click'] : []),
  ];
}
