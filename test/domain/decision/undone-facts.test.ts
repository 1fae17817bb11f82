import { describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/domain/client/client.js';
import { nextHold, applyDriftHold } from '../../../src/domain/decision/drift-hold.js';
import { driftBetween } from '../../../src/domain/client/drift.js';
import { decide } from '../../../src/domain/decision/eligibility.js';
import { personOf } from '../../../src/domain/client/person.js';
import { defaultPolicy } from '../../../src/domain/decision/policy.js';
import { addToProfile, emptyProfile } from '../../../src/domain/client/field-statistics.js';
import { keepFacts, undoneKey, type KeptClient, type UndoneFact } from '../../../src/domain/decision/undone-facts.js';
import { client, decisionFacts, inUS, pet, today, undoneFact } from '../support/builders.js';

const keyOf = (row: Client) => personOf(row, inUS).emails.loginKey;

/** Stores one row after the other, as nightly syncs do, and returns the result for the last one. */
function nights(...rows: Partial<Client>[]): KeptClient {
  let kept: KeptClient = { client: client(rows[0]), undone: [] };
  for (const row of rows.slice(1).map(client)) {
    const stored = { ...kept.client, emailKey: keyOf(kept.client), undone: kept.undone };
    kept = keepFacts(stored, row, keyOf(row));
  }
  return kept;
}
const pending = ({ undone }: KeptClient) => undone.filter(({ isPending }) => isPending);
const solo = pet({ pimsId: 'solo', name: 'Solo' });
const dead = { ...solo, diedOn: '2026-11-01' };
const deceased = { ...solo, status: 'deceased' as const };

describe('evaluation: undone facts', () => {
  it.each<[string, Partial<Client>]>([
    ['opted-out', { optOut: 'DNE' }],
    ['inactive', { inactive: true }],
    ['deleted', { deleted: true }],
  ])('is pending until the PIMS reports it again: %s', (kind, row) => {
    expect(pending(nights(row, {}))).toMatchObject([{ kind }]);
    expect(pending(nights(row, {}, { title: 'Dr' }))).toMatchObject([{ kind }]);
    expect(nights(row, {}, row).undone).toEqual([]);
    expect(nights({}, {}).undone).toEqual([]);
  });

  it('keeps a pet deceased that was dead by date or by status, and remembers the date', () => {
    for (const before of [dead, deceased]) {
      const kept = nights({ pets: [before] }, { pets: [solo] }, { pets: [solo], title: 'Dr' });
      expect(kept.client.pets).toMatchObject([{ pimsId: 'solo', status: 'deceased' }]);
      expect(pending(kept)).toMatchObject([{ kind: 'pet-died', subject: 'solo', said: before.diedOn }]);
      expect(nights({ pets: [before] }, { pets: [solo] }, { pets: [before] }).undone).toEqual([]);
    }
  });

  it('needs no confirmation while a dead pet only changes between date, status and inactive', () => {
    expect(nights({ pets: [dead] }, { pets: [deceased] }).undone).toEqual([]);
    const inactive = { ...solo, status: 'inactive' as const };
    expect(pending(nights({ pets: [dead] }, { pets: [inactive] }))).toEqual([]);
    expect(pending(nights({ pets: [dead] }, { pets: [inactive] }, { pets: [solo] }))).toHaveLength(1);
  });

  it('recognises a dead pet that is entered under another id, at once or later', () => {
    const again = { ...solo, pimsId: 'new', name: 'SOLO' };
    for (const rows of [[{ pets: [again] }], [{ pets: [] }, { pets: [again] }]]) {
      const kept = nights({ pets: [dead] }, ...rows);
      expect(kept.client.pets).toMatchObject([{ pimsId: 'new', status: 'deceased' }]);
      expect(pending(kept)).toMatchObject([{ subject: 'new', said: '2026-11-01' }]);
    }
  });

  it('does not take another pet for it: one that was known alive, or differs in name, species or birth date', () => {
    const twice = { ...solo, pimsId: 'twice' };
    expect(pending(nights({ pets: [dead, twice] }, { pets: [twice] }))).toEqual([]);
    for (const other of [{ name: 'Max' }, { species: 'cat' }, { bornOn: '2026-01-01' }, { name: null }]) {
      expect(pending(nights({ pets: [dead] }, { pets: [{ ...twice, ...other }] }))).toEqual([]);
    }
    // The dead pet is still listed; its namesake is another pet.
    expect(pending(nights({ pets: [dead] }, { pets: [dead, twice] }))).toEqual([]);
  });

  it('needs confirmation for an address that the client had before, until it is corrected again', () => {
    const [typo, right, third] = [{ emails: ['a@psot.com'] }, { emails: ['a@post.com'] }, { emails: ['b@x1.com'] }];
    expect(pending(nights(typo, right))).toEqual([]);
    expect(pending(nights(typo, right, typo))).toMatchObject([
      { kind: 'email', subject: 'a@psot.com', said: 'a@post.com' },
    ]);
    for (const after of [right, third]) expect(pending(nights(typo, right, typo, after))).toEqual([]);
    expect(pending(nights(typo, right, third, typo))).toHaveLength(1);
    // An emptied column that is filled again is not a returning fact.
    expect(pending(nights(right, { emails: [] }, right))).toEqual([]);
  });

  it('can be confirmed only as it was shown', () => {
    const facts: UndoneFact[] = [undoneFact('inactive'), undoneFact('opted-out', { said: 'DNE' })];
    expect(undoneKey([...facts].reverse())).toBe(undoneKey(facts));
    expect(undoneKey([undoneFact('inactive')])).not.toBe(undoneKey(facts));
  });
});

describe('evaluation: protection that many clients lose at once', () => {
  const night = (size: number, row: (at: number) => Partial<Client>) =>
    addToProfile(
      emptyProfile(),
      Array.from({ length: size }, (_, at) => client(row(at))),
    );
  const fieldsLost = (size: number, row: (at: number) => Partial<Client>, now = () => ({})) => {
    const current = night(size, now);
    return nextHold([], driftBetween(night(size, row), current), current).map(({ field }) => field);
  };

  it('is held for deaths, opt-outs, inactive and deleted marks, in a small practice too', () => {
    expect(
      fieldsLost(
        60,
        (at) => ({ pets: [at < 6 ? dead : solo] }),
        () => ({ pets: [solo] }),
      ),
    ).toEqual(['no living pet', 'pet death']);
    expect(fieldsLost(60, (at) => ({ optOut: at < 6 ? 'DNE' : null }))).toEqual(['do-not-email flag']);
    expect(fieldsLost(20, (at) => ({ inactive: at < 6 }))).toEqual(['inactive']);
    expect(fieldsLost(20, (at) => ({ deleted: at < 6 }))).toEqual(['deleted']);
  });

  it('waits for each client alone if few lose it, or few of many', () => {
    expect(fieldsLost(60, (at) => ({ optOut: at < 4 ? 'DNE' : null }))).toEqual([]);
    const fewer = (at = 0) => ({ optOut: at < 40 && at > 9 ? 'DNE' : null });
    expect(fieldsLost(200, (at) => ({ optOut: at < 40 ? 'DNE' : null }), fewer)).toEqual([]);
  });

  it('ends its hold when the flag is back, however rare the flag is', () => {
    const asked = night(20_000, (at) => ({ optOut: at < 12 ? 'DNE' : null }));
    const lost = night(20_000, () => ({}));
    const hold = nextHold([], driftBetween(asked, lost), lost);
    expect(hold).toHaveLength(1);
    expect(nextHold(hold, [], lost)).toEqual(hold);
    expect(nextHold(hold, [], asked)).toEqual([]);
  });

  it('waits with the field if all undone facts belong to it, and otherwise for each client alone', () => {
    const hold = [{ kind: 'fill-fell' as const, field: 'pet death', before: 30, now: 0, sentence: '' }];
    const held = (undone: UndoneFact[]) => {
      const facts = decisionFacts({ pets: [deceased] }, { undone });
      return applyDriftHold(decide(facts, defaultPolicy, today), null, hold, undone).reason;
    };
    expect(held([undoneFact('pet-died')])).toBe('field-drift');
    expect(held([undoneFact('pet-died'), undoneFact('opted-out')])).toBe('undone-in-pims');
  });
});
