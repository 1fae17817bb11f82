import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../src/domain/decision/eligibility.js';
import { personOf } from '../../../src/domain/client/person.js';
import { defaultPolicy } from '../../../src/domain/decision/policy.js';
import { reasons, type ReasonCode } from '../../../src/domain/decision/reasons.js';
import { client, decisionFacts, inUS, today } from '../support/builders.js';
import { hostileClients } from '../support/hostile-clients-table.js';

describe('evaluation: hostile clients', () => {
  it.each(hostileClients)('$about', ({ row, facts, policy, expect: [verdict, reason], login, says, again }) => {
    const whole = { ...defaultPolicy, ...policy };
    const person = personOf(client(row), { ...inUS, ...whole });
    const decision = decide(decisionFacts(row, { person, ...facts }), whole, today);
    expect(decision).toMatchObject({ verdict, reason });
    expect(decision.sentence).toContain(says ?? '');
    expect(decision.sentence).not.toMatch(/[\r\n{}]|undefined|null/);
    expect(decision.decideAgainOn).toBe(again ?? (reason === 'grief-hold' ? decision.decideAgainOn : null));
    if (login !== undefined) expect(person.emails.login).toBe(login);
  });

  it('covers every reason', () => {
    const covered = new Set<ReasonCode>(hostileClients.map((one) => one.expect[1]));
    // No single record has this reason; it applies to a whole practice whose data changed.
    covered.add('field-drift');
    expect(Object.keys(reasons).filter((code) => !covered.has(code as ReasonCode))).toEqual([]);
    expect(hostileClients.length).toBeGreaterThanOrEqual(80);
  });
});
