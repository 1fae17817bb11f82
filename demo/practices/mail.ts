import { mailDomains } from './names.js';
import { malformedEmail, placeholderEmail } from './oddities.js';
import type { Random } from './random.js';
import type { Story } from './stories.js';

/** The owner of an address; the tag makes the address unique. */
export interface Owner {
  firstName: string;
  lastName: string;
  tag: string;
}

const simulated = ['success', 'success', 'success', 'bounce', 'complaint', 'suppressionlist'];

/** The demo's SES endpoint bounces every email to this domain. */
const goneDomain = 'bounces.example';

/** Returns the content of a client's email field. */
export function emailOf(story: Story, owner: Owner, random: Random, simulator: number): string | null {
  const local = localPart(owner, random);
  const domain = random.pick(mailDomains);
  switch (story) {
    case 'no-email':
      return random.chance(0.3) ? '' : null;
    case 'malformed-email':
      return malformedEmail(random, `${owner.firstName}.${owner.lastName}`.toLowerCase(), domain);
    case 'unsendable-email':
      // A valid address under SMTPUTF8, which SES does not send to.
      return `josé.${owner.tag}@${domain}`;
    case 'placeholder-email':
      return placeholderEmail(random);
    case 'role-email':
      return `${random.pick(['noreply', 'no-reply', 'donotreply', 'postmaster'])}@${domain}`;
    case 'several-emails':
      return `${local}@${domain}${random.pick([', ', '; ', ' / ', ' '])}${owner.firstName.toLowerCase()}.work${owner.tag}@office.example`;
    default:
      if (simulator > 0 && random.chance(simulator)) {
        return `${random.pick(simulated)}+${owner.tag}@simulator.amazonses.com`;
      }
      // Some clients who can be invited have a mailbox that no longer exists; it shows only when the email bounces.
      return `${local}@${random.chance(0.02) ? goneDomain : domain}`;
  }
}

function localPart({ firstName, lastName, tag }: Owner, random: Random): string {
  const [first, last] = [firstName, lastName].map((name) => name.toLowerCase()) as [string, string];
  return random.pick([
    `${first}.${last}${tag}`,
    `${first}${tag}`,
    `${first.slice(0, 1)}${last}.${tag}`,
    `${last}_${first}_${tag}`,
    `${first}.${last}+vet${tag}`,
    `${first[0]?.toUpperCase()}${first.slice(1)}.${last}${tag}`,
  ]);
}

/** Returns one address for several clients, for example of a kennel or of a relative who answers for all. */
export function sharedEmail(number: number): string {
  return `frontdesk@kennels${number}.example`;
}
