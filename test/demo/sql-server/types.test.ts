import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sql from 'mssql';
import type { ConnectionPool } from 'mssql';
import { parseGuid, toSorted } from '../../../demo/sql-server/wire/guid.js';
import { stand } from './support.js';

/** A column, its type in MariaDB where that differs, and its values: a literal and the value that the driver returns. */
interface Case {
  type: string;
  mariadb?: string;
  values: [literal: string, value: unknown][];
}

const guid = '6F9619FF-8B86-D011-B42D-00C04FC964FF';
const wide = (text: string): [string, string] => [`N'${text.replaceAll("'", "''")}'`, text];
const date = (text: string): [string, Date] => [`'${text.replace('T', ' ')}'`, new Date(`${text}Z`)];
const cases: Record<string, Case> = {
  bit: {
    type: 'bit',
    mariadb: 'tinyint(1)',
    values: [
      ['1', true],
      ['0', false],
    ],
  },
  tinyint: {
    type: 'tinyint',
    mariadb: 'tinyint unsigned',
    values: [
      ['0', 0],
      ['255', 255],
    ],
  },
  smallint: {
    type: 'smallint',
    values: [
      ['-32768', -32768],
      ['32767', 32767],
    ],
  },
  int: {
    type: 'int',
    values: [
      ['-2147483648', -2147483648],
      ['2147483647', 2147483647],
    ],
  },
  // The driver returns bigint as text, so that nothing is rounded.
  bigint: {
    type: 'bigint',
    values: [
      ['-9223372036854775808', '-9223372036854775808'],
      ['9223372036854775807', '9223372036854775807'],
    ],
  },
  money: {
    type: 'money',
    mariadb: 'decimal(19,4)',
    values: [
      ['12.34', 12.34],
      ['-0.5', -0.5],
      ['9999999.99', 9999999.99],
    ],
  },
  decimal9: { type: 'decimal(9,3)', values: [['-1234.567', -1234.567]] },
  decimal18: { type: 'decimal(18,0)', values: [['123456789012', 123456789012]] },
  decimal28: { type: 'decimal(28,4)', values: [['0.0001', 0.0001]] },
  decimal38: { type: 'decimal(38,10)', values: [['42.5', 42.5]] },
  date: {
    type: 'date',
    values: [date('2024-02-29'), date('1753-01-01'), date('9999-12-31')].map(([text, day]) => [text, day]),
  },
  datetime: { type: 'datetime', values: [date('1899-12-30T00:00:00'), date('1900-01-01T12:00:00')] },
  datetime2: { type: 'datetime2(3)', mariadb: 'datetime(3)', values: [date('2024-02-29T23:59:58.123')] },
  varchar: { type: 'varchar(50)', values: [wide("Renée O'Brien – €5 œ"), ["''", '']] },
  varcharMax: { type: 'varchar(max)', mariadb: 'longtext', values: [wide('é'.repeat(9000))] },
  nvarchar: { type: 'nvarchar(50)', values: [wide("李雷 🐾 مرحبا O'Brien %_"), ["''", '']] },
  nvarcharMax: { type: 'nvarchar(max)', mariadb: 'longtext', values: [wide('犬'.repeat(20_000))] },
  uniqueidentifier: { type: 'uniqueidentifier', mariadb: 'binary(16)', values: [[guid, guid]] },
  varbinary: { type: 'varbinary(8)', values: [['0x0001feff', Buffer.from([0, 1, 0xfe, 0xff])]] },
  varbinaryMax: {
    type: 'varbinary(max)',
    mariadb: 'longblob',
    values: [[`0x${'ab'.repeat(10_000)}`, Buffer.alloc(10_000, 0xab)]],
  },
};

const names = Object.keys(cases);
const rows = Math.max(...Object.values(cases).map(({ values }) => values.length));

/** Returns the statements that make a table of all types, whose last row holds only NULL. */
function ddl(table: string, typeOf: (one: Case) => string, literal: (one: Case, text: string) => string): string[] {
  const columns = Object.entries(cases).map(([name, one]) => `c_${name} ${typeOf(one)} NULL`);
  const row = (at: number): string =>
    Object.values(cases)
      .map((one) => (one.values[at] ? literal(one, one.values[at][0]) : 'NULL'))
      .join(', ');
  const inserts = Array.from({ length: rows + 1 }, (_, at) => `INSERT INTO ${table} VALUES (${at}, ${row(at)})`);
  return [`CREATE TABLE ${table} (n int NOT NULL PRIMARY KEY, ${columns.join(', ')})`, ...inserts];
}

type Body = { pool: ConnectionPool; table: string; end: () => Promise<void> };
/** The stand-in, and also a real SQL Server if one is configured. */
const bodies: [string, () => Promise<Body>][] = [
  ['the stand-in', () => onStand({})],
  ['the stand-in with TLS', () => onStand({ encrypt: true, trustServerCertificate: true }, 'localhost')],
];
const real = process.env['TEST_MSSQL_URL'];
if (real) bodies.push(['a real SQL Server', () => onServer(real)]);

async function onStand(options: object, server = '127.0.0.1'): Promise<Body> {
  const standing = await stand(
    ddl(
      'KINDS',
      ({ type, mariadb = type.replace('nvarchar', 'varchar') }) =>
        type.startsWith('varchar') ? `${mariadb} CHARACTER SET latin1` : mariadb,
      ({ type }, text) =>
        type === 'uniqueidentifier' ? `X'${toSorted(parseGuid(text)).toString('hex')}'` : text.replace(/^N'/, "'"),
    ),
  );
  const pool = await standing.connect({ server, options });
  return { pool, table: 'KINDS', end: () => standing.close() };
}

async function onServer(url: string): Promise<Body> {
  const pool = await new sql.ConnectionPool(url).connect();
  const table = `pims_kinds_${randomBytes(4).toString('hex')}`;
  const literal = ({ type }: Case, text: string): string => (type === 'uniqueidentifier' ? `'${text}'` : text);
  for (const statement of ddl(table, ({ type }) => type, literal)) await pool.request().batch(statement);
  const end = async (): Promise<void> => {
    await pool.request().batch(`DROP TABLE ${table}`);
    await pool.close();
  };
  return { pool, table, end };
}

describe.each(bodies)('SQL Server stand-in: types on %s', (_body, open) => {
  let body: Body;
  beforeAll(async () => {
    body = await open();
  });
  afterAll(() => body.end());
  const read = async (name: string): Promise<unknown[]> => {
    const statement = `SELECT n, c_${name} AS value FROM ${body.table} ORDER BY n`;
    return (await body.pool.request().query(statement)).recordset.map((row: { value: unknown }) => row.value);
  };

  it.each(names)('%s is returned as it is stored', async (name) => {
    const { values } = cases[name]!;
    expect((await read(name)).slice(0, values.length)).toEqual(values.map(([, value]) => value));
  });

  it('NULL is returned as null in every type', async () => {
    for (const name of names) expect((await read(name)).at(-1)).toBeNull();
  });
});
