import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Client } from '../../../src/domain/client/client.js';
import { decide, precedence, type DecisionFacts } from '../../../src/domain/decision/eligibility.js';
import { fingerprint } from '../../../src/domain/client/fingerprint.js';
import { personOf } from '../../../src/domain/client/person.js';
import { defaultPolicy, invitePolicySchema, policyKey } from '../../../src/domain/decision/policy.js';
import { addToProfile, emptyProfile } from '../../../src/domain/client/field-statistics.js';
import { reasons, sentenceFor, type ReasonCode } from '../../../src/domain/decision/reasons.js';
import { anyClient } from '../support/arbitrary.js';
import { client, decisionFacts, inUS, pet, today, undoneFact } from '../support/builders.js';

describe('evaluation: the order of reasons', () => {
  const policy = invitePolicySchema.parse({ excludedClasses: ['REF'], visitWithinMonths: 1 });
  const duplicates = [{ pimsId: 'c9', emailKey: 'x@x1.com' }];

  it('is the documented one: the most serious reason comes first', () => {
    // Every check fails at first; each step fixes the one that the last result named.
    let row: Partial<Client> = {
      deleted: true,
      inactive: true,
      unknownStatus: 'X',
      optOut: 'NO',
      classification: 'ref',
      companyName: 'Farm',
      firstName: null,
      lastName: 'DECEASED',
      emails: [],
      pets: [pet({ diedOn: '2026-11-01' })],
      lastVisitOn: null,
      createdOn: null,
    };
    let facts: Partial<DecisionFacts> = {
      identityConflict: true,
      mergedInto: 'c2',
      missing: true,
      account: 'closed',
      linked: true,
      refused: true,
      suppressed: 'complained',
      sharedBy: 99,
      duplicates,
      undone: [undoneFact('opted-out'), undoneFact('email'), undoneFact('pet-died')],
      confirmJoin: true,
    };
    const steps: [ReasonCode, Partial<Client>, Partial<DecisionFacts>][] = [
      ['identity-conflict', {}, { identityConflict: false }],
      ['merged', {}, { mergedInto: null }],
      ['missing', {}, { missing: false }],
      ['deleted', { deleted: false }, {}],
      ['inactive', { inactive: false }, {}],
      ['unknown-status', { unknownStatus: null }, {}],
      ['opted-out', { optOut: null }, {}],
      ['undone-in-pims', {}, { undone: [undoneFact('email'), undoneFact('pet-died')] }],
      ['account-closed', {}, { account: 'used' }],
      ['taken-off-account', {}, { refused: false }],
      ['has-account', {}, { linked: false }],
      ['excluded-class', { classification: null }, {}],
      ['business', { firstName: 'Ann' }, {}],
      ['note-in-name', { lastName: 'Baker' }, {}],
      ['no-email', { emails: ['ann@x'] }, {}],
      ['malformed-email', { emails: ['žofie@x1.com'] }, {}],
      ['unsendable-email', { emails: ['noreply@x1.com'] }, {}],
      ['role-email', { emails: ['none@none.com'] }, {}],
      ['placeholder-email', { emails: ['ann@x2.com'] }, {}],
      ['complained', {}, { suppressed: 'unsubscribed' }],
      ['unsubscribed', {}, { suppressed: 'bounced' }],
      ['bounced', {}, { suppressed: null }],
      ['shared-by-too-many', {}, { sharedBy: 1 }],
      ['undone-in-pims', {}, { undone: [undoneFact('pet-died')] }],
      ['undone-in-pims', {}, { undone: [] }],
      ['grief-hold', { pets: [pet({ status: 'unknown' })] }, {}],
      ['unknown-pet-status', { pets: [] }, {}],
      ['no-living-pet', { pets: [pet()] }, {}],
      ['outside-visit-window', { lastVisitOn: today }, {}],
      ['duplicate-suspect', {}, { duplicates: [] }],
      ['confirm-join', {}, { confirmJoin: false }],
      ['has-account', {}, { account: 'pending' }],
      ['eligible', {}, {}],
    ];
    for (const [reason, mend, mendFacts] of steps) {
      expect(decide(decisionFacts(row, facts), policy, today).reason).toBe(reason);
      row = { ...row, ...mend };
      facts = { ...facts, ...mendFacts };
    }
    expect(steps.map(([reason]) => reason)).toEqual(precedence);
  });

  it('names the same duplicate suspect for any order of several', () => {
    const duplicateOf = (...ids: string[]) => {
      const duplicates = ids.map((pimsId) => ({ pimsId, emailKey: `${pimsId}@x1.com` }));
      return decide(decisionFacts({}, { duplicates }), defaultPolicy, today).sentence;
    };
    expect(duplicateOf('c9', 'c7', 'c8')).toBe(duplicateOf('c7', 'c8', 'c9'));
  });

  it('lets staff overrule exactly the reasons that allow it', () => {
    for (const [code, reason] of Object.entries(reasons)) {
      if (reason.mayAllow) continue;
      const allowed = [code as ReasonCode];
      const facts = decisionFacts({ emails: [], deleted: true }, { allowed, identityConflict: true });
      expect(decide(facts, policy, today).verdict).not.toBe('invite');
    }
  });

  it('has a sentence for each, with every detail filled in', () => {
    for (const [code, { title, sentence }] of Object.entries(reasons)) {
      expect(title.length).toBeGreaterThan(3);
      expect(sentence).toMatch(/[.]$/);
      expect(sentenceFor(code as ReasonCode, {})).not.toMatch(/[{}]/);
    }
  });
});

describe('evaluation: any input', () => {
  it('gets a person, a fingerprint, a profile and a decision, and never an exception', () => {
    const policy = invitePolicySchema.parse({
      excludedClasses: ['x'],
      placeholders: ['*a*@', '@b.*'],
      visitWithinMonths: 24,
    });
    fc.assert(
      fc.property(anyClient, fc.constantFrom('US', 'GB', '', 'nowhere'), (row, defaultCountry) => {
        const person = personOf(row, { defaultCountry, ...policy });
        expect(person.displayName).not.toBe('');
        expect(person.emails.login === null).toBe(person.emails.problem !== null);
        expect(`${person.displayName}${person.emails.login}`).not.toMatch(/[\r\n\0]/);
        expect(fingerprint(row)).toMatch(/^[0-9a-f]{32}$/);
        expect(addToProfile(emptyProfile(), [row]).clients).toBe(1);
        const decision = decide(decisionFacts({}, { client: row, person }), policy, today);
        expect(decision.sentence.length).toBeLessThan(500);
        expect(decision.decideAgainOn ?? '2000-01-01').toMatch(/^\d{4}-\d{2}-\d{2}$/);
        if (decision.verdict === 'invite') expect(person.emails.login).not.toBeNull();
      }),
      { numRuns: 1500 },
    );
  });

  it('keeps its decision until its `decideAgainOn`', () => {
    const day = fc
      .integer({ min: 0, max: 1200 })
      .map((n) => new Date(Date.UTC(2025, 0, 1 + n)).toISOString().slice(0, 10));
    const policy = invitePolicySchema.parse({ visitWithinMonths: 6 });
    fc.assert(
      fc.property(day, day, day, fc.option(day), (now, later, lastVisitOn, diedOn) => {
        const facts = decisionFacts({ lastVisitOn, createdOn: null, pets: [pet({ diedOn })] });
        const decision = decide(facts, policy, now);
        if (later < now || (decision.decideAgainOn !== null && later >= decision.decideAgainOn)) return;
        expect(decide(facts, policy, later).reason).toBe(decision.reason);
      }),
      { numRuns: 1500 },
    );
  });
});

describe('evaluation: the policy', () => {
  it('is complete with defaults only, and refuses unknown words', () => {
    expect(invitePolicySchema.parse({})).toMatchObject({
      welcome: 'after-approval',
      sharedAddressLimit: 4,
      griefDays: 90,
      visitWithinMonths: null,
      missingLimitShare: 0.2,
    });
    expect(invitePolicySchema.safeParse({ grief_days: 3 }).success).toBe(false);
  });

  it('has a key that changes only with settings that affect decisions', () => {
    const key = policyKey(defaultPolicy);
    expect(key).toMatch(/^[0-9a-f]{16}$/);
    expect(policyKey({ ...defaultPolicy, welcome: 'automatic', missingLimitShare: 1 })).toBe(key);
    const changes = [
      { placeholders: ['@x'] },
      { realAddresses: ['a@b.c'] },
      { sharedAddressLimit: 5 },
      { griefDays: 1 },
      { excludedClasses: ['x'] },
      { visitWithinMonths: 1 },
    ];
    expect(new Set([key, ...changes.map((one) => policyKey({ ...defaultPolicy, ...one }))]).size).toBe(
      changes.length + 1,
    );
    const order = (placeholders: string[]) => policyKey({ ...defaultPolicy, placeholders });
    expect(order(['@a', '@b'])).toBe(order(['@b', '@a']));
  });
});

it('keeps a person separate from the row it came from', () => {
  const row = client();
  const before = JSON.stringify(row);
  personOf(row, inUS);
  expect(JSON.stringify(row)).toBe(before);
});
