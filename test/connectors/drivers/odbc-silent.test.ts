import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SqlDriver } from '../../../src/connectors/drivers/driver.js';
import { createOdbcDriver } from '../../../src/connectors/drivers/odbc.js';
import { until } from '../../support/processes.js';
import { mariadb, type Mariadb } from '../support/mariadb.js';
import { sqlite } from '../support/odbc-bodies.js';
import { never } from '../support/read.js';

jest.setTimeout(120_000);

const ask = 'SELECT COUNT(*) AS n FROM t';

/** Lists the ODBC processes of this test that are still running. */
function odbcProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('odbc-child');
      } catch {
        return false;
      }
    });
}

describe('drivers: a silent ODBC connection', () => {
  let body: Mariadb;
  const proxies: ChildProcess[] = [];
  beforeAll(async () => {
    body = await mariadb('CREATE TABLE t (k integer)', 'INSERT INTO t VALUES (1), (2)');
  });
  afterAll(async () => {
    for (const proxy of proxies) proxy.kill('SIGKILL');
    await body.drop();
  });

  const overOdbc = (port: number, timeoutMs = 3_000): SqlDriver => {
    const { user, password, database } = body;
    const connectionString = `Driver={MariaDB Unicode};Server=127.0.0.1;Port=${port};Database=${database};UID=${user};PWD=${password}`;
    return createOdbcDriver({ connectionString, dialect: 'mysql', place: 'here', timeoutMs });
  };
  const behindProxy = async (timeoutMs?: number) => {
    const proxy = fork(resolve('test/connectors/support/silent-proxy.js'), [String(body.port)]);
    proxies.push(proxy);
    const [port] = (await once(proxy, 'message')) as [number];
    return {
      driver: overOdbc(port, timeoutMs),
      async silence() {
        proxy.send('silence');
        await once(proxy, 'message');
      },
    };
  };
  const count = async (driver: SqlDriver, signal = never) => (await driver.query(ask, [], { signal }))[0]?.n;
  const took = async (work: Promise<unknown>) => {
    const start = performance.now();
    await work;
    return performance.now() - start;
  };

  it('fails only its own practice within the limit; the others continue', async () => {
    const silent = [await behindProxy(), await behindProxy()];
    const healthy = overOdbc(body.port, 30_000);
    for (const { driver } of silent) expect(Number(await count(driver))).toBe(2);
    for (const { silence } of silent) await silence();
    const failed = silent.map(({ driver }) => expect(count(driver)).rejects.toMatchObject({ code: 'pims-busy' }));
    // While both wait, a third one connects and reads; again after both were given up.
    expect(Number(await count(healthy))).toBe(2);
    await Promise.all(failed);
    const other = await sqlite('CREATE TABLE t (k integer)', 'INSERT INTO t VALUES (1)');
    const file = createOdbcDriver({
      connectionString: other.connectionString,
      dialect: 'sqlite',
      place: 'here',
    });
    expect([Number(await count(healthy)), Number(await count(file))]).toEqual([2, 1]);
    for (const each of [...silent.map(({ driver }) => driver), healthy, file]) await each.close();
    await until('no ODBC process is left', () => odbcProcesses().length === 0, 10_000);
    await other.remove();
  });

  it('ends at once on an abort', async () => {
    const { driver, silence } = await behindProxy(60_000);
    await count(driver);
    await silence();
    const stop = new AbortController();
    const reading = count(driver, stop.signal);
    setTimeout(() => stop.abort(new Error('enough')), 200);
    expect(await took(expect(reading).rejects.toThrow('enough'))).toBeLessThan(1_200);
    await driver.close();
    await until('no ODBC process is left', () => odbcProcesses().length === 0, 10_000);
  });

  it('is closed within the limit, and meanwhile another practice connects', async () => {
    const { driver, silence } = await behindProxy();
    await count(driver);
    await silence();
    const closing = took(driver.close());
    const healthy = overOdbc(body.port, 30_000);
    expect(Number(await count(healthy))).toBe(2);
    expect(await closing).toBeLessThan(5_000);
    await healthy.close();
    await until('no ODBC process is left', () => odbcProcesses().length === 0, 10_000);
  });

  it('ODBC: reports a crashed driver process, and starts a new one for the next query', async () => {
    const driver = overOdbc(body.port, 30_000);
    await count(driver);
    const reading = driver.query('SELECT SLEEP(20) AS n', [], { signal: never });
    for (const pid of odbcProcesses()) process.kill(pid, 'SIGSEGV');
    await expect(reading).rejects.toMatchObject({
      code: 'pims-unreachable',
      message: expect.stringMatching(/its driver ended with SIGSEGV/) as unknown,
    });
    expect(Number(await count(driver))).toBe(2);
    await driver.close();
  });

  it('ends with its process and never keeps it alive', async () => {
    const { driver, silence } = await behindProxy(60_000);
    await silence();
    await driver.close();
    const script = `
      const { startOdbcProcess } = await import(${JSON.stringify(resolve('dist/src/connectors/drivers/odbc-process.js'))});
      const { connect } = await startOdbcProcess();
      if (process.argv[1] === 'exit') setTimeout(() => process.exit(0), 100);
      if (process.argv[1] === 'wait') setInterval(() => {}, 1000), process.kill(process.pid, 'SIGKILL');
    `;
    const run = (how: string) =>
      execFileSync(process.execPath, ['--input-type=module', '--eval', script, how], { timeout: 20_000 });
    run('end');
    run('exit');
    expect(() => run('wait')).toThrow(/SIGKILL|Command failed/);
    const left = () => {
      const list = execFileSync('ps', ['-eo', 'ppid=,args='], { encoding: 'utf8' });
      return list.split('\n').filter((line) => /^\s*1 /.test(line) && line.includes(resolve('dist/src/connectors')));
    };
    await until('no ODBC process is left', () => left().length === 0, 10_000);
  });
});
