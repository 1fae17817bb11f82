import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Request } from 'mssql';
import { stand } from './support.js';
import type { Stand } from './support.js';

const many = 50_000;
const text = 'x'.repeat(80);
const ddl = [
  'CREATE TABLE CLIENT (ID INT PRIMARY KEY, NAME VARCHAR(100))',
  `INSERT INTO CLIENT SELECT seq, '${text}' FROM seq_1_to_${many}`,
  'CREATE TABLE ANIMAL (ID INT PRIMARY KEY)',
  'INSERT INTO ANIMAL VALUES (1)',
];

let here: Stand;
beforeAll(async () => {
  here = await stand(ddl);
});
afterAll(() => here.close());
afterEach(() => here.tds.faults.clear());

/** Runs a query row by row; returns the number of rows and how it ended. */
async function streamed(
  request: Request,
  statement: string,
  onRow: (rows: number) => void = () => undefined,
): Promise<{ rows: number; error: unknown }> {
  request.stream = true;
  let rows = 0;
  let error: unknown = null;
  request.on('row', () => onRow(++rows));
  request.on('error', (raised: unknown) => (error = raised));
  const done = new Promise((resolve) => request.on('done', resolve));
  request.query(statement).catch(() => undefined);
  await done;
  return { rows, error };
}

describe('SQL Server stand-in: a long answer', () => {
  it('arrives complete and in order', async () => {
    const pool = await here.connect();
    const { recordset } = await pool.request().query('SELECT ID, NAME FROM CLIENT ORDER BY ID');
    expect(recordset).toHaveLength(many);
    expect(
      recordset.every(({ ID, NAME }: { ID: number; NAME: string }, at: number) => ID === at + 1 && NAME === text),
    ).toBe(true);
  });

  it('waits for a client that pauses, and holds only as much as fits its buffers', async () => {
    const pool = await here.connect({ options: { packetSize: 16_384 } });
    const request = pool.request();
    let paused: number | null = null;
    let after = 0;
    const { rows } = await streamed(request, 'SELECT a.ID, a.NAME FROM CLIENT a ORDER BY a.ID', (count) => {
      if (count !== 100) return;
      request.pause();
      const [before] = [process.memoryUsage().arrayBuffers];
      paused = before;
      // A query on the same server shows that time has passed; nothing else must have been read meanwhile.
      void here.mysql.query('SELECT SLEEP(0.3)').then(() => {
        after = process.memoryUsage().arrayBuffers;
        request.resume();
      });
    });
    expect(rows).toBe(many);
    // The whole result would be 50,000 rows of 170 bytes and more.
    expect(after - (paused ?? 0)).toBeLessThan(6_000_000);
  });

  it('ends when it is cancelled, and the connection stays usable', async () => {
    const pool = await here.connect();
    const request = pool.request();
    const { rows, error } = await streamed(request, 'SELECT ID, NAME FROM CLIENT', (count) => {
      if (count === 10) request.cancel();
    });
    expect(rows).toBeLessThan(many);
    expect(error).toMatchObject({ code: 'ECANCEL' });
    expect((await pool.request().query('SELECT ID FROM ANIMAL')).recordset).toEqual([{ ID: 1 }]);
    expect(here.tds.connections).toBeGreaterThan(0);
  });
});

describe('SQL Server stand-in: faults', () => {
  it('cut the connection in the middle of a row', async () => {
    const pool = await here.connect();
    here.tds.faults.inject({ table: 'client', cutAfterRows: 1000, times: 1 });
    const { rows, error } = await streamed(pool.request(), 'SELECT ID, NAME FROM CLIENT');
    expect(rows).toBeLessThanOrEqual(1000);
    // The driver wraps the reset if it happens between two reads, and passes it unchanged if it happens in one.
    expect(error).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EREQUEST)$/) });
    // The pool opens another connection, and the fault has ended.
    expect((await pool.request().query('SELECT COUNT(*) AS n FROM CLIENT')).recordset).toEqual([{ n: many }]);
  });

  it('slow an answer down until the client gives up', async () => {
    const pool = await here.connect({ requestTimeout: 100 });
    here.tds.faults.inject({ delayMs: 60_000 });
    await expect(pool.request().query('SELECT ID FROM ANIMAL')).rejects.toMatchObject({ code: 'ETIMEOUT' });
    here.tds.faults.clear();
    expect((await pool.request().query('SELECT ID FROM ANIMAL')).recordset).toHaveLength(1);
  });

  it('lock a table: error 1222 after the lock timeout of the session', async () => {
    const pool = await here.connect();
    here.tds.faults.inject({ table: 'CLIENT', locked: true });
    await expect(pool.request().batch('SET LOCK_TIMEOUT 50; SELECT COUNT(*) FROM CLIENT')).rejects.toMatchObject({
      number: 1222,
    });
    expect((await pool.request().query('SELECT ID FROM ANIMAL')).recordset).toHaveLength(1);
  });

  it('release the lock when they are cleared', async () => {
    const pool = await here.connect();
    here.tds.faults.inject({ table: 'CLIENT', locked: true });
    const waiting = pool.request().query('SELECT COUNT(*) AS n FROM CLIENT');
    while (!here.tds.statements.at(-1)?.sql.includes('COUNT')) await new Promise((resolve) => setImmediate(resolve));
    here.tds.faults.clear();
    expect((await waiting).recordset).toEqual([{ n: many }]);
  });

  it('raise a deadlock or any other error', async () => {
    const pool = await here.connect();
    here.tds.faults.inject({ error: { number: 1205, message: 'The transaction was deadlocked.' }, times: 1 });
    here.tds.faults.inject({
      error: { number: 9002, message: 'The transaction log is full.', level: 17 },
      times: 1,
    });
    await expect(pool.request().query('SELECT ID FROM ANIMAL')).rejects.toMatchObject({ number: 1205 });
    await expect(pool.request().query('SELECT ID FROM ANIMAL')).rejects.toMatchObject({
      number: 9002,
      class: 17,
    });
    expect((await pool.request().query('SELECT ID FROM ANIMAL')).recordset).toHaveLength(1);
  });
});
