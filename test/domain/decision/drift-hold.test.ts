import { describe, expect, it } from '@jest/globals';
import { nextHold, readHold, applyDriftHold, type DriftHold } from '../../../src/domain/decision/drift-hold.js';
import { driftBetween } from '../../../src/domain/client/drift.js';
import { decide } from '../../../src/domain/decision/eligibility.js';
import { defaultPolicy } from '../../../src/domain/decision/policy.js';
import { addToProfile, emptyProfile } from '../../../src/domain/client/field-statistics.js';
import type { Client } from '../../../src/domain/client/client.js';
import { client, decisionFacts, pet, today } from '../support/builders.js';

const night = (row: (at: number) => Partial<Client>) =>
  addToProfile(
    emptyProfile(),
    Array.from({ length: 100 }, (_, at) => client(row(at))),
  );
const usual = night(() => ({}));
const holdAfter = (row: (at: number) => Partial<Client>, before = usual) => {
  const now = night(row);
  return nextHold([], driftBetween(before, now), now);
};
const fieldsOf = (hold: DriftHold) => hold.map(({ kind, field }) => `${kind} ${field}`);
const invited = { verdict: 'invite', reason: 'eligible' } as const;
const decisionOf = (row: Partial<Client>, parts = {}) => decide(decisionFacts(row, parts), defaultPolicy, today);

describe('evaluation: a hold for drift', () => {
  it('names only fields that decisions depend on', () => {
    const noEmail = (at: number) => ({ emails: at < 30 ? ['a@x1.com'] : [], companyName: null });
    expect(fieldsOf(holdAfter(noEmail))).toEqual(['fill-fell email', 'fill-fell email with @']);
    expect(fieldsOf(holdAfter(() => ({ lastName: 'M\ufffdller' })))).toEqual([]);
    expect(fieldsOf(holdAfter(() => ({ pets: [pet({ status: 'inactive' })] })))).toEqual(['fill-fell living pet']);
    expect(fieldsOf(holdAfter(() => ({ inactive: true })))).toEqual(['count-jumped inactive']);
    const asked = night((at) => ({ optOut: at < 25 ? 'NO' : null }));
    expect(fieldsOf(holdAfter(() => ({}), asked))).toEqual(['fill-fell do-not-email flag']);
  });

  it('ends for a field that is as before, and stays for a field that is not', () => {
    const lost = night((at) => ({ emails: at < 30 ? ['a@x1.com'] : [] }));
    const hold = nextHold([], driftBetween(usual, lost), lost);
    expect(nextHold(hold, driftBetween(lost, lost), lost)).toEqual(hold);
    expect(nextHold(hold, driftBetween(lost, usual), usual)).toEqual([]);
    expect(readHold(JSON.stringify(hold))).toEqual(hold);
    for (const text of [null, '', '{}', '[1]', 'null']) expect(readHold(text)).toEqual([]);
  });

  it('holds only clients whose field is worse or new', () => {
    const hold = holdAfter((at) => ({ emails: at < 30 ? ['a@x1.com'] : [] }));
    const noEmail = decisionOf({ emails: [] });
    const held = { verdict: 'hold', reason: 'field-drift' };
    expect(applyDriftHold(noEmail, invited, hold)).toMatchObject(held);
    expect(applyDriftHold(noEmail, null, hold)).toMatchObject(held);
    expect(applyDriftHold(noEmail, { verdict: 'hold', reason: 'field-drift' }, hold)).toMatchObject(held);
    expect(applyDriftHold(noEmail, { verdict: 'skip', reason: 'no-email' }, hold)).toBe(noEmail);
    expect(applyDriftHold(noEmail, invited, [])).toBe(noEmail);
    for (const other of [decisionOf({}), decisionOf({ inactive: true }), decisionOf({ pets: [] })]) {
      expect(applyDriftHold(other, invited, hold)).toBe(other);
    }
  });

  it('of a lost flag holds clients that the flag kept from email, and new ones', () => {
    const asked = night((at) => ({ optOut: at < 25 ? 'NO' : null }));
    const hold = holdAfter(() => ({}), asked);
    const eligible = decisionOf({});
    expect(applyDriftHold(eligible, { verdict: 'skip', reason: 'opted-out' }, hold).reason).toBe('field-drift');
    expect(applyDriftHold(eligible, null, hold).reason).toBe('field-drift');
    expect(applyDriftHold(eligible, invited, hold)).toBe(eligible);
    expect(applyDriftHold(eligible, { verdict: 'skip', reason: 'no-email' }, hold)).toBe(eligible);
  });
});
