import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SqlDriver } from '../../../src/connectors/drivers/driver.js';
import { createMssqlDriver } from '../../../src/connectors/drivers/mssql.js';
import { createMysqlDriver } from '../../../src/connectors/drivers/mysql.js';
import { createOdbcDriver } from '../../../src/connectors/drivers/odbc.js';
import { startTds } from '../../../demo/sql-server/server.js';
import { mariadb, type Mariadb } from '../support/mariadb.js';
import { sqlite } from '../support/odbc-bodies.js';
import { never } from '../support/read.js';

const place = 'here';
const sent = { signal: never };

/** The same row behind three drivers: a date and time without a time zone, and numbers too large for JavaScript. */
describe('drivers: normalised values', () => {
  let body: Mariadb;
  const ended: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    body = await mariadb(
      `CREATE TABLE v (id bigint PRIMARY KEY, flag tinyint(1), bits bit(1), amount decimal(9,2), at datetime, on_day date,
         word varchar(30), padded char(10) CHARACTER SET latin1, id16 binary(16), blob_ varbinary(4))`,
      `INSERT INTO v VALUES (9007199254740993, 1, b'1', 12.50, '2023-03-12 02:30:00', '2023-03-12', '李雷', 'Zoë',
         X'0102030405060708090a0b0c0d0e0f10', X'00ff')`,
      'INSERT INTO v (id) VALUES (2)',
    );
  });
  afterAll(async () => {
    for (const end of ended) await end();
    await body.drop();
  });
  const kept = (driver: SqlDriver): SqlDriver => {
    ended.unshift(() => driver.close());
    return driver;
  };

  it('mysql2: integers beyond 53 bits and decimals as text, bits as booleans, dates as local text', async () => {
    const { host, port, database, user, password } = body;
    const driver = kept(createMysqlDriver({ host, port, database, user, password, place }));
    const [row, empty] = await driver.query('SELECT * FROM v ORDER BY id DESC', [], sent);
    expect(row).toMatchObject({
      id: '9007199254740993',
      flag: 1,
      bits: true,
      amount: '12.50',
      at: '2023-03-12 02:30:00',
      on_day: '2023-03-12',
      word: '李雷',
      padded: 'Zoë',
      blob_: Buffer.from([0, 255]),
    });
    expect(Object.values(empty!).slice(1)).toEqual(Array(9).fill(null));
  });

  it('odbc: the same', async () => {
    const { host, port, database, user, password } = body;
    const connectionString = `Driver={MariaDB Unicode};Server=${host};Port=${port};Database=${database};UID=${user};PWD=${password};CHARSET=utf8mb4`;
    const driver = kept(createOdbcDriver({ connectionString, dialect: 'mysql', place }));
    const [row, empty] = await driver.query('SELECT * FROM v ORDER BY id DESC', [], sent);
    expect(row).toMatchObject({
      id: '9007199254740993',
      bits: true,
      at: '2023-03-12 02:30:00',
      on_day: '2023-03-12',
      word: '李雷',
      padded: 'Zoë',
      blob_: Buffer.from([0, 255]),
    });
    expect(Number(row?.amount)).toBe(12.5);
    expect(Object.values(empty!).slice(1)).toEqual(Array(9).fill(null));
  });

  it('mssql: the same, GUIDs in upper case, and dates that do not depend on this machine’s time zone', async () => {
    const tds = await startTds({
      mysqlUrl: process.env['DATABASE_URL']!,
      databases: { Clinic: body.database },
      users: [{ name: 'reader', password: 'pw' }],
    });
    ended.push(() => tds.stop());
    const options = { host: tds.host, port: tds.port, database: 'Clinic', user: 'reader', password: 'pw' };
    const tls = { encrypt: false, trustServerCertificate: false, oldTls: false };
    const driver = kept(createMssqlDriver({ ...options, ...tls, place }));
    const sql = 'SELECT id, flag, amount, at, on_day, word, padded, id16, blob_ FROM v ORDER BY id DESC';
    const [row, empty] = await driver.query(sql, [], sent);
    expect(row).toMatchObject({
      id: '9007199254740993',
      flag: true,
      amount: 12.5,
      at: '2023-03-12 02:30:00',
      on_day: '2023-03-12',
      word: '李雷',
      id16: expect.stringMatching(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/) as unknown,
      blob_: Buffer.from([0, 255]),
    });
    expect(String(row?.padded).trim()).toBe('Zoë');
    expect(Object.values(empty!).slice(1)).toEqual(Array(8).fill(null));
    const byGuid = await driver.query(
      'SELECT id FROM v WHERE id16 = ?',
      [{ type: 'guid', value: String(row?.id16) }],
      sent,
    );
    expect(byGuid).toEqual([{ id: '9007199254740993' }]);
  });

  it('drivers: refuse a parameter that does not have the form of its type', async () => {
    const file = await sqlite('CREATE TABLE t (k integer)', 'INSERT INTO t VALUES (1)');
    const driver = kept(createOdbcDriver({ connectionString: file.connectionString, dialect: 'sqlite', place }));
    const bad = [
      { type: 'integer', value: '1 OR 1=1' },
      { type: 'integer', value: '' },
      { type: 'guid', value: "'; DROP TABLE t; --" },
      { type: 'text', value: 'a\0b' },
    ] as const;
    for (const parameter of bad) {
      await expect(driver.query('SELECT k FROM t WHERE k = ?', [parameter], sent)).rejects.toMatchObject({
        code: 'pims-read-failed',
      });
    }
    const quoted = { type: 'text', value: "O'Neill ? \\" } as const;
    expect([...(await driver.query('SELECT ? AS echo, k FROM t', [quoted], sent))]).toEqual([
      { echo: "O'Neill ? \\", k: 1 },
    ]);
    await file.remove();
  });

  it('drivers: are read-only for every statement', async () => {
    const file = await sqlite('CREATE TABLE t (k integer)');
    const overOdbc = kept(createOdbcDriver({ connectionString: file.connectionString, dialect: 'sqlite', place }));
    await expect(overOdbc.query('INSERT INTO t VALUES (1)', [], sent)).rejects.toMatchObject({
      code: 'pims-read-failed',
    });
    const { host, port, database, user, password } = body;
    const overMysql = kept(createMysqlDriver({ host, port, database, user, password, place }));
    await expect(overMysql.query('DELETE FROM v', [], sent)).rejects.toMatchObject({
      code: 'pims-read-failed',
    });
    await file.remove();
  });

  it('mysql2: sets our session modes, whatever the server’s defaults', async () => {
    const { host, port, database, user, password } = body;
    const driver = kept(createMysqlDriver({ host, port, database, user, password, place }));
    const modes = `SELECT @@sql_mode AS sqlMode, @@tx_isolation AS isolation, @@tx_read_only AS readOnly,
      @@autocommit AS autocommit, @@character_set_client AS client, @@character_set_results AS results`;
    expect(await driver.query(modes, [], sent)).toEqual([
      {
        sqlMode: '',
        isolation: 'READ-COMMITTED',
        readOnly: '1',
        autocommit: '1',
        client: 'utf8mb4',
        results: 'utf8mb4',
      },
    ]);
  });
});
