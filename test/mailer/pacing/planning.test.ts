import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { safetyStop, firstStep, nextStep } from '../../../src/mailer/pacing/rollout.js';
import { fairShares, type Waiting } from '../../../src/mailer/pacing/fair-queue.js';
import { quietUntil } from '../../../src/mailer/pacing/quiet-hours.js';
import { rateOf, shareNow, shrunk, windowOf } from '../../../src/mailer/pacing/adaptive-rate.js';
import { rolloutSchema } from '../../../src/mailer/settings.js';

const waiting = (practiceId: string, next: number, atMost = Number.POSITIVE_INFINITY): Waiting => ({
  practiceId,
  next,
  atMost,
});

describe('pacing: fairShares', () => {
  it('fairShares: shares evenly among waiting practices, and lets those behind catch up first', () => {
    expect(Object.fromEntries(fairShares(10, [waiting('a', 0), waiting('b', 0)]))).toEqual({ a: 5, b: 5 });
    expect(Object.fromEntries(fairShares(10, [waiting('a', 6), waiting('b', 0)]))).toEqual({ a: 2, b: 8 });
    expect(Object.fromEntries(fairShares(3, [waiting('a', 50), waiting('b', 0)]))).toEqual({ b: 3 });
    expect(Object.fromEntries(fairShares(9, [waiting('a', 0, 2), waiting('b', 0)]))).toEqual({ a: 2, b: 7 });
  });

  it('fairShares: gives no more than there is room for, and leaves no usable room empty', () => {
    const one = fc.record({ next: fc.nat(50), atMost: fc.nat(20) });
    fc.assert(
      fc.property(fc.nat(200), fc.array(one, { maxLength: 12 }), (room, list) => {
        const all = list.map(({ next, atMost }, at) => waiting(`p${at}`, next, atMost));
        const shares = fairShares(room, all);
        const given = [...shares.values()].reduce((sum, count) => sum + count, 0);
        for (const { practiceId, atMost } of all) expect(shares.get(practiceId) ?? 0).toBeLessThanOrEqual(atMost);
        expect(given).toBe(
          Math.min(
            room,
            all.reduce((sum, { atMost }) => sum + atMost, 0),
          ),
        );
      }),
    );
  });
});

describe('pacing: the rollout of a campaign', () => {
  const rollout = rolloutSchema.parse({});
  const now = new Date('2026-05-04T12:00:00Z');
  const out = { handedOver: 25, underWay: 0, lastHandedAt: new Date('2026-05-04T11:30:00Z') };

  it('begins with 25, watches them for an hour, then widens by four', () => {
    const first = firstStep(rollout);
    expect(first).toEqual({ step: 25, allowance: 25, watchUntil: null });
    const used = { ...first, allowance: 0 };
    expect(nextStep(used, out, rollout, now)).toEqual({
      step: 25,
      allowance: 0,
      watchUntil: new Date('2026-05-04T12:30:00Z'),
    });
    const later = new Date('2026-05-04T12:30:00Z');
    expect(nextStep(used, out, rollout, later)).toEqual({ step: 100, allowance: 75, watchUntil: null });
    expect(nextStep({ ...used, step: 1600 }, { ...out, handedOver: 1600 }, rollout, later).step).toBeNull();
  });

  it('counts emails sent before it was careful', () => {
    const later = new Date('2026-05-04T13:00:00Z');
    const used = { step: 25, allowance: 0, watchUntil: null };
    expect(nextStep(used, { ...out, handedOver: 300 }, rollout, later)).toEqual({
      step: 400,
      allowance: 100,
      watchUntil: null,
    });
    expect(nextStep(used, { ...out, handedOver: 30_000 }, rollout, later).step).toBeNull();
  });

  it('returns the room of emails that were not sent, and waits for those being sent', () => {
    const used = { step: 25, allowance: 0, watchUntil: null };
    expect(nextStep(used, { ...out, handedOver: 20 }, rollout, now).allowance).toBe(5);
    expect(nextStep(used, { ...out, handedOver: 20, underWay: 5 }, rollout, now)).toEqual(used);
  });

  it.each([
    [{ handedOver: 25, bounced: 2, complained: 0 }, null],
    [{ handedOver: 25, bounced: 3, complained: 0 }, /3 of 25 \(12.0 %\) emails bounced/],
    [{ handedOver: 1000, bounced: 29, complained: 0 }, null],
    [{ handedOver: 1000, bounced: 30, complained: 0 }, /3.0 %/],
    [{ handedOver: 1000, bounced: 0, complained: 1 }, null],
    [{ handedOver: 1000, bounced: 0, complained: 2 }, /marked the email as spam/],
  ])('decides %j', (fared, sentence) => {
    const why = safetyStop(fared, rollout);
    if (sentence === null) expect(why).toBeNull();
    else expect(why).toMatch(sentence);
  });
});

describe('pacing: quietUntil', () => {
  const night = { from: '20:00', until: '08:00' };
  it.each([
    ['2026-05-04T12:59:00Z', night, '2026-05-04T13:00:00.000Z'],
    ['2026-05-04T13:00:00Z', night, null],
    ['2026-05-05T00:59:00Z', night, null],
    ['2026-05-05T01:00:00Z', night, '2026-05-05T13:00:00.000Z'],
    ['2026-03-08T03:00:00Z', night, '2026-03-08T13:00:00.000Z'],
    ['2026-11-01T03:00:00Z', night, '2026-11-01T14:00:00.000Z'],
    ['2026-05-04T17:30:00Z', { from: '12:00', until: '13:00' }, '2026-05-04T18:00:00.000Z'],
    ['2026-05-04T17:30:00Z', null, null],
  ])('at %s in Chicago', (now, hours, until) => {
    expect(quietUntil(new Date(now), 'America/Chicago', hours)?.toISOString() ?? null).toBe(until);
  });
});

describe('pacing: the rate', () => {
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);

  it('falls when SES throttles, pauses, and rises again', () => {
    const down = { share: shrunk({ share: 1, throttledAt: null }, at(0)), throttledAt: at(0) };
    expect(down.share).toBeCloseTo(0.95);
    expect(shareNow(down, at(2))).toBeCloseTo(0.95);
    expect(shareNow(down, at(7))).toBeCloseTo(0.975);
    expect(shareNow(down, at(60))).toBe(1);
    let share = { share: 1, throttledAt: at(0) };
    for (let second = 0; second < 200; second++) share = { share: shrunk(share, at(second)), throttledAt: at(second) };
    expect(share.share).toBeCloseTo(0.1);
  });

  it('is the quota, or less if configured; one a second before SES reports a quota', () => {
    expect([rateOf(14, 1, null), rateOf(500, 0.5, 100), rateOf(null, 1, null)]).toEqual([14, 50, 1]);
    expect([windowOf(1), windowOf(14), windowOf(500), windowOf(100_000)]).toEqual([4, 28, 1000, 2000]);
  });
});
