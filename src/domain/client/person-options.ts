import type { PersonOptions } from './person.js';
import type { InvitePolicy } from '../decision/policy.js';

/** How a practice's clients are read as persons. */
export function personOptions(
  country: string,
  policy: Pick<InvitePolicy, 'placeholders' | 'realAddresses' | 'ownAddresses'>,
): PersonOptions {
  const { placeholders, realAddresses, ownAddresses } = policy;
  return { defaultCountry: country, placeholders, realAddresses, ownAddresses };
}
