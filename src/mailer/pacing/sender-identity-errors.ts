import { asciiAddress } from '../ses/mime.js';
import { isOfTheWholeAccount } from '../ses/ses-answer.js';

/**
 * Whether only the emails of a practice with a sender of its own meet this answer. SES names the identities it means,
 * addresses or domains: behind a colon those that "failed the check" (SES developer guide, "Amazon SES email sending
 * errors"), as `identity/...` the one that the keys may not write from (IAM names the resource that it denies).
 * MailFromDomainNotVerifiedException names none: it is of the domain written from (SES API reference, "SendRawEmail").
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

/** An identity is an address, or a domain with all below it. */
function covers(identity: string, address: string): boolean {
  return identity === address || `.${domainOf(address)}`.endsWith(`.${identity}`);
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
