import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { sql } from 'kysely';
import { Secret } from '../../../src/lib/secret.js';
import { openDatabase, ping, type Database } from '../../../src/store/db/database.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

/** A connection to the database that can be cut without a notice to either end, as a firewall does. */
describe('database: a silent database', () => {
  let test: TestDatabase;
  let line: Server;
  let db: Database;
  let cut = false;
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    test = await testDatabase();
    const real = new URL(test.url);
    line = createServer((here) => {
      const there = connect(Number(real.port || 3306), real.hostname);
      for (const [one, other] of [
        [here, there],
        [there, here],
      ] as const) {
        sockets.add(one);
        one.on('data', (bytes) => void (cut || other.write(bytes)));
        one.on('close', () => other.destroy());
        one.on('error', () => other.destroy());
      }
    });
    await new Promise<void>((listening) => line.listen(0, '127.0.0.1', listening));
    const url = new URL(test.url);
    url.hostname = '127.0.0.1';
    url.port = String((line.address() as AddressInfo).port);
    db = openDatabase(new Secret(url.href), 4, 1);
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await db.destroy().catch(() => undefined);
    await new Promise((closed) => line.close(closed));
    await test.drop();
  });

  it('is given up after the configured time, and used again when it is back', async () => {
    await ping(db);
    cut = true;
    await expect(ping(db)).rejects.toMatchObject({ code: 'database-unreachable' });
    cut = false;
    await ping(db);
  });

  it('is not given up while it is idle in the pool', async () => {
    await ping(db);
    const before = await sql<{ id: number }>`SELECT CONNECTION_ID() AS id`.execute(db);
    // Longer than the limit, because the test is about the time limit.
    await new Promise((later) => setTimeout(later, 1500));
    const after = await sql<{ id: number }>`SELECT CONNECTION_ID() AS id`.execute(db);
    expect(after.rows).toEqual(before.rows);
  });

  it('is not given up while a slow statement stays within the limit', async () => {
    await sql`SELECT SLEEP(0.5)`.execute(db);
    await expect(sql`SELECT SLEEP(5)`.execute(db)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });
});
