import { afterEach, describe, expect, it } from '@jest/globals';
import { createQuota } from '../../../demo/ses/quota.js';
import { refusalOf, sendRaw, startSes, stopAll } from './support.js';

afterEach(stopAll);

const start = Date.UTC(2026, 10, 23, 9);

/** A clock that the test moves. */
function handClock() {
  let at = start;
  return { now: () => at, pass: (ms: number) => void (at += ms) };
}

describe('SES stand-in: the sending rate', () => {
  it('accepts a burst of one second, then refuses with the real Throttling error', async () => {
    const clock = handClock();
    const { ses, client } = await startSes({ maxSendRate: 14 }, { now: clock.now });
    for (let n = 0; n < 14; n += 1) await sendRaw(client);
    expect(await refusalOf(sendRaw(client))).toEqual({
      name: 'Throttling',
      message: 'Maximum sending rate exceeded.',
      status: 400,
    });
    expect(ses.counts.summary()).toMatchObject({ accepted: { mails: 14 }, refused: { rate: 1 } });

    clock.pass(500);
    const later = await Promise.allSettled(Array.from({ length: 10 }, () => sendRaw(client)));
    expect(later.filter((sent) => sent.status === 'fulfilled')).toHaveLength(7);
  });

  it('local SES: never accepts more than burst plus rate times time', () => {
    const clock = handClock();
    const quota = createQuota(clock.now, () => ({ maxSendRate: 100, max24HourSend: -1 }));
    let accepted = 0;
    for (let ms = 0; ms < 60_000; ms += 1) {
      clock.pass(1);
      if (quota.take(1) === 'taken') accepted += 1;
    }
    expect(accepted).toBe(100 + 6_000 - 1);
  });

  it('refuses nothing of a sender that keeps to the rate', () => {
    const clock = handClock();
    const quota = createQuota(clock.now, () => ({ maxSendRate: 14, max24HourSend: -1 }));
    for (let second = 0; second < 600; second += 1) {
      for (let n = 0; n < 14; n += 1) expect(quota.take(1)).toBe('taken');
      clock.pass(1_000);
    }
  });

  it('counts recipients: after 50 of them at 14 a second, the next one waits', () => {
    const clock = handClock();
    const quota = createQuota(clock.now, () => ({ maxSendRate: 14, max24HourSend: -1 }));
    expect(quota.take(50)).toBe('taken');
    clock.pass(2_600);
    expect(quota.take(1)).toBe('rate');
    clock.pass(100);
    expect(quota.take(1)).toBe('taken');
  });

  it('follows a rate that changes at run time', async () => {
    const clock = handClock();
    const { ses, client } = await startSes({ maxSendRate: 1 }, { now: clock.now });
    await sendRaw(client);
    expect((await refusalOf(sendRaw(client))).name).toBe('Throttling');
    ses.set({ maxSendRate: 5 });
    clock.pass(1_000);
    for (let n = 0; n < 5; n += 1) await sendRaw(client);
    expect((await refusalOf(sendRaw(client))).name).toBe('Throttling');
  });
});

describe('SES stand-in: the daily quota', () => {
  it('refuses with the same code and another message', async () => {
    const clock = handClock();
    const { ses, client } = await startSes({ max24HourSend: 3, sentLast24Hours: 1 }, { now: clock.now });
    await sendRaw(client);
    await sendRaw(client);
    expect(await refusalOf(sendRaw(client))).toEqual({
      name: 'Throttling',
      message: 'Daily message quota exceeded.',
      status: 400,
    });
    expect(ses.counts.summary().refused).toEqual({ 'daily-quota': 1 });
  });

  it('local SES: emails of more than 24 hours ago no longer use the daily quota', () => {
    const clock = handClock();
    const hour = 3_600_000;
    const quota = createQuota(clock.now, () => ({ maxSendRate: 100, max24HourSend: 10 }));
    expect(quota.take(6)).toBe('taken');
    clock.pass(12 * hour);
    expect(quota.take(4)).toBe('taken');
    expect(quota.take(1)).toBe('daily-quota');
    clock.pass(12 * hour + 60_000);
    expect(quota.sentLast24Hours()).toBe(4);
    expect(quota.take(6)).toBe('taken');
    expect(quota.take(1)).toBe('daily-quota');
  });

  it('is unlimited at -1', () => {
    const quota = createQuota(
      () => start,
      () => ({ maxSendRate: 1e9, max24HourSend: -1 }),
    );
    for (let n = 0; n < 1_000; n += 1) expect(quota.take(1_000)).toBe('taken');
  });
});
