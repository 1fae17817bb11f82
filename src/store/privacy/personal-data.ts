import { sql, type RawBuilder } from 'kysely';
import { escapeLike } from '../db/escape-like.js';
import type { FoundPerson } from './find-person.js';

/**
 * A table's personal data of a pet parent. Every table of the database is named below; a test compares the list with
 * the database, so that no new table is forgotten.
 */
export type PersonTable =
  /** The condition that matches this person's rows; null if there can be none. `erase: false` keeps the rows. */
  | {
      rows(person: FoundPerson): RawBuilder<boolean> | null;
      erase: boolean;
      hidden?: readonly string[];
      keepsBecause?: string;
    }
  /** The reason why the table contains no data of a pet parent, or none that is readable. */
  | { none: string };

type Condition = RawBuilder<boolean> | null;

const gone = ({ accounts }: FoundPerson) => accounts.filter(({ kept }) => kept === null).map(({ id }) => id);
const ownEmails = ({ emails, sharedEmails }: FoundPerson) => emails.filter((email) => !sharedEmails.includes(email));
const all = ({ accounts }: FoundPerson) => accounts.map(({ id }) => id);

const undoneFacts: PersonTable = {
  // A former address may belong to another person, mistyped for this client.
  rows: (person) =>
    either(
      ofClients(person, 'client_pims_id'),
      both(
        sql<boolean>`kind = 'email'`,
        either(within('subject', ownEmails(person)), within('said', ownEmails(person))),
      ),
    ),
  erase: true,
};

/** The tables in the order of erasure: dependent rows first. */
export const personTables: Readonly<Record<string, PersonTable>> = {
  ses_events: { rows: ({ messageIds }) => within('message_id', messageIds), erase: true },
  send_attempts: { rows: ({ messageIds }) => within('message_id', messageIds), erase: true },
  messages: { rows: ({ messageIds }) => within('id', messageIds), erase: true },
  temporary_credentials: {
    rows: (person) => within('account_id', gone(person)),
    erase: true,
    hidden: ['sealed', 'grace_digest'],
  },
  sessions: { rows: (person) => ofPetParent(gone(person)), erase: true, hidden: ['token_hash'] },
  reset_tokens: { rows: (person) => ofPetParent(gone(person)), erase: true, hidden: ['token_hash'] },
  account_pets: {
    rows: (person) =>
      either(
        within('account_id', gone(person)),
        person.practiceId === null
          ? null
          : both(within('account_id', all(person)), sql<boolean>`practice_id = ${person.practiceId}`),
      ),
    erase: true,
  },
  tasks: {
    rows: (person) => either(ofClients(person, 'client_pims_id'), within('account_id', gone(person))),
    erase: true,
  },
  account_links: { rows: (person) => ofClients(person, 'client_pims_id'), erase: true },
  link_refusals: {
    rows: (person) => either(ofClients(person, 'client_pims_id'), within('account_id', gone(person))),
    erase: true,
  },
  accounts: {
    rows: (person) => within('id', gone(person)),
    erase: true,
    hidden: ['password_hash'],
  },
  identity_conflicts: {
    // A conflict under this person's number is about another person; this person's own data is in conflicts under other
    // numbers.
    rows: ({ emails }) => within('email_key', emails),
    erase: true,
    hidden: ['fingerprint'],
  },
  undone_facts: undoneFacts,
  pims_pets: { rows: (person) => ofClients(person, 'client_pims_id'), erase: true },
  pims_clients: { rows: (person) => ofClients(person, 'pims_id'), erase: true, hidden: ['fingerprint'] },
  former_undone_facts: undoneFacts,
  former_pets: { rows: (person) => ofClients(person, 'client_pims_id'), erase: true },
  former_clients: { rows: (person) => ofClients(person, 'pims_id'), erase: true, hidden: ['fingerprint'] },
  sync_unreadable: {
    rows: (person) =>
      anyOf(
        person.clients.map(
          ({ practiceId, pimsId, displayId }) =>
            sql<boolean>`(reference IN (${pimsId}, ${displayId ?? pimsId})
              AND run_id IN (SELECT id FROM sync_runs WHERE practice_id = ${practiceId}))`,
        ),
      ),
    erase: true,
  },
  suppressions: {
    rows: ({ emails, sharedAnywhere }) => {
      const own = emails.filter((email) => !sharedAnywhere.includes(email));
      return within('email_key', own);
    },
    erase: true,
  },
  receipts: {
    rows: (person) =>
      anyOf(
        [...all(person), ...person.messageIds, ...person.emails].map(
          (text) => sql<boolean>`answer LIKE ${`%${escapeLike(text)}%`}`,
        ),
      ),
    erase: true,
  },
  audit: {
    rows: (person) => within('account_id', gone(person)),
    erase: false,
    keepsBecause:
      'records by id alone who did what and when; it is evidence and cannot be changed. Once the account is erased, its id identifies nobody.',
  },

  sync_runs: { none: 'counts; the reference of a run that read this client alone is blanked' },
  sync_pages: { none: '8-byte hashes of PIMS ids, deleted when the run ends' },
  throttles: { none: 'keyed hashes that expire within twelve hours' },
  erased_people: { none: 'keyed hashes of people who were erased, so that they are not copied again' },
  sealed_keys: { none: 'the sealed key of those hashes' },
  practices: { none: 'practices' },
  email_sending: { none: 'the state of sending; a reason that names this address is blanked' },
  fair_queue: { none: 'queue positions of practices' },
  staff: { none: 'staff; a pet parent who works here has a separate staff account' },
  staff_practices: { none: 'staff' },
  api_tokens: { none: 'tokens of practices' },
  branding_versions: { none: 'branding of emails' },
  branding_logos: { none: 'images' },
  kysely_migration: { none: 'versions of the schema' },
  kysely_migration_lock: { none: 'versions of the schema' },
};

function within(column: string, values: readonly string[]): Condition {
  return values.length === 0 ? null : sql<boolean>`${sql.ref(column)} IN (${sql.join([...values])})`;
}

function ofPetParent(ids: readonly string[]): Condition {
  const subject = within('subject_id', ids);
  return subject && sql<boolean>`(kind = 'pet-parent' AND ${subject})`;
}

function ofClients({ clients }: FoundPerson, column: string): Condition {
  return anyOf(
    clients.map(
      ({ practiceId, pimsId }) => sql<boolean>`(practice_id = ${practiceId} AND ${sql.ref(column)} = ${pimsId})`,
    ),
  );
}

function anyOf(conditions: readonly RawBuilder<boolean>[]): Condition {
  return conditions.length === 0 ? null : sql<boolean>`(${sql.join([...conditions], sql` OR `)})`;
}

function either(one: Condition, other: Condition): Condition {
  return anyOf([one, other].filter((condition) => condition !== null));
}

function both(one: Condition, other: Condition): Condition {
  return one && other && sql<boolean>`(${one} AND ${other})`;
}
