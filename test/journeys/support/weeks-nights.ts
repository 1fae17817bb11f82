import type { Client } from '../../../src/domain/client/client.js';
import type { Clinic } from './weeks-edits.js';
import { clientRow, petRow, rowsOf, type Truth } from './weeks-truth.js';

/** The rows that a connector reads in one nightly sync. */
export interface View {
  rows: Client[];
  /** True if the rows are correct. */
  isRight: boolean;
  words: string;
  /** The truth at the time of the backup, if it is one. */
  backupOf: Truth | null;
}

/** The correct rows of an earlier night. */
export interface FormerView {
  rows: Client[];
  truth: Truth;
}

type Column =
  | 'deaths'
  | 'do-not-email flags'
  | 'inactive marks'
  | 'deleted marks'
  | 'addresses'
  | 'phones'
  | 'dates of entry'
  | 'pets';

const columns: Record<Column, (row: Client) => Client> = {
  deaths: (row) => ({ ...row, pets: row.pets.map((pet) => ({ ...pet, diedOn: null, status: 'active' })) }),
  'do-not-email flags': (row) => ({ ...row, optOut: null }),
  'inactive marks': (row) => ({ ...row, inactive: false }),
  'deleted marks': (row) => ({ ...row, deleted: false }),
  addresses: (row) => ({ ...row, emails: [] }),
  phones: (row) => ({ ...row, phones: [] }),
  'dates of entry': (row) => ({ ...row, createdOn: null }),
  pets: (row) => ({ ...row, pets: [] }),
};
const columnNames = Object.keys(columns) as Column[];

export const nightNames = [
  'right',
  'restoredBackup',
  'wrongDatabase',
  'emptiedColumn',
  'missingRows',
  'interrupted',
] as const;
export type NightName = (typeof nightNames)[number];

/**
 * Returns the rows that a nightly sync reads.
 *
 * @param former the correct rows of the nights before, oldest first
 */
export function viewOf(
  night: NightName,
  { truth, domain }: Pick<Clinic, 'truth' | 'domain'>,
  former: readonly FormerView[],
  a: number,
): View {
  const right = rowsOf(truth);
  const wrong = (rows: Client[], words: string): View => ({ rows, isRight: false, words, backupOf: null });
  switch (night) {
    case 'restoredBackup': {
      const back = 1 + (a % Math.max(1, former.length));
      const then = former.at(-back);
      return {
        ...wrong(then?.rows ?? right, `the PIMS is a backup ${back} nights old`),
        backupOf: then?.truth ?? null,
      };
    }
    case 'wrongDatabase':
      return wrong(strangers(right, domain, a), 'it is the database of another practice');
    case 'emptiedColumn': {
      const column = columnNames[a % columnNames.length] as Column;
      return wrong(right.map(columns[column]), `all ${column} are empty`);
    }
    case 'missingRows': {
      const rows = right.filter((_, at) => (at + a) % 3 !== 0);
      return wrong(rows, `${right.length - rows.length} of ${right.length} clients are missing`);
    }
    case 'interrupted':
      return { rows: right, isRight: true, words: 'it breaks off after a page', backupOf: null };
    case 'right':
      return { rows: right, isRight: true, words: 'everything is in order', backupOf: null };
  }
}

const otherFirst = ['Ann', 'Kim', 'Zed', 'Ida', 'Bob', 'Vic', 'Una'];
const otherLast = ['Smith', 'Wolf', 'Moss', 'Stone', 'Hale'];
const otherPets = ['Tiger', 'Fox', 'Moe', 'Lady', 'Oscar', 'Ruby', 'Sam', 'Toby', 'Uma', 'Vito', 'Yoda'];

/** Another practice that numbers its clients and pets in the same way, with some people of the same names. */
function strangers(rows: readonly Client[], domain: string, a: number): Client[] {
  return rows.map(({ pimsId, pets }, at) => {
    const n = at + a;
    const person = {
      id: `S${pimsId}`,
      firstName: otherFirst[n % 7]!,
      lastName: otherLast[n % 5]!,
      phone: `555-77${pimsId}`,
      mailboxes: [],
      optedOut: false,
      inactive: false,
      deleted: false,
    };
    const numbers = pets.length > 0 ? pets.map((pet) => pet.pimsId) : [`p9${at}`];
    const theirs = numbers.map((number, i) =>
      petRow(number, {
        id: `SA${number}`,
        name: otherPets[(n + i) % 11]!,
        bornOn: `2019-03-0${1 + (n % 9)}`,
        owner: person.id,
        diedOn: null,
        recordedAs: 'both',
      }),
    );
    const email = `s${pimsId}@another.${domain}`;
    return clientRow(person, { number: pimsId, email, createdOn: `2017-01-1${n % 10}` }, theirs);
  });
}
