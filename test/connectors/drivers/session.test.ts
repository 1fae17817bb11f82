import { describe, expect, it } from '@jest/globals';
import type { Row } from '../../../src/connectors/drivers/driver.js';
import { createDriver, type DriverBody } from '../../../src/connectors/drivers/session.js';

/** A library whose statements can be made to hang; it records calls that would crash a real one. */
function library(hangs: (sql: string) => boolean) {
  const crimes: string[] = [];
  const ended: (() => void)[] = [];
  let connections = 0;
  const body: DriverBody<{ id: number; running: number; closed: boolean }> = {
    dialect: 'sqlanywhere',
    losesRows: true,
    place: 'a server',
    timeoutMs: 30,
    connect: async () => ({ id: (connections += 1), running: 0, closed: false }),
    session: [{ sql: 'SET A' }, { sql: 'SET B', courtesy: true }],
    start(connection, sql) {
      if (connection.running > 0) crimes.push(`${sql} while another statement ran`);
      if (connection.closed) crimes.push(`${sql} on a closed connection`);
      connection.running += 1;
      const end = (): void => void (connection.running -= 1);
      const rows = hangs(sql)
        ? new Promise<Row[]>((resolve) => ended.push(() => (end(), resolve([]))))
        : Promise.resolve([]).finally(end);
      return { rows, cancel: () => {} };
    },
    disconnect: async (connection) => close(connection),
    abandon: (connection, busy) => void busy.then(() => close(connection)),
    problem: (error) => error,
  };
  function close(connection: { id: number; running: number; closed: boolean }): void {
    if (connection.running > 0) crimes.push('closed under a running statement');
    if (connection.closed) crimes.push('closed twice');
    connection.closed = true;
  }
  return { body, crimes, endAll: () => ended.splice(0).forEach((end) => end()), opened: () => connections };
}

const signal = new AbortController().signal;

describe('drivers: sessions of a library that allows one statement', () => {
  it('driver session: opens a new connection instead of waiting for an unfinished cleanup statement', async () => {
    let first = true;
    const { body, crimes, endAll, opened } = library((sql) => sql === 'SET B' && first);
    const driver = createDriver(body);
    await expect(driver.query('SELECT 1', [], { signal })).rejects.toMatchObject({ code: 'pims-busy' });
    first = false;
    await expect(driver.query('SELECT 2', [], { signal })).resolves.toEqual([]);
    endAll();
    await driver.close();
    expect({ crimes, opened: opened() }).toEqual({ crimes: [], opened: 2 });
  });

  it('driver session: does not touch a connection with a running statement after a timeout or an abort', async () => {
    const { body, crimes, endAll, opened } = library((sql) => sql === 'SELECT slow');
    const driver = createDriver(body);
    await expect(driver.query('SELECT slow', [], { signal })).rejects.toMatchObject({ code: 'pims-busy' });
    const stop = new AbortController();
    const aborted = driver.query('SELECT slow', [], { signal: stop.signal, timeoutMs: 10_000 });
    setTimeout(() => stop.abort(new Error('enough')), 5);
    await expect(aborted).rejects.toThrow('enough');
    await expect(driver.query('SELECT 1', [], { signal })).resolves.toEqual([]);
    await driver.close();
    await driver.close();
    endAll();
    expect({ crimes, opened: opened() }).toEqual({ crimes: [], opened: 3 });
  });

  it('driver session: runs one statement at a time for all callers', async () => {
    const { body, crimes, opened } = library(() => false);
    const driver = createDriver(body);
    await Promise.all(Array.from({ length: 20 }, (_, at) => driver.query(`SELECT ${at}`, [], { signal })));
    await driver.close();
    expect({ crimes, opened: opened() }).toEqual({ crimes: [], opened: 1 });
  });
});
