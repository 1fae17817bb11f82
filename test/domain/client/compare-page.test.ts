import { describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/domain/client/client.js';
import { fingerprint } from '../../../src/domain/client/fingerprint.js';
import { personOf } from '../../../src/domain/client/person.js';
import { comparePage, type StoredClient } from '../../../src/domain/client/compare-page.js';
import { client, inUS, pet } from '../support/builders.js';

const seen = (row: Client) => ({ client: row, fingerprint: fingerprint(row) });

function stored(row: Client, parts: Partial<StoredClient> = {}): [string, StoredClient] {
  const { firstName, lastName, emails } = personOf(row, inUS);
  const known = {
    fingerprint: fingerprint(row),
    missingSince: null,
    firstName,
    lastName,
    emailKey: emails.loginKey,
    createdOn: row.createdOn,
  };
  return [row.pimsId, { ...known, ...parts }];
}

/** Compares one row with its former state. */
function compared(before: Client, now: Client, parts: Partial<StoredClient> = {}) {
  const {
    new: added,
    changed,
    returned,
    unchanged,
    conflicts,
    resolved,
  } = comparePage([seen(now)], new Map([stored(before, parts)]), (row) => personOf(row, inUS));
  const kinds = { added, changed, returned, unchanged, conflicts, resolved };
  return Object.entries(kinds)
    .filter(([, list]) => list.length > 0)
    .map(([kind]) => kind);
}

describe('compare pages: a page', () => {
  const row = client();

  it('does not parse the person of an unchanged row', () => {
    const read = () => {
      throw new Error('not to be called');
    };
    expect(comparePage([seen(row)], new Map([stored(row)]), read).unchanged).toEqual(['c1']);
  });

  it('page comparison: distinguishes new, changed, returned and both', () => {
    const now = client({ emails: ['new@x1.com'] });
    const missingSince = new Date();
    expect(comparePage([seen(row)], new Map(), (one) => personOf(one, inUS)).new[0]?.person.firstName).toBe('Ann');
    expect(compared(row, now)).toEqual(['changed']);
    expect(compared(row, row, { missingSince })).toEqual(['returned']);
    expect(compared(row, now, { missingSince })).toEqual(['returned']);
  });

  it('counts only the last occurrence of a row that comes twice', () => {
    const twice = comparePage([seen(row), seen(client({ title: 'Dr' }))], new Map(), (one) => personOf(one, inUS));
    expect(twice.new.map((one) => one.client.title)).toEqual(['Dr']);
    expect(twice.repeated).toEqual(['c1']);
  });

  it('page comparison: detects that a flagged row is the known person again', () => {
    expect(compared(row, row, { identityConflict: true })).toEqual(['unchanged', 'resolved']);
  });
});

describe('compare pages: an id that now carries another person', () => {
  const ann = client();
  const zed = { firstName: 'Zed', lastName: 'Young', emails: ['zed@x1.com'] };

  it('is a conflict if both names differ and so does the day of entry, or else the email', () => {
    expect(compared(ann, client({ ...zed, createdOn: '2020-01-01' }))).toEqual(['conflicts']);
    expect(compared(ann, client({ ...zed, createdOn: null }))).toEqual(['conflicts']);
    expect(compared(ann, client({ ...zed, createdOn: '2020-01-01' }), { missingSince: new Date() })).toEqual([
      'conflicts',
    ]);
  });

  it.each<[string, Partial<Client>]>([
    ['a marriage', { lastName: 'Young', emails: ['ann.young@x1.com'] }],
    ['a corrected spelling', { firstName: 'ANN', lastName: 'BÄKER', emails: ['zed@x1.com'] }],
    ['swapped names', { firstName: 'Baker', lastName: 'Ann', createdOn: null, emails: ['zed@x1.com'] }],
    ['a partner taking over with the same email', { firstName: 'Zed', lastName: 'Young', createdOn: '2020-01-01' }],
    ['a partner taking over a record of the same day', { ...zed }],
    ['emptied names', { ...zed, firstName: null, lastName: null, createdOn: null }],
    ['different names without other data', { ...zed, emails: [], createdOn: null }],
  ])('is no conflict after %s', (_, parts) => expect(compared(ann, client(parts))).toEqual(['changed']));
});

describe('compare pages: a fingerprint', () => {
  const two = client({ pets: [pet({ pimsId: 'p1' }), pet({ pimsId: 'p2' })] });

  it('does not depend on the order of pets or members', () => {
    const turned = client({ pets: [...two.pets].reverse() });
    expect(fingerprint(turned)).toBe(fingerprint(two));
    const members = Object.fromEntries(Object.entries(two).reverse()) as unknown as Client;
    expect(fingerprint(members)).toBe(fingerprint(two));
  });

  it('changes with every member of a client, its phones and its pets', () => {
    const base = client();
    const changed = (value: unknown) =>
      typeof value === 'boolean' ? !value : typeof value === 'number' ? value + 1 : `${String(value)}.`;
    const prints = new Set([fingerprint(base)]);
    let changes = 0;
    for (const [key, value] of Object.entries(base)) {
      if (key === 'pets') continue;
      const other = key === 'emails' ? ['x@x1.com'] : key === 'phones' ? [{ label: 'x', number: 'y' }] : changed(value);
      prints.add(fingerprint({ ...base, [key]: other }));
      changes++;
    }
    for (const [key, value] of Object.entries(pet())) {
      prints.add(fingerprint(client({ pets: [{ ...pet(), [key]: changed(value) }] })));
      changes++;
    }
    for (const phone of [
      { label: 'work', number: '(555) 234-5678' },
      { label: 'home', number: '1' },
    ]) {
      prints.add(fingerprint(client({ phones: [phone] })));
      changes++;
    }
    expect(prints.size).toBe(changes + 1);
  });

  it('cannot be confused by separators inside texts', () => {
    const one = client({ firstName: 'a","b', lastName: null });
    const other = client({ firstName: 'a', lastName: 'b' });
    expect(fingerprint(one)).not.toBe(fingerprint(other));
    expect(fingerprint(client({ emails: ['a,b'] }))).not.toBe(fingerprint(client({ emails: ['a', 'b'] })));
  });
});
