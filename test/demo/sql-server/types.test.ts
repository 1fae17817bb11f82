import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sql from 'mssql';
import type { ConnectionPool, ISqlType } from 'mssql';
import { stand } from './support.js';

/** A parameter of a type, and the value returned for it. */
interface Case {
  type: (() => ISqlType) | ISqlType;
  sent: unknown;
  back?: unknown;
}

const moment = new Date('2024-02-29T23:59:58.123Z');
const cases: Record<string, Case[]> = {
  bit: [
    { type: sql.Bit, sent: true },
    { type: sql.Bit, sent: false },
  ],
  tinyint: [
    { type: sql.TinyInt, sent: 0 },
    { type: sql.TinyInt, sent: 255 },
  ],
  smallint: [
    { type: sql.SmallInt, sent: -32768 },
    { type: sql.SmallInt, sent: 32767 },
  ],
  int: [
    { type: sql.Int, sent: -2147483648 },
    { type: sql.Int, sent: 2147483647 },
  ],
  // The driver returns bigint as text, so that nothing is rounded.
  bigint: [
    { type: sql.BigInt, sent: '-9223372036854775808' },
    { type: sql.BigInt, sent: '9223372036854775807' },
  ],
  real: [{ type: sql.Real, sent: 1.5 }],
  float: [
    { type: sql.Float, sent: 0.1 + 0.2 },
    { type: sql.Float, sent: -1.7976931348623157e308 },
    { type: sql.Float, sent: 5e-324 },
  ],
  money: [
    { type: sql.Money, sent: 12.34 },
    { type: sql.Money, sent: -0.5 },
    { type: sql.Money, sent: 9999999.99 },
  ],
  smallmoney: [{ type: sql.SmallMoney, sent: -12.34 }],
  decimal: [
    { type: sql.Decimal(9, 3), sent: -1234.567 },
    { type: sql.Decimal(18, 0), sent: 123456789012 },
    { type: sql.Decimal(28, 4), sent: 0.0001 },
    { type: sql.Decimal(38, 10), sent: 42.5 },
  ],
  date: [
    { type: sql.Date, sent: new Date('2024-02-29T00:00:00Z') },
    { type: sql.Date, sent: new Date('1753-01-01T00:00:00Z') },
    { type: sql.Date, sent: new Date('9999-12-31T00:00:00Z') },
  ],
  datetime: [
    { type: sql.DateTime, sent: moment },
    { type: sql.DateTime, sent: new Date('1899-12-30T00:00:00Z') },
    { type: sql.DateTime, sent: new Date('1900-01-01T12:00:00.997Z') },
  ],
  datetime2: [
    { type: sql.DateTime2(3), sent: moment },
    { type: sql.DateTime2(6), sent: moment },
    { type: sql.DateTime2(0), sent: moment, back: new Date('2024-02-29T23:59:58Z') },
  ],
  smalldatetime: [{ type: sql.SmallDateTime, sent: new Date('2024-02-29T23:58:00Z') }],
  varchar: [
    { type: sql.VarChar(50), sent: "Renée O'Brien – €5 œ" },
    { type: sql.VarChar(5), sent: '' },
    { type: sql.VarChar(sql.MAX), sent: 'é'.repeat(9000) },
  ],
  nvarchar: [
    { type: sql.NVarChar(50), sent: "李雷 🐾 مرحبا O'Brien \\ %_" },
    { type: sql.NVarChar(5), sent: '' },
    { type: sql.NVarChar(sql.MAX), sent: '犬'.repeat(20_000) },
  ],
  uniqueidentifier: [{ type: sql.UniqueIdentifier, sent: '6F9619FF-8B86-D011-B42D-00C04FC964FF' }],
  varbinary: [
    { type: sql.VarBinary(8), sent: Buffer.from([0, 1, 0xfe, 0xff]) },
    { type: sql.VarBinary(sql.MAX), sent: Buffer.alloc(10_000, 0xab) },
  ],
};

/** The stand-in, and also a real SQL Server if one is configured. */
const bodies: [string, () => Promise<{ pool: ConnectionPool; end: () => Promise<void> }>][] = [
  ['the stand-in', () => onStand({})],
  ['the stand-in with TLS', () => onStand({ encrypt: true, trustServerCertificate: true }, 'localhost')],
];
const real = process.env['TEST_MSSQL_URL'];
if (real) {
  bodies.push([
    'a real SQL Server',
    async () => {
      const pool = await new sql.ConnectionPool(real).connect();
      return { pool, end: () => pool.close() };
    },
  ]);
}

async function onStand(
  options: object,
  server = '127.0.0.1',
): Promise<{ pool: ConnectionPool; end: () => Promise<void> }> {
  const standing = await stand();
  return { pool: await standing.connect({ server, options }), end: () => standing.close() };
}

describe.each(bodies)('on %s', (_body, open) => {
  let pool: ConnectionPool;
  let end: () => Promise<void>;
  beforeAll(async () => ({ pool, end } = await open()));
  afterAll(() => end());

  it.each(Object.keys(cases))('%s comes back as it was sent', async (name) => {
    const request = pool.request();
    const of = cases[name] as Case[];
    for (const [at, { type, sent }] of of.entries()) request.input(`p${at}`, type, sent);
    const columns = of.map((_each, at) => `@p${at} AS p${at}`).join(', ');
    const { recordset } = await request.query(`SELECT ${columns}`);
    expect(Object.values(recordset[0] as object)).toEqual(of.map(({ sent, back }) => back ?? sent));
  });

  it('NULL comes back as null in every type', async () => {
    const request = pool.request();
    const types = Object.values(cases).map(([first]) => (first as Case).type);
    for (const [at, type] of types.entries()) request.input(`p${at}`, type, null);
    const { recordset } = await request.query(`SELECT ${types.map((_each, at) => `@p${at} AS p${at}`).join(', ')}`);
    expect(Object.values(recordset[0] as object)).toEqual(types.map(() => null));
  });

  it.each([
    ['SELECT 1 AS n, 2.50 AS d, 1e3 AS f', { n: 1, d: 2.5, f: 1000 }],
    ["SELECT 'a' + N'b' + 'c''d' AS t", { t: "abc'd" }],
    ['SELECT 7 / 2 AS whole, 7 % 4 AS rest, 7 / 2.0 AS exact', { whole: 3, rest: 3, exact: 3.5 }],
    ["SELECT LEN('ab  ') AS len, DATALENGTH(N'ab') AS bytes", { len: 2, bytes: 4 }],
    ["SELECT ISNULL(NULL, 'x') AS a, COALESCE(NULL, 3) AS b, NULLIF(1, 1) AS c", { a: 'x', b: 3, c: null }],
    ['SELECT CASE WHEN 1 = 1 THEN 5 ELSE 6 END AS n', { n: 5 }],
    ["SELECT CASE 'b' WHEN 'a' THEN 1 WHEN 'b' THEN 2 END AS n", { n: 2 }],
    ["SELECT CONVERT(nvarchar(10), CAST('2024-02-29' AS date), 23) AS day", { day: '2024-02-29' }],
    ["SELECT CAST('2024-02-29 10:11:12' AS datetime) AS at", { at: new Date('2024-02-29T10:11:12Z') }],
    [
      "SELECT CAST('12' AS int) AS n, CAST(3.7 AS int) AS cut, TRY_CAST('x' AS int) AS none",
      { n: 12, cut: 3, none: null },
    ],
    [
      "SELECT CAST(CAST('6f9619ff-8b86-d011-b42d-00c04fc964ff' AS uniqueidentifier) AS nvarchar(36)) AS g",
      { g: '6F9619FF-8B86-D011-B42D-00C04FC964FF' },
    ],
    [
      "SELECT DATEDIFF(day, '2024-02-28', '2024-03-01') AS d, DATEDIFF(year, '2023-12-31', '2024-01-01') AS y",
      { d: 2, y: 1 },
    ],
    ["SELECT DATEADD(month, 1, CAST('2024-01-31' AS date)) AS d", { d: new Date('2024-02-29T00:00:00Z') }],
    ['SELECT x.n FROM (SELECT 1 AS n UNION ALL SELECT 2) AS x WHERE x.n > 1', { n: 2 }],
    [
      'WITH c (n) AS (SELECT 1 UNION ALL SELECT 2) SELECT COUNT(*) AS rows, SUM(n) AS sum, MAX(n) AS top_n FROM c',
      {
        rows: 2,
        sum: 3,
        top_n: 2,
      },
    ],
    [
      "SELECT 'yes' AS a WHERE 'abc' LIKE 'a%' AND 'x' IN ('x', 'y') AND 5 BETWEEN 1 AND 9 AND NOT (1 = 2)",
      { a: 'yes' },
    ],
    ['SELECT [a b] = 1, "c" = 2', { 'a b': 1, c: 2 }],
    ['/* one /* two */ */ SELECT 1 AS n -- three', { n: 1 }],
  ])('%s', async (statement, row) => {
    const { recordset } = await pool.request().query(statement);
    expect(recordset[0]).toEqual(row);
  });

  it.each([
    ['SELECT 1 LIMIT 1', 102],
    ['SELECT `a` FROM t', 102],
    ['SELECT 1 FROM WHERE 1 = 1', 156],
    ['SELECT @nobody', 137],
    ['SELECT GROUP_CONCAT(1)', 195],
    ['SELECT nothing', 207],
    ['SELECT 1 FROM nothing_of_that_name', 208],
    ['SELECT x.y FROM (SELECT 1 AS z) AS q', 4104],
    ['SELECT 1 WHERE 1', 4145],
    ['SELECT * FROM (SELECT 1) AS q', 8155],
    ['SELECT * FROM (SELECT 1 AS a ORDER BY a) AS q', 1033],
    ["SELECT CAST('x' AS int)", 245],
    ["SELECT CAST('x' AS uniqueidentifier)", 8169],
    ['SELECT SUM(CAST(1 AS bit))', 8117],
    ['SELECT 1 UNION SELECT 1, 2', 205],
    ['SELECT 1 AS a ORDER BY 2', 108],
  ])('%s is refused with error %d', async (statement, number) => {
    await expect(pool.request().query(statement)).rejects.toMatchObject({ number, code: 'EREQUEST' });
  });
});
