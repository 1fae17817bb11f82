import { describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/domain/client/client.js';
import { personOf } from '../../../src/domain/client/person.js';
import { isSomeoneElse } from '../../../src/domain/client/same-person.js';
import { client, inUS, pet } from '../support/builders.js';

const rover = pet({ pimsId: 'p1', name: 'Rover', bornOn: '2017-03-01' });
const secret = pet({ pimsId: 'p900', name: 'Secret', bornOn: '2022-08-08' });
const kim = client({ firstName: 'Kim', lastName: 'Park', emails: ['kim.park@x1.com'], pets: [rover] });
const nameOnly = { emails: [], phones: [], createdOn: null, pets: [] };
/** All differences of a stranger except the name. */
const stranger = {
  emails: ['stranger@x1.com'],
  phones: [{ label: 'home', number: '(555) 987-6543' }],
  createdOn: '2024-02-03',
  pets: [secret],
};

function verdict(before: Client, after: Client): 'same' | 'someone else' {
  const { firstName, lastName, emails } = personOf(before, inUS);
  const { pets, ...record } = before;
  const known = { firstName, lastName, emailKey: emails.loginKey, createdOn: record.createdOn, record, pets };
  const someoneElse = isSomeoneElse(known, { client: after, person: personOf(after, inUS) });
  return someoneElse ? 'someone else' : 'same';
}

type Case = [about: string, now: Partial<Client>, before?: Partial<Client>];

describe('identity: the same person after', () => {
  it.each<Case>([
    ['only a new visit', { lastVisitOn: '2026-11-20' }],
    ['a marriage', { lastName: 'Young' }],
    ['a marriage with a new email', { lastName: 'Young', emails: ['kim.young@x1.com'] }],
    ['a marriage, a move and a new email', { ...stranger, lastName: 'Young', createdOn: kim.createdOn, pets: [rover] }],
    ['a marriage of a person with only a name', { ...nameOnly, lastName: 'Young' }, nameOnly],
    ['a move with a new email and phone', { ...stranger, createdOn: kim.createdOn, pets: [rover] }],
    ['a new email without other data', { ...nameOnly, emails: ['new@x1.com'] }, { ...nameOnly, emails: kim.emails }],
    [
      'typing mistakes in both names',
      { ...nameOnly, firstName: 'Jonh', lastName: 'Andersen' },
      { ...nameOnly, firstName: 'John', lastName: 'Anderson' },
    ],
    ['an initial that is written out', { ...stranger, firstName: 'K', pets: [rover] }],
    ['a nickname that is corrected, with a new email', { firstName: 'Kimberly', emails: ['k@x1.com'] }],
    ['a last name that becomes a double name', { ...stranger, lastName: 'Young-Park', pets: [rover] }],
    ['swapped first and last name', { firstName: 'Park', lastName: 'Kim', emails: ['k@x1.com'] }],
    [
      'the spouse who takes over',
      { firstName: 'Lee', emails: ['lee@x1.com'], createdOn: '2020-01-01' },
      { spouseFirstName: 'Lee' },
    ],
    ['a partner of another name who takes over, with the same email', { firstName: 'Lee', lastName: 'Young' }],
    ['new ids of pets', { emails: ['new@x1.com'], pets: [{ ...rover, pimsId: 'x77' }] }],
    ['new ids and days of entry', { createdOn: '2026-11-20', pets: [{ ...rover, pimsId: 'x77' }] }],
    ['a pet that is given another name', { pets: [{ ...rover, name: 'Max' }], emails: ['new@x1.com'] }],
    ['another pet instead of the former', { pets: [secret] }],
    ['a second pet, a new email and a new phone', { ...stranger, pets: [rover, secret] }],
    ['a corrected day of entry', { createdOn: '2018-04-05' }],
    [
      'a phone typed without its area code',
      { ...stranger, pets: [rover], phones: [{ label: null, number: '234-5678' }] },
    ],
    ['a name that is emptied', { firstName: null, lastName: null, emails: ['new@x1.com'] }],
    ['a name that is entered', { emails: ['new@x1.com'] }, { firstName: null, lastName: null }],
    ['everything emptied except the name', nameOnly],
    ['everything filled in except the name', stranger, nameOnly],
    [
      'a nameless row with a new email',
      { firstName: null, lastName: null, emails: ['new@x1.com'] },
      { firstName: null, lastName: null },
    ],
    [
      'a company that moves',
      { firstName: null, lastName: null, companyName: 'Paws Rescue', emails: ['new@x1.com'] },
      { firstName: null, lastName: null, companyName: 'PAWS Rescue' },
    ],
  ])('%s', (_, now, before = {}) => {
    expect(verdict({ ...kim, ...before }, { ...kim, ...before, ...now })).toBe('same');
  });
});

describe('identity: another person', () => {
  it.each<Case>([
    ['when everything differs', { ...stranger, firstName: 'Zed', lastName: 'Young' }],
    ['with the same first name', { ...stranger, lastName: 'Ortega' }],
    ['with the same last name', { ...stranger, firstName: 'Una' }],
    ['with the same names', stranger],
    ['with both names and the phone the same', { ...stranger, phones: kim.phones }],
    ['with both names, and no day of entry known', { ...stranger, createdOn: null }],
    ['with both names, and entered on the same day', { ...stranger, createdOn: kim.createdOn }],
    ['with both names, and no pets known', { ...stranger, pets: [] }, { pets: [] }],
    ['with a pet of the same number', { ...stranger, lastName: 'Ortega', pets: [{ ...rover, name: 'Secret' }] }],
    ['with a pet of the same name', { ...stranger, lastName: 'Ortega', pets: [{ ...secret, name: 'Rover' }] }],
    [
      'with the family’s email, another day of entry and other pets',
      { ...stranger, emails: kim.emails, lastName: 'Young', firstName: 'Zed' },
    ],
    [
      'with the same phone and pet, under other names and another email',
      { firstName: 'Zed', lastName: 'Young', emails: ['zed@x1.com'], createdOn: null },
    ],
    [
      'with the same placeholder for an address',
      { ...stranger, emails: ['none@none.com'] },
      { emails: ['none@none.com'] },
    ],
    ['in a nameless row', { ...stranger, firstName: null, lastName: null }, { firstName: null, lastName: null }],
    [
      'in the row of a company',
      { ...stranger, firstName: null, lastName: null, companyName: 'Oak Farm' },
      { firstName: null, lastName: null, companyName: 'Elm Farm' },
    ],
    [
      'when only one name, email and phone are known',
      { ...nameOnly, emails: ['u@x1.com'], phones: stranger.phones, firstName: 'Una' },
      { ...nameOnly, emails: kim.emails, phones: kim.phones },
    ],
  ])('%s', (_, now, before = {}) => {
    expect(verdict({ ...kim, ...before }, { ...kim, ...before, ...now })).toBe('someone else');
  });
});
