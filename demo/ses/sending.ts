import { randomUUID } from 'node:crypto';
import { domainOf, readAddress, splitMailboxes } from './address.js';
import { headerValues, readHeaders, type Header } from './headers.js';
import type { AcceptedMail } from './mails.js';
import type { LocalSesSettings } from './options.js';
import type { Query } from './query.js';
import type { Quota } from './quota.js';
import { invalid, SesRefusal, throttled } from './refusal.js';

const mostBytes = 10 * 1024 * 1024;
const mostRecipients = 50;

/** An email ready for acceptance. */
export type Envelope = Omit<AcceptedMail, 'id' | 'events' | 'at' | 'messageId'>;

/**
 * Reads the envelope of a raw email: parameters take precedence over headers, as in SES.
 * @throws SesRefusal for everything that SES refuses before it checks limits
 */
export function readEnvelope(query: Query, raw: Buffer): Envelope {
  if (raw.length === 0) throw invalid('malformed-request', 'Empty raw message.');
  if (raw.length > mostBytes) {
    throw invalid('too-large', `Message length is more than ${mostBytes} bytes long: '${raw.length}'.`);
  }
  const headers = readHeaders(raw);
  for (const name of ['From', 'To', 'Cc', 'Subject', 'Date', 'Message-ID']) {
    if (headerValues(headers, name).length > 1) throw invalid('header', `Duplicate header '${name}'.`);
  }
  const from = headerValues(headers, 'From')[0];
  if (!from) throw invalid('header', "Missing required header 'From'.");

  const named = query.list('Destinations');
  const mailboxes = named.length > 0 ? named : ['To', 'Cc', 'Bcc'].flatMap((name) => mailboxesIn(headers, name));
  if (mailboxes.length === 0) throw invalid('recipients', "Missing required header 'To'.");
  if (mailboxes.length > mostRecipients) throw invalid('recipients', `Recipient count exceeds ${mostRecipients}.`);

  return {
    source: readAddress(query.get('Source') ?? from),
    destinations: mailboxes.map(readAddress),
    tags: readTags(query, headers),
    configurationSet:
      query.get('ConfigurationSetName') ?? headerValues(headers, 'X-SES-CONFIGURATION-SET')[0] ?? undefined,
    headers,
    raw,
  };
}

/**
 * Checks the account: paused, verified senders, configuration set, daily quota, rate; uses the quota last.
 * @throws SesRefusal
 */
export function admit(envelope: Envelope, settings: LocalSesSettings, quota: Quota): void {
  if (!settings.sendingEnabled) {
    throw new SesRefusal(
      'sending-paused',
      'AccountSendingPausedException',
      'Sending paused for this account. For more information, please check the inbox of the email address associated with your AWS account.',
    );
  }
  const unverified = sendersOf(envelope).filter((sender) => !isVerified(sender, settings.verifiedIdentities));
  if (unverified.length > 0) {
    throw new SesRefusal(
      'unverified',
      'MessageRejected',
      `Email address is not verified. The following identities failed the check in region ${settings.region.toUpperCase()}: ${unverified.join(', ')}`,
    );
  }
  const set = envelope.configurationSet;
  if (set !== undefined && settings.configurationSets && !settings.configurationSets.includes(set)) {
    throw new SesRefusal(
      'configuration-set',
      'ConfigurationSetDoesNotExist',
      `Configuration set <${set}> does not exist.`,
    );
  }
  const taken = quota.take(envelope.destinations.length);
  if (taken !== 'taken') throw throttled(taken);
}

/** Returns true if the address, its domain or a parent domain is on the list, or if there is no list. */
export function isVerified(address: string, identities: string[] | undefined): boolean {
  if (!identities) return true;
  const domain = domainOf(address);
  return identities.some((identity) => {
    const known = identity.toLowerCase();
    return known.includes('@') ? known === address.toLowerCase() : domain === known || domain.endsWith(`.${known}`);
  });
}

/** Makes a message id in the format of SES: the time in hex, then a unique part. */
export function newMessageId(at: number): string {
  return `0100${at.toString(16).padStart(12, '0')}-${randomUUID()}-000000`;
}

function sendersOf(envelope: Envelope): string[] {
  const headerFrom = mailboxesIn(envelope.headers, 'From').map(readAddress);
  return [...new Set([envelope.source, ...headerFrom])];
}

function mailboxesIn(headers: Header[], name: string): string[] {
  return headerValues(headers, name).flatMap(splitMailboxes);
}

function readTags(query: Query, headers: Header[]): Record<string, string> {
  const given = query.structs('Tags', ['Name', 'Value'] as const);
  const inHeader = (headerValues(headers, 'X-SES-MESSAGE-TAGS')[0] ?? '').split(',').filter((pair) => pair.trim());
  const pairs =
    given.length > 0
      ? given.map((tag) => [tag.Name, tag.Value] as const)
      : inHeader.map((pair) => [pair.split('=')[0]!.trim(), pair.slice(pair.indexOf('=') + 1).trim()] as const);
  for (const [name, value] of pairs) {
    checkTag('name', name);
    checkTag('value', value);
  }
  return Object.fromEntries(pairs);
}

function checkTag(part: 'name' | 'value', text: string): void {
  if (text === '') throw invalid('tag', `The tag ${part} must be specified.`);
  if (text.length > 256) throw invalid('tag', `Tag ${part} cannot exceed 256 characters.`);
  if (/[^A-Za-z0-9_-]/.test(text)) {
    throw invalid(
      'tag',
      `Invalid tag ${part} <${text}>: only alphanumeric ASCII characters, '_', and '-' are allowed.`,
    );
  }
}
