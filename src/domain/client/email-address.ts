import { domainToASCII } from 'node:url';

/** An address that Amazon SES accepts. */
export interface EmailAddress {
  /** The local part as typed, the domain in lower-case ASCII. */
  address: string;
  /** Lower case, because the large providers ignore case in mailbox names. */
  key: string;
}

export type Unusable = 'malformed' | 'unsendable';

/**
 * Dot-atom and dotted host name only (RFC 5322 without quoting and literals). SES does not support SMTPUTF8: the local
 * part must be 7-bit ASCII and the domain Punycode (AWS SES API reference, type Destination). So an address with other
 * letters before the @ is real but `unsendable`.
 */
const atom = "[a-z0-9!#$%&'*+=?^_`{|}~-]+";
const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const syntax = new RegExp(`^(${atom}(?:\\.${atom})*)@((?:${label}\\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59}))$`, 'i');
const ascii = /^[\0-\x7f]*$/;
const unsafeInDomain = /[\0-\x20"%()*,/:;<>?@[\\\]^`{|}#]/;

/** Reads one address without correcting it: `gmial.com` stays, `john.@x.com` is malformed. */
export function readAddress(text: string): EmailAddress | Unusable {
  const sendable = readSendable(text);
  if (sendable) return sendable;
  if (ascii.test(text) || text.length > 254) return 'malformed';
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  if (at < 1 || unsafeInDomain.test(domain)) return 'malformed';
  const host = ascii.test(domain) ? domain : domainToASCII(domain.normalize('NFC'));
  const stand = local.replace(/[^\0-\x7f]/gu, 'x');
  const withHost = readSendable(`${stand}@${host}`);
  if (!withHost) return 'malformed';
  return stand === local ? withHost : 'unsendable';
}

function readSendable(text: string): EmailAddress | null {
  const parts = text.length <= 254 ? syntax.exec(text) : null;
  if (!parts || parts[1]!.length > 64 || parts[2]!.length > 253) return null;
  const key = text.toLowerCase();
  return { address: parts[1]! + key.slice(parts[1]!.length), key };
}

/** The addresses in one field, best first. `problem` describes the first piece that is no usable address. */
export interface EmailField {
  addresses: EmailAddress[];
  problem: Unusable | 'placeholder' | null;
  culprit: string | null;
}

const lonely = /^[^\s,;/<>()[\]"]+$/;
const invisible = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;
const mark = /^(?:home|work|cell|office|e-?mail|mail|mailto|primary|main|alt|other|his|hers?|spouse|wife|husband):/i;
const saysNone =
  /^(?:|0+|x+|na|no|non|nil|none|null|unk|unknown|tbd|pending|decline[ds]?|refuse[ds]?|not?e?mail|noemail\w*|emaildeclined|doesnot(?:have|use|want)\w*|doesnthave\w*|notgiven|notprovided|nonegiven|noneonfile|wontgive|noaddress)$/;

/**
 * Splits a field on `, ; /`, line breaks and spaces. A word that is no address makes the whole field malformed:
 * `john smith@x.com` and `john,smith@x.com` are typing mistakes, and reading `smith@x.com` from them would send a
 * password to a stranger.
 */
export function readEmailField(field: string): EmailField {
  if (lonely.test(field)) {
    const only = readSendable(field);
    if (only) return { addresses: [only], problem: null, culprit: null };
  }
  const text = field.replace(invisible, '').trim();
  if (text === '') return { addresses: [], problem: null, culprit: null };
  if (text.length > 1000) return { addresses: [], problem: 'malformed', culprit: text };
  if (!text.includes('@') && saysNone.test(text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ''))) {
    return { addresses: [], problem: 'placeholder', culprit: text };
  }
  const found: EmailField = { addresses: [], problem: null, culprit: null };
  for (const piece of pieces(text)) {
    if (!piece.includes('@')) return { addresses: [], problem: 'malformed', culprit: text };
    const read = readAddress(piece);
    if (typeof read === 'object') found.addresses.push(read);
    else {
      found.problem ??= read;
      found.culprit ??= piece;
    }
  }
  return found;
}

/**
 * Returns the words of a field that should be addresses, without notes in brackets, labels (`work:`) and names before
 * `<...>`.
 */
function pieces(text: string): string[] {
  const words: string[] = [];
  for (const part of text.split(/[,;/\r\n\u2028\u2029]+/)) {
    const named = /^[^<>@]*<([^<>]*)>$/.exec(part.trim());
    const rest = (named ? named[1]! : part).replace(/\([^()@]*\)/g, ' ');
    for (const word of rest.split(/\s+/)) {
      const bare = word.replace(/^["(<[]+|["\])>]+$/g, '').replace(mark, '');
      if (bare !== '') words.push(bare);
    }
  }
  return words;
}
