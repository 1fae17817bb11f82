import { describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/domain/client/client.js';
import { driftBetween } from '../../../src/domain/client/drift.js';
import { addToProfile, emptyProfile, mergeProfiles, readProfile } from '../../../src/domain/client/field-statistics.js';
import { client, pet } from '../support/builders.js';

const many = (n: number, row: (at: number) => Partial<Client> = () => ({})) =>
  Array.from({ length: n }, (_, at) => client(row(at)));
const profileOf = (clients: Client[]) => addToProfile(emptyProfile(), clients);
const sentences = (before: Client[], now: Client[]) =>
  driftBetween(profileOf(before), profileOf(now)).map((one) => one.sentence);

describe('drift', () => {
  it('drift: none between two similar syncs, nor at the first', () => {
    const night = many(100, (at) => ({ inactive: at % 9 === 0, emails: at % 3 ? ['a@x1.com'] : [] }));
    expect(sentences(night, night.slice(0, 97))).toEqual([]);
    expect(driftBetween(emptyProfile(), profileOf(night))).toEqual([]);
  });

  it('drift: reports a column that lost its content', () => {
    expect(
      sentences(
        many(100),
        many(100, (at) => ({ lastVisitOn: at < 2 ? '2026-01-01' : null })),
      ),
    ).toEqual(['Only 2 % of the clients have a value for last visit; it was 100 %. Was a column renamed or emptied?']);
    expect(
      sentences(
        many(100),
        many(100, () => ({ pets: [pet({ bornOn: null })] })),
      )[0],
    ).toContain('pets have a value for pet birth date');
  });

  it('drift: reports counts that jumped', () => {
    expect(
      sentences(
        many(100),
        many(100, (at) => ({ inactive: at < 30 })),
      ),
    ).toEqual(['30 % of the clients have "inactive"; it was 0 %.']);
    expect(sentences(many(100), many(60))[0]).toBe('The PIMS has 60 clients; at the last full scan it had 100.');
    for (const lastName of ['M\ufffdller', 'MÃ¼ller']) {
      expect(
        sentences(
          many(100),
          many(100, () => ({ lastName })),
        ),
      ).toEqual(['100 % of the clients have "garbled name"; it was 0 %.']);
    }
  });

  it('drift: reports codes never seen before', () => {
    const found = driftBetween(profileOf(many(3)), profileOf([...many(3), client({ classification: '__proto__' })]));
    expect(found).toMatchObject([{ kind: 'new-code', field: 'class', code: '__proto__', now: 1 }]);
    expect(
      sentences(
        many(3),
        many(3, () => ({ pets: [pet({ statusRaw: 'NH' })] })),
      ),
    ).toEqual(['3 pets have the pet status "NH", which was never seen before.']);
  });

  it('drift: ignores shares of very few clients', () => {
    expect(
      sentences(
        many(9),
        many(9, () => ({ lastVisitOn: null, inactive: true })),
      ),
    ).toEqual([]);
  });
});

describe('drift: a profile', () => {
  const clients = many(20, (at) => ({
    classification: ['A', 'constructor', null][at % 3]!,
    pets: at % 2 ? [] : [pet()],
  }));

  it('is the same if built at once, in pages, merged, or restored from text', () => {
    const whole = profileOf(clients);
    let text: string | null = null;
    for (let at = 0; at < clients.length; at += 7) {
      text = JSON.stringify(addToProfile(readProfile(text), clients.slice(at, at + 7)));
    }
    expect(JSON.parse(text!)).toEqual(JSON.parse(JSON.stringify(whole)));
    expect(mergeProfiles(profileOf(clients.slice(0, 5)), profileOf(clients.slice(5)))).toEqual(whole);
  });

  it('starts again if its stored text is invalid', () => {
    for (const text of ['', 'null', '{}', '{"clients":-1}']) expect(readProfile(text).clients).toBe(0);
  });

  it('does not grow with a column of free text', () => {
    const profile = profileOf(many(1000, (at) => ({ classification: `note ${at}`, optOut: 'x'.repeat(100) })));
    expect(Object.keys(profile.codes['class']!)).toHaveLength(201);
    expect(profile.codes['class']!['(others)']).toBe(800);
    expect(profile.codes['do-not-email flag']).toEqual({ '(others)': 1000 });
  });
});
