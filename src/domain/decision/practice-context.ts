import { DateTime } from 'luxon';
import type { Client } from '../client/client.js';
import { emailsOf, personOf, type Person } from '../client/person.js';
import type { InvitePolicy } from './policy.js';

/** A practice as a sync, an evaluation and a plan see it. Make it once for each of them. */
export interface PracticeContext {
  id: string;
  name: string;
  policy: InvitePolicy;
  /** Reads the person from a client record, under the practice's country and policy. */
  personOf: (client: Omit<Client, 'pets'>) => Person;
  /** Returns only the person's login key, without the cost of reading names and phones. */
  loginKeyOf: (client: Pick<Client, 'emails'>) => string | null;
  /** Returns the calendar date at the practice, `YYYY-MM-DD`. */
  dateAt: (now: Date) => string;
}

/** Creates the context from a practice's settings. @param settings.country ISO country for phones without a country code */
export function practiceContext(settings: {
  id: string;
  name: string;
  timeZone: string;
  country: string;
  policy: InvitePolicy;
}): PracticeContext {
  const { id, name, timeZone, country, policy } = settings;
  const { placeholders, realAddresses, ownAddresses } = policy;
  const options = { defaultCountry: country, placeholders, realAddresses, ownAddresses };
  return {
    id,
    name,
    policy,
    personOf: (client) => personOf(client, options),
    loginKeyOf: ({ emails }) => emailsOf(emails, options).loginKey,
    dateAt: (now) => DateTime.fromJSDate(now, { zone: timeZone }).toISODate() as string,
  };
}
