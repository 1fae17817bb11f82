import { describe, expect, it } from '@jest/globals';
import { petsToName, type Patient, type PatientRecord, type PetCopy } from '../../../src/domain/account/account-pet.js';
import { accountPets } from '../../../src/domain/account/account-pets.js';

const rex: Patient = {
  pimsId: 'p1',
  name: 'Rex',
  species: 'dog',
  breed: null,
  bornOn: null,
  diedOn: null,
  status: 'active',
};
const record = (patients: Patient[], more: Partial<PatientRecord> = {}): PatientRecord => ({
  practiceId: 'elm',
  clientPimsId: 'c1',
  standing: 'active',
  mergedInto: null,
  firstSeenAt: new Date('2026-01-01'),
  patients,
  ...more,
});
const second = (patients: Patient[], more: Partial<PatientRecord> = {}) =>
  record(patients, { clientPimsId: 'c2', firstSeenAt: new Date('2026-02-01'), ...more });
const copy = (more: Partial<PetCopy> = {}): PetCopy => ({
  id: 'copy',
  practiceId: 'elm',
  pimsId: 'p1',
  name: 'Rex',
  species: 'dog',
  breed: null,
  bornOn: null,
  state: 'confirmed',
  ...more,
});
const shown = (records: PatientRecord[], copies: PetCopy[] = [], elsewhere: Patient[] = []) =>
  accountPets({
    records,
    copies,
    elsewhere: elsewhere.map((patient) => ({ practiceId: 'elm', clientPimsId: 'other', patient })),
  })
    .filter((pet) => pet.shown)
    .map(({ name, keys, passed }) => `${name} ${keys[0]}${passed ? ' passed' : ''}`);

describe('account: the pets of an account', () => {
  const older = { ...rex, pimsId: 'p0', diedOn: '2015-05-05' };
  const born = { ...rex, pimsId: 'p2', bornOn: '2020-02-02' };

  it.each<[string, string[], string[]]>([
    ['a new pet with the name of one that died, in one record', shown([record([older, rex])]), ['Rex elm/p1']],
    [
      'a pet born after a pet of the same name died elsewhere',
      shown([record([older]), second([born])]),
      ['Rex elm/p2'],
    ],
    [
      'a death that only another practice knows',
      shown([record([rex]), second([{ ...rex, status: 'deceased' }], { practiceId: 'oak' })]),
      [],
    ],
    [
      'a merged record beside the one it was merged into',
      shown([record([rex], { standing: 'stale', mergedInto: 'c2' }), second([rex])], [copy()]),
      ['Rex elm/p1'],
    ],
    ['the newest of two active records', shown([record([rex]), second([{ ...rex, pimsId: 'p9' }])]), ['Rex elm/p9']],
    [
      'an active record before a newer inactive one',
      shown([record([rex]), second([{ ...rex, pimsId: 'p9' }], { standing: 'inactive' })]),
      ['Rex elm/p1'],
    ],
    [
      'a patient entered again in the same record',
      shown(
        [
          record([
            { ...rex, status: 'inactive' },
            { ...rex, pimsId: 'p9' },
          ]),
        ],
        [copy()],
      ),
      ['Rex elm/p9'],
    ],
    [
      'two of one name that are of different species',
      shown([record([rex]), second([{ ...rex, pimsId: 'p9', species: 'cat' }])]),
      ['Rex elm/p9', 'Rex elm/p1'],
    ],
    [
      'a rodent of the PIMS that the pet parent added as a guinea pig',
      shown(
        [record([{ ...rex, species: 'rodent' }])],
        [copy({ practiceId: null, pimsId: null, species: 'guinea-pig' })],
      ),
      ['Rex elm/p1'],
    ],
    [
      'a guinea pig and a hamster of one name',
      shown([record([{ ...rex, species: 'guinea-pig' }]), second([{ ...rex, pimsId: 'p9', species: 'hamster' }])]),
      ['Rex elm/p9', 'Rex elm/p1'],
    ],
    [
      'two nameless pets of one birth date',
      shown([record([{ ...born, name: null }]), second([{ ...born, name: null, pimsId: 'p9' }])]),
      [' elm/p9'],
    ],
    [
      'two nameless pets without other data',
      shown([record([{ ...rex, name: null }]), second([{ ...rex, name: null, pimsId: 'p9' }])]),
      [' elm/p9', ' elm/p1'],
    ],
    [
      'a litter of one name that is entered again',
      shown(
        [
          record([rex, { ...rex, pimsId: 'p2' }], { standing: 'stale' }),
          second([
            { ...rex, pimsId: 'p8' },
            { ...rex, pimsId: 'p9' },
          ]),
        ],
        [copy(), copy({ id: 'two', pimsId: 'p2' })],
      ),
      ['Rex elm/p8', 'Rex elm/p9'],
    ],
    [
      'a renamed pet that is entered again',
      shown([record([rex], { standing: 'stale' }), second([{ ...rex, pimsId: 'p9' }])], [copy({ name: 'King Rex' })]),
      ['King Rex elm/p9'],
    ],
    ['a confirmed pet of a missing record', shown([record([rex], { standing: 'stale' })], [copy()]), ['Rex elm/p1']],
    ['an unconfirmed pet of a missing record', shown([record([rex], { standing: 'stale' })]), []],
    [
      'a pet of a missing record that a stranger has now',
      shown([record([rex], { standing: 'stale' })], [copy()], [rex]),
      [],
    ],
    [
      'a number that a stranger’s pet has now',
      shown([record([rex], { standing: 'stale' })], [copy()], [{ ...rex, name: 'Ida' }]),
      ['Rex elm/p1'],
    ],
    [
      'a pet of a record merged into that of another account',
      shown([record([rex], { standing: 'stale', mergedInto: 'other' })], [copy()], [rex]),
      ['Rex elm/p1'],
    ],
    [
      'a pet without a record, added',
      shown([], [copy({ practiceId: null, pimsId: null, state: 'added' })]),
      ['Rex copy'],
    ],
    [
      'two pets that the pet parent lists side by side',
      shown([record([rex])], [copy(), copy({ id: 'two', practiceId: null, pimsId: null, state: 'added' })]),
      ['Rex elm/p1', 'Rex two'],
    ],
  ])('are correct for %s', (_what, found, wanted) => {
    expect(found).toEqual(wanted);
  });

  it('are named in the emails of each practice that lists them as living, each name once', () => {
    const patients = [
      rex,
      { ...rex, pimsId: 'p2', bornOn: '2020-02-02' },
      { ...rex, pimsId: 'p3', name: null },
      { ...rex, pimsId: 'p4', name: 'Gone', status: 'deceased' as const },
      { ...rex, pimsId: 'p5', name: 'Told' },
    ];
    const known = {
      records: [record(patients), record([{ ...rex, name: 'Ida' }], { practiceId: 'oak' })],
      copies: [copy({ pimsId: 'p5', name: 'Told', state: 'passed' as const })],
      elsewhere: [],
    };
    expect(petsToName(accountPets(known), 'elm')).toEqual(['Rex']);
    expect(petsToName(accountPets(known), 'oak')).toEqual(['Ida']);
  });
});
