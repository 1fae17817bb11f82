import { invalid } from './refusal.js';

/**
 * Returns the bare address in a mailbox: `"Lee, Ann" <ann@example.com>` gives `ann@example.com`.
 * Refuses what SES refuses, with the same messages, which come from Java's mail library. SES accepts characters
 * outside ASCII in neither half (a domain must be Punycode).
 * @throws SesRefusal InvalidParameterValue
 */
export function readAddress(mailbox: string): string {
  const address = bareAddress(mailbox.trim());
  const problem = problemOf(address);
  if (problem) throw invalid('address', problem);
  return address;
}

/** Returns the part after the last @, in lower case. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

/** Splits a To, Cc or From header into mailboxes, at commas outside quotes and angle brackets. */
export function splitMailboxes(header: string): string[] {
  const parts = header.match(/(?:"(?:\\.|[^"\\])*"|<[^>]*>|[^,"<]|["<])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** A local part in quotes, which may contain almost any character. */
const quotedLocal = /^"(?:\\.|[^"\\])*"(?=@|$)/;

function bareAddress(mailbox: string): string {
  const open = quotedLocal.test(mailbox) ? -1 : mailbox.lastIndexOf('<');
  if (open === -1) return mailbox;
  const name = mailbox.slice(0, open).replace(/"(?:\\.|[^"\\])*"/g, '');
  if (!mailbox.endsWith('>') || /[,@"<>]/.test(name)) throw invalid('address', 'Illegal address');
  return mailbox.slice(open + 1, -1);
}

function problemOf(address: string): string | undefined {
  if (address === '') return 'Illegal address';
  const quoted = quotedLocal.exec(address)?.[0];
  const at = quoted ? quoted.length : address.indexOf('@');
  const local = quoted ? '' : address.slice(0, at === -1 ? undefined : at);
  const domain = address.slice(at + 1);

  if (/[^\x20-\x7e]/.test(quoted ?? '') || /[^\x21-\x7e]/.test(local))
    return 'Local address contains control or whitespace';
  if (at === -1 || address[at] !== '@') return "Missing final '@domain'";
  if (/[()<>,;:\\"[\]]/.test(local)) return 'Local address contains illegal character';
  if (local === '' && !quoted) return 'Missing local name';
  if (local.startsWith('.')) return 'Local address starts with dot';
  if (local.includes('..')) return 'Local address contains dot-dot';
  if (local.endsWith('.')) return 'Local address ends with dot';

  if (domain === '') return 'Missing domain';
  if (/[^\x21-\x7e]/.test(domain)) return 'Domain contains control or whitespace';
  if (/^\[[^[\]]+\]$/.test(domain)) return undefined;
  if (/[^A-Za-z0-9.-]/.test(domain)) return 'Domain contains illegal character';
  if (domain.startsWith('.')) return 'Domain starts with dot';
  if (domain.includes('..')) return 'Domain contains dot-dot';
  if (domain.endsWith('.')) return 'Domain ends with dot';
  return undefined;
}
