import { sql } from 'kysely';
import { huge } from './seed.js';
import type { Database } from '../../src/store/db/database.js';

/** A pet parent who staff search for. */
export interface Known {
  practiceId: string;
  pimsId: string;
  messageId: string;
  firstName: string;
  lastName: string;
  email: string;
  /** Ten digits, as staff type them. */
  phone: string;
  pet: string;
}

/** One request of staff: its path, and the text that a valid response must contain. */
export interface Scenario {
  kind: string;
  path: string;
  holds: string;
}

type Maker = (one: Known) => { path: string; holds: string };

const people = (query: Record<string, string>): string => `/staff/pet-parents?${new URLSearchParams(query).toString()}`;
const mails = (query: Record<string, string> = {}): string =>
  `/staff/email-marketing?${new URLSearchParams(query).toString()}`;
/** Path of a search as the page's script requests it while staff type: the list alone. */
const search = (q: string): string => people({ q, fragment: '1' });
const state =
  (name: string): Maker =>
  () => ({ path: people({ state: name }), holds: 'Pet Parents</h1>' });
/** Makes a typo: leaves out the letter in the middle. */
const slip = (name: string): string =>
  name.slice(0, Math.ceil(name.length / 2)) + name.slice(Math.ceil(name.length / 2) + 1);

/** The requests of a front desk, by the line of the report. */
export const kinds: Record<string, Record<string, Maker>> = {
  'search by name': {
    whole: (one) => ({ path: search(`${one.firstName} ${one.lastName}`), holds: one.lastName }),
    turned: (one) => ({ path: search(`${one.lastName}, ${one.firstName}`), holds: one.lastName }),
  },
  'search by the start of a name': {
    last: (one) => ({ path: search(one.lastName.slice(0, 3)), holds: one.lastName.slice(0, 3) }),
    first: (one) => ({ path: search(one.firstName.slice(0, 2)), holds: one.firstName.slice(0, 2) }),
  },
  'search with a typo': { name: (one) => ({ path: search(slip(one.lastName)), holds: 'found for' }) },
  'search by email': {
    whole: (one) => ({ path: search(one.email), holds: one.email }),
    start: (one) => ({ path: search(one.email.slice(0, 8)), holds: one.email.slice(0, 8) }),
  },
  'search by phone': {
    whole: (one) => ({ path: search(one.phone), holds: one.lastName }),
    end: (one) => ({ path: search(one.phone.slice(-4)), holds: one.phone.slice(-4) }),
  },
  'search by pet': { name: (one) => ({ path: search(one.pet), holds: one.pet }) },
  'Pet App > View Details': {
    person: (one) => ({ path: `/staff/pet-parents/${one.practiceId}/${one.pimsId}`, holds: one.email }),
  },
  'Email Marketing > View Details': {
    mail: (one) => ({ path: `/staff/email-marketing/${one.practiceId}/${one.messageId}`, holds: one.email }),
  },
  'list of pet parents': {
    first: () => ({ path: people({}), holds: 'Next page' }),
    middle: (one) => ({ path: people({ after: key(one) }), holds: 'View Details' }),
  },
  'state filters': Object.fromEntries(
    [
      'on-hold',
      'not-invited',
      'waiting',
      'sending',
      'invited',
      'bounced',
      'expired',
      'started',
      'active',
      'never-logged-in',
    ].map((name) => [name, state(name)]),
  ),
  'Email Marketing list': {
    all: () => ({ path: mails(), holds: 'Welcome Emails' }),
    bounced: () => ({ path: mails({ status: 'not-delivered' }), holds: 'Welcome Emails' }),
    delivered: () => ({ path: mails({ status: 'delivered' }), holds: 'View Details' }),
    waiting: () => ({ path: mails({ status: 'waiting' }), holds: 'Welcome Emails' }),
  },
  'invite plan': {
    people: () => ({ path: '/staff/email-marketing/plan?reason=inactive', holds: 'Invite plan' }),
  },
};

/** Cursor of the list's pages: name and key of the last pet parent on the page before. */
const key = (one: Known): string =>
  Buffer.from(JSON.stringify([`${one.lastName} ${one.firstName}`, one.pimsId])).toString('base64url');

/** Lists the requests of one staff member in order; all staff together make every kind equally often. */
export function scenariosOf(staff: number, known: readonly Known[], count: number): Scenario[] {
  const lines = Object.entries(kinds);
  return Array.from({ length: count }, (_, turn) => {
    const [kind, makers] = lines[(staff + turn) % lines.length] as (typeof lines)[number];
    const all = Object.values(makers);
    const maker = all[(Math.floor((staff + turn) / lines.length) + staff) % all.length] as Maker;
    return { kind, ...maker(known[(turn * 7 + staff) % known.length] as Known) };
  });
}

/** Picks pet parents with an account, spread over the whole practice. */
export async function somePeople(db: Database, practiceId: string, count: number): Promise<Known[]> {
  const rows = await db
    .selectFrom('messages as w')
    .innerJoin('accounts as a', 'a.id', 'w.account_id')
    .innerJoin('pims_pets as p', (join) =>
      join.onRef('p.practice_id', '=', 'w.practice_id').onRef('p.client_pims_id', '=', 'w.client_pims_id'),
    )
    .select(['w.id', 'w.client_pims_id', 'a.first_name', 'a.last_name', 'a.email', 'a.phone'])
    .select('p.name')
    .where('w.practice_id', '=', practiceId)
    .where('p.pims_id', 'like', '%-0')
    .orderBy(sql`CRC32(w.id)`)
    .limit(count)
    .execute();
  return rows.map((row) => ({
    practiceId,
    pimsId: row.client_pims_id ?? '',
    messageId: row.id,
    firstName: row.first_name ?? '',
    lastName: row.last_name ?? '',
    email: row.email,
    phone: (row.phone ?? '').slice(-10),
    pet: row.name ?? '',
  }));
}

/** Assigns half of the staff to the huge practice, the others each to one of the ordinary ones. */
export const practiceOf = (staff: number, ordinary: readonly string[]): string =>
  staff % 2 === 0 ? huge : (ordinary[staff % ordinary.length] as string);
