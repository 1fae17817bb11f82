import type { PersonOptions } from './person.js';
import type { InvitePolicy } from './policy.js';

/** How a practice's clients are read as persons. */
export function personOptions(
  country: string,
  policy: Pick<InvitePolicy, 'placeholders' | 'realAddresses'>,
): PersonOptions {
  return { defaultCountry: country, placeholders: policy.placeholders, realAddresses: policy.realAddresses };
}
