import { asciiAddress } from '../ses/mime.js';
import { isOfTheWholeAccount } from '../ses/ses-answer.js';

/**
 * Whether this answer concerns only a practice's own sender. SES names the affected identities, addresses or domains:
 * after a colon those that "failed the check" (SES developer guide, "Amazon SES email sending errors"), as
 * `identity/...` the one that the keys may not send from (IAM names the denied resource).
 * MailFromDomainNotVerifiedException names none: it concerns the domain of the sender (SES API reference,
 * "SendRawEmail").
 */
export function isOfOwnSender(
  { code, message }: { code: string; message: string },
  own: string,
  general: string,
): boolean {
  const [ours, all] = [own, general].map((address) => asciiAddress(address).toLowerCase()) as [string, string];
  if (ours === all || isOfTheWholeAccount(message)) return false;
  const named = identitiesIn(message);
  if (named.length > 0)
    return named.some((identity) => covers(identity, ours)) && !named.some((one) => covers(one, all));
  if (code === 'MailFromDomainNotVerifiedException') return domainOf(ours) !== domainOf(all);
  return code === 'MessageRejected';
}

function identitiesIn(message: string): string[] {
  const failed = /failed the check in region [\w-]+: (.*)/i.exec(message)?.[1]?.split(/[\s,]+/) ?? [];
  const denied = [...message.matchAll(/:identity\/([^\s'"`]+)/g)].map((found) => found[1] as string);
  return [...failed, ...denied].map((identity) => identity.replace(/\.$/, '').toLowerCase()).filter(Boolean);
}

/** An identity is an address, or a domain including its subdomains. */
function covers(identity: string, address: string): boolean {
  return identity === address || `.${domainOf(address)}`.endsWith(`.${identity}`);
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
