import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secret } from '../../../src/lib/secret.js';
import {
  endSession,
  endSessionsOf,
  findSession,
  openSession,
  pruneSessions,
} from '../../../src/store/access/sessions.js';
import { pruneThrottles, takeAttempt, throttleName } from '../../../src/store/access/throttles.js';
import { inTransaction } from '../../../src/store/db/database.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

const life = { idleSeconds: 600, absoluteSeconds: 3600 };
const start = new Date('2026-03-03T10:00:00.000Z');
const at = (seconds: number) => () => new Date(start.getTime() + seconds * 1000);
const subject = { kind: 'staff', subjectId: '0'.repeat(20), purpose: 'full' } as const;
const open = () => openSession(database.db, subject, life, start);
const find = (token: Secret, seconds: number, kind: 'staff' | 'pet-parent' = 'staff') =>
  findSession(database.db, token, kind, () => life, at(seconds));

describe('access: a session', () => {
  it('is found by its token, for its kind only', async () => {
    const { token } = await open();
    expect(await find(token, 1)).toMatchObject(subject);
    expect(await find(token, 1, 'pet-parent')).toBeNull();
    expect(await find(new Secret('made-up'), 1)).toBeNull();
  });

  it('is extended while it is used, but not beyond its maximum', async () => {
    const { token } = await open();
    for (const seconds of [500, 1000, 1500, 2000, 2500, 3000, 3500]) expect(await find(token, seconds)).not.toBeNull();
    expect(await find(token, 3600)).toBeNull();
  });

  it('ends when it is not used', async () => {
    const { token } = await open();
    expect(await find(token, 600)).toBeNull();
  });

  it('ends alone, or with all others of its person', async () => {
    const [one, two] = [await open(), await open()];
    await endSession(database.db, one.token);
    expect(await find(one.token, 1)).toBeNull();
    expect(await find(two.token, 1)).not.toBeNull();
    await endSessionsOf(database.db, 'staff', subject.subjectId);
    expect(await find(two.token, 1)).toBeNull();
  });

  it('is deleted by the sweep after its end', async () => {
    await open();
    expect(await pruneSessions(database.db, at(3599)())).toBe(0);
    expect(await pruneSessions(database.db, at(3600)())).toBeGreaterThan(0);
  });
});

describe('access: a throttle', () => {
  const rule = { free: 2, waits: [10, 60], windowSeconds: 3600 };
  const take = (name: string, seconds: number) =>
    inTransaction(database.db, (trx) => takeAttempt(trx, [{ name, rule }], at(seconds)()));

  it('allows the first attempts, then makes each wait longer than the one before', async () => {
    expect([await take('a', 0), await take('a', 0), await take('a', 0)]).toEqual([0, 0, 10]);
    expect([await take('a', 10), await take('a', 11), await take('a', 70), await take('a', 71)]).toEqual([
      0, 59, 0, 59,
    ]);
  });

  it('forgets after a while without attempts, and is deleted by the sweep', async () => {
    await take('b', 0);
    await take('b', 0);
    expect(await take('b', 3600)).toBe(0);
    expect(await take('b', 3600)).toBe(0);
    await inTransaction(database.db, (trx) => pruneThrottles(trx, at(100_000)()));
    expect(await database.db.selectFrom('throttles').select('name').execute()).toEqual([]);
  });

  it('counts parallel attempts', async () => {
    const waits = await Promise.all(Array.from({ length: 12 }, () => take('c', 0)));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(2);
  });

  it('has a name that does not reveal the person', () => {
    const name = throttleName('pair', ['pet-parent', 'ada@example.com', '192.0.2.1'], 'pepper');
    expect(name).not.toMatch(/ada|example|192/);
    expect(name).not.toBe(throttleName('pair', ['pet-parent', 'ada@example.com', '192.0.2.1'], 'other'));
    expect(name.length).toBeLessThan(60);
  });
});
