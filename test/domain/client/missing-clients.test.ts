import { describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/domain/client/client.js';
import { profileDifferences } from '../../../src/domain/account/profile-differences.js';
import { personOf } from '../../../src/domain/client/person.js';
import { mergeGuess, checkMissingLimit } from '../../../src/domain/client/missing-clients.js';
import { client, inUS } from '../support/builders.js';

describe('missing clients: the safety stop on absence', () => {
  it('missing clients: allows a few, and more if they are a small share', () => {
    expect(checkMissingLimit({ stored: 6, missing: 5, limit: 0.2 }).proceed).toBe(true);
    expect(checkMissingLimit({ stored: 1000, missing: 200, limit: 0.2 })).toEqual({
      proceed: true,
      share: 0.2,
      sentence: '200 of 1000 known clients (20 %) are missing from the PIMS.',
    });
    expect(checkMissingLimit({ stored: 0, missing: 0, limit: 0 }).proceed).toBe(true);
  });

  it('missing clients: stops above the share and gives the number', () => {
    expect(checkMissingLimit({ stored: 1000, missing: 201, limit: 0.2 })).toMatchObject({
      proceed: false,
      sentence:
        '201 of 1000 known clients (20.1 %) are missing from the PIMS, more than the 20 % that may be missing at once.',
    });
    expect(checkMissingLimit({ stored: 6, missing: 6, limit: 0.2 }).proceed).toBe(false);
  });
});

describe('missing clients: detecting a merge', () => {
  const person = (parts: Partial<Client> = {}) => personOf(client(parts), inUS);
  const gone = { pimsId: 'c1', person: person(), petIds: ['p1', 'p2'] };
  const now = (owner: { pimsId: string; person: ReturnType<typeof person> }) =>
    new Map(gone.petIds.map((id) => [id, [owner]]));
  const elsewhere = { emails: ['other@x1.com'], phones: [] };

  it('needs all pets under one client and proof that it is the same person', () => {
    const byEmail = { pimsId: 'c2', person: person({ firstName: 'Bob', lastName: 'Young' }) };
    expect(mergeGuess(gone, now(byEmail))).toEqual({
      mergedInto: 'c2',
      sentence: 'All 2 of its pets are now under client c2, who has the same email.',
    });
    expect(mergeGuess(gone, now({ pimsId: 'c2', person: person(elsewhere) }))?.sentence).toContain('same name');
    const byPhone = { pimsId: 'c2', person: person({ firstName: 'A', emails: [] }) };
    expect(mergeGuess(gone, now(byPhone))?.sentence).toContain('same phone and last name');
  });

  it('detects none if a pet was given away, the pets were split up, or they stayed with a partner', () => {
    const stranger = { pimsId: 'c2', person: person({ ...elsewhere, firstName: 'Zed', lastName: 'Young' }) };
    const partner = { pimsId: 'c3', person: person({ firstName: 'Bob', emails: ['bob@x1.com'] }) };
    const same = { pimsId: 'c4', person: person() };
    expect(mergeGuess(gone, now(stranger))).toBeNull();
    expect(mergeGuess(gone, now(partner))).toBeNull();
    expect(
      mergeGuess(
        gone,
        new Map([
          ['p1', [same]],
          ['p2', [partner]],
        ]),
      ),
    ).toBeNull();
    expect(mergeGuess(gone, new Map([['p1', [same]]]))).toBeNull();
    expect(mergeGuess({ ...gone, petIds: [] }, now(same))).toBeNull();
    expect(mergeGuess(gone, new Map(gone.petIds.map((id) => [id, [same, { ...same, pimsId: 'c5' }]])))).toBeNull();
  });
});

describe('missing clients: profile differences', () => {
  const person = personOf(client(), inUS);

  it('are listed where the PIMS differs', () => {
    const said = profileDifferences({ firstName: 'Anna', lastName: 'Baker', phone: '+15559876543' }, person);
    expect(said.map((one) => one.sentence)).toEqual([
      'The owner says: first name Anna. The PIMS has Ann.',
      'The owner says: phone +15559876543. The PIMS has (555) 234-5678.',
    ]);
  });

  it('are none if a value is only spelled differently, or was left empty', () => {
    expect(profileDifferences({ firstName: 'ANN', lastName: ' Bäker', phone: '555 234 5678' }, person)).toEqual([]);
    expect(profileDifferences({ firstName: null, lastName: '', phone: null }, person)).toEqual([]);
  });
});
