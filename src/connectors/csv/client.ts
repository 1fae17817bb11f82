import type { Client } from '../../domain/client/client.js';
import { foldName } from '../../domain/client/name.js';
import type { Pet } from '../../domain/client/pet.js';
import { clientStatusReader } from '../codes.js';
import type { DateReading } from '../dates.js';
import { differs, type Cell, type Headers } from './headers.js';
import type { CsvSettings } from './settings.js';
import type { UsualHeaders } from './header-aliases.js';

/** Readers that turn the rows of one clients file into Clients. */
export interface ClientRows {
  key: Cell;
  displayId: Cell;
  read(row: readonly string[], pets: Pet[]): Client;
  /** Returns false if two rows have the names or email addresses of different people. */
  isSamePerson(one: readonly string[], other: readonly string[]): boolean;
}

/** Compiles the readers. Throws `pims-schema-differs` if the file lacks a key, a name or an email column. */
export function clientRows(
  file: string,
  headers: Headers,
  { clients: named, codes }: CsvSettings['mapping'],
  usual: UsualHeaders['clients'],
  readDate: (text: string | null) => DateReading,
): ClientRows {
  const text = (field: TextField): Cell => headers.cell(field, named[field], usual[field]);
  const flag = (field: 'inactive' | 'deleted' | 'optOut'): Cell => headers.flag(field, named[field], usual[field]);

  const key = headers.needed('key', named.key, usual.key);
  const [displayId, siteId, title] = [text('displayId'), text('siteId'), text('title')];
  const [firstName, lastName, companyName] = [text('firstName'), text('lastName'), text('companyName')];
  const [spouseFirstName, spouseLastName] = [text('spouseFirstName'), text('spouseLastName')];
  const [classification, status] = [text('classification'), text('status')];
  const [createdOn, lastVisitOn] = [text('createdOn'), text('lastVisitOn')];
  const [inactive, deleted, optOut] = [flag('inactive'), flag('deleted'), flag('optOut')];
  const emails = named.emails
    ? named.emails.map((name) => headers.cell('emails', name, ''))
    : usual.emails.map((names) => headers.cell('emails', undefined, names));
  const phones = phoneCells(headers, named.phones, usual.phones);

  const { found } = headers;
  if (!found.has('firstName') && !found.has('lastName') && !found.has('companyName'))
    throw differs(file, 'Last Name', 'has no header for a name', 'Name it as `lastName` in the mapping');
  if (!found.has('emails') && named.emails === undefined)
    throw differs(file, 'Email', 'has no header for email addresses', 'Name them as `emails` in the mapping');

  const statusOf = clientStatusReader(codes.clientStatus);
  const date = (cell: string | null): string | null => {
    const reading = readDate(cell);
    return reading === 'absurd' ? null : reading;
  };

  const addressesIn = (row: readonly string[]): string[] =>
    emails.flatMap((email) => (email(row) ?? '').toLowerCase().split(/[\s,;]+/)).filter((word) => word !== '');

  return {
    key,
    displayId,
    isSamePerson(one, other) {
      for (const name of [firstName, lastName, companyName]) {
        const [left, right] = [foldName(name(one)), foldName(name(other))];
        // A value missing on either side is no evidence of a difference.
        if (left !== '' && right !== '' && left !== right) return false;
      }
      const [left, right] = [addressesIn(one), addressesIn(other)];
      return left.length === 0 || right.length === 0 || left.some((address) => right.includes(address));
    },
    read(row, pets) {
      const code = status(row);
      const known = code === null ? 'active' : statusOf(code);
      return {
        pimsId: key(row)!,
        displayId: displayId(row),
        siteId: siteId(row),
        title: title(row),
        firstName: firstName(row),
        lastName: lastName(row),
        spouseFirstName: spouseFirstName(row),
        spouseLastName: spouseLastName(row),
        companyName: companyName(row),
        emails: emails.map((email) => email(row)).filter((email) => email !== null),
        phones: phones.flatMap(({ label, number }) => {
          const written = number(row);
          return written === null ? [] : [{ label, number: written }];
        }),
        inactive: known === 'inactive' || inactive(row) !== null,
        deleted: known === 'deleted' || deleted(row) !== null,
        optOut: optOut(row),
        classification: classification(row),
        unknownStatus: known === undefined ? code : null,
        createdOn: date(createdOn(row)),
        lastVisitOn: date(lastVisitOn(row)),
        pets,
      };
    },
  };
}

type TextField = Exclude<
  keyof UsualHeaders['clients'],
  'key' | 'inactive' | 'deleted' | 'optOut' | 'emails' | 'phones'
>;

function phoneCells(
  { cell }: Headers,
  named: CsvSettings['mapping']['clients']['phones'],
  usual: UsualHeaders['clients']['phones'],
): { label: string; number: Cell }[] {
  const withArea =
    (area: Cell, number: Cell): Cell =>
    (row) => {
      const [code, local] = [area(row), number(row)];
      return local === null || code === null ? local : `${code} ${local}`;
    };
  if (!named)
    return Object.entries(usual).map(([label, { number, area = '' }]) => ({
      label,
      number: withArea(cell('phones', undefined, area), cell('phones', undefined, number)),
    }));
  return Object.entries(named).map(([label, name]) => {
    const { number, area = null } = typeof name === 'string' ? { number: name } : name;
    return { label, number: withArea(cell('phones', area, ''), cell('phones', number, '')) };
  });
}
