import type { PersonOptions } from './person.js';
import type { InvitePolicy } from '../decision/policy.js';

/** Returns the options for reading a practice's clients as persons. */
export function personOptions(
  country: string,
  policy: Pick<InvitePolicy, 'placeholders' | 'realAddresses' | 'ownAddresses'>,
): PersonOptions {
  const { placeholders, realAddresses, ownAddresses } = policy;
  return { defaultCountry: country, placeholders, realAddresses, ownAddresses };
}
