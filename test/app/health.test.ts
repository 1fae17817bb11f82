import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { serveHealth, type ServedHealth } from '../../src/app/health.js';
import { Secret } from '../../src/lib/secret.js';
import { healthPlugin } from '../../src/web/http/health.js';
import fastify from 'fastify';
import type { App } from '../../src/app/create-app.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

const log = pino({ level: 'silent' });

describe('health address of a worker', () => {
  let database: TestDatabase;
  let health: ServedHealth;
  beforeAll(async () => {
    database = await testDatabase();
    const config = { redisUrl: new Secret(process.env['REDIS_URL'] as string) } as App['config'];
    health = await serveHealth({ db: database.db, config, log }, 0);
  });
  afterAll(async () => {
    await health?.stop();
    await database?.drop();
  });

  const ready = async () => (await fetch(`http://127.0.0.1:${health.port}/readyz`)).json();

  it('is ready only from the start of its work to the end', async () => {
    const says = (work: string) => ({ database: 'ok', redis: 'ok', work });
    expect(await ready()).toEqual({ status: 'not ready', checks: says('starting') });
    health.now('working');
    expect(await ready()).toEqual({ status: 'ok', checks: says('ok') });
    health.now('stopping');
    expect(await ready()).toEqual({ status: 'not ready', checks: says('stopping') });
    expect((await fetch(`http://127.0.0.1:${health.port}/healthz`)).status).toBe(200);
  });
});

it('answers in time and names the server that does not respond', async () => {
  const app = fastify();
  const never = new Promise<void>(() => undefined);
  await app.register(healthPlugin({ log, answerWithinMs: 5, readiness: { database: () => never } }));
  const { statusCode, body } = await app.inject('/readyz');
  expect([statusCode, JSON.parse(body)]).toEqual([503, { status: 'not ready', checks: { database: 'silent' } }]);
  await app.close();
});
