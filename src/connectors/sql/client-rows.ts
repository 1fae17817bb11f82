import type { Client, Phone } from '../../domain/client/client.js';
import { clientStatusReader } from '../codes.js';
import { calendarDate } from '../dates.js';
import type { Dialect, Row } from '../drivers/driver.js';
import type { Mapping } from './mapping/mapping.js';
import { createSelection, type Selection } from './selection.js';
import { flags, type Read, shownText, text, textOf } from './values.js';

export interface ClientRows {
  selection: Selection;
  /** The name of the key in result rows. */
  key: string;
  /** Builds a client without its pets from a row and its key. `latest` is the last believable day. */
  read(row: Row, pimsId: string, latest: string): Client;
}

/** Compiles the mapping of clients once, so that each row costs a few property reads and no lookups by field. */
export function compileClientRows(mapping: Mapping, dialect: Dialect): ClientRows {
  const { clients, codes } = mapping;
  const selection = createSelection(dialect, 'c', clients.joins, 'clients');
  const key = selection.column(clients.key);
  const column = (reference: string | null): string | null => (reference === null ? null : selection.column(reference));

  const displayId = text(selection, clients.displayId, 'number');
  const siteId = text(selection, clients.siteId, 'practice');
  const title = shownText(selection, clients.title, 'title');
  const firstName = shownText(selection, clients.firstName, 'first name');
  const lastName = shownText(selection, clients.lastName, 'last name');
  const spouseFirstName = shownText(selection, clients.spouseFirstName, "spouse's first name");
  const spouseLastName = shownText(selection, clients.spouseLastName, "spouse's last name");
  const companyName = shownText(selection, clients.companyName, 'company name');
  const emails = clients.emails.map((reference) => shownText(selection, reference, 'email'));
  const phones = phoneReaders(selection, clients.phones);
  const classification = text(selection, clients.classification, 'class');
  const createdOn = column(clients.createdOn);
  const lastVisitOn = column(clients.lastVisitOn);
  const status = text(selection, clients.status, 'status');
  const statusOf = clientStatusReader(codes.clientStatus);
  const inactive = flags(selection, clients.inactive);
  const deleted = flags(selection, clients.deleted);
  const optOut = flags(selection, clients.optOut);

  return {
    selection,
    key,
    read(row, pimsId, latest) {
      const code = status(row);
      const meaning = code === null ? 'active' : statusOf(code);
      const isInactive = inactive(row);
      const isDeleted = deleted(row);
      const out = optOut(row);
      return {
        pimsId,
        displayId: displayId(row),
        siteId: siteId(row),
        title: title(row),
        firstName: firstName(row),
        lastName: lastName(row),
        spouseFirstName: spouseFirstName(row),
        spouseLastName: spouseLastName(row),
        companyName: companyName(row),
        emails: present(emails, row),
        phones: present(phones, row),
        inactive: isInactive.raised !== null || meaning === 'inactive',
        deleted: isDeleted.raised !== null || meaning === 'deleted',
        // An opt-out that is neither yes nor no also blocks the email: asking costs less than ignoring a wish.
        optOut: out.raised ?? (out.unclear === null ? null : (out.unclear.split('=')[0] ?? null)),
        classification: classification(row),
        unknownStatus: meaning === undefined ? code : (isInactive.unclear ?? isDeleted.unclear),
        createdOn: createdOn === null ? null : calendarDate(row[createdOn], latest),
        lastVisitOn: lastVisitOn === null ? null : calendarDate(row[lastVisitOn], latest),
        pets: [],
      };
    },
  };
}

function present<T>(readers: Read<T | null>[], row: Row): T[] {
  let found: T[] = [];
  for (const read of readers) {
    const value = read(row);
    // The first push would allocate room for 17 items; most clients have one address and one phone.
    if (value !== null) found = found.length === 0 ? [value] : [...found, value];
  }
  return found;
}

/** Combines a number with the area code that some systems store separately: `780` and `779-7350`. */
function phoneReaders(selection: Selection, phones: Mapping['clients']['phones']): Read<Phone | null>[] {
  return Object.entries(phones).flatMap(([name, phone]) => {
    if (phone === null) return [];
    const number = text(selection, phone.number, 'phone');
    const area = phone.area === null ? null : selection.column(phone.area);
    const label = phone.label === null ? null : selection.column(phone.label);
    return [
      (row: Row): Phone | null => {
        const digits = number(row);
        if (digits === null) return null;
        const before = area === null ? null : textOf(row[area]);
        return {
          label: label === null ? name : textOf(row[label]),
          number:
            before === null || /^\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}$/.test(digits) ? digits : `${before} ${digits}`,
        };
      },
    ];
  });
}
