import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import sql from 'mssql';
import type { ConnectionPool } from 'mssql';
import { parseGuid, toSorted } from '../../../demo/sql-server/wire/guid.js';
import { reader, stand } from './support.js';
import type { Stand } from './support.js';

const guids = [
  '00000001-0000-0000-0000-000000000009',
  'FFFFFFFF-0000-0000-0000-000000000001',
  '00000000-0000-0000-FFFF-000000000001',
];
const sorted = (guid: string): string => `X'${toSorted(parseGuid(guid) as Buffer).toString('hex')}'`;

const ddl = [
  `CREATE TABLE CLIENTS (
    CLIENT_GUID BINARY(16) PRIMARY KEY, FIRST_NAME VARCHAR(40), LAST_NAME VARCHAR(40) CHARACTER SET latin1,
    CODE CHAR(4) CHARACTER SET latin1, ACTIVE TINYINT(1), CLASS TINYINT UNSIGNED, VISITS SMALLINT, BALANCE DECIMAL(19,4),
    SHARE DECIMAL(5,2), CREATED DATETIME, CHANGED DATETIME(3), BORN DATE, NOTE LONGTEXT, SOCIAL_SECURITY_NUMBER VARCHAR(11))`,
  `INSERT INTO CLIENTS VALUES
    (${sorted(guids[0] as string)}, '李雷', 'O''Brien – é', 'A', 1, 200, -5, 12.5, 33.33, '2020-01-02 03:04:05', '2020-01-02 03:04:05.678', '1999-12-31', 'n', '000-00-0000'),
    (${sorted(guids[1] as string)}, 'Ana', 'Ruiz', 'B', 0, 1, 7, 0, 100, '1900-01-01', '2020-01-02', '1900-01-01', NULL, '000-00-0000'),
    (${sorted(guids[2] as string)}, 'ana', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
  'CREATE TABLE PATIENTS (PATIENT_ID INT PRIMARY KEY, CLIENT_GUID BINARY(16), PATIENT_NAME VARCHAR(40))',
  `INSERT INTO PATIENTS VALUES (1, ${sorted(guids[0] as string)}, 'Rex'), (2, ${sorted(guids[0] as string)}, 'Tom')`,
  'CREATE TABLE SECRETS (ID INT)',
];

let here: Stand;
let pool: ConnectionPool;
beforeAll(async () => {
  here = await stand(ddl, {
    users: [{ ...reader, denied: { CLIENTS: ['SOCIAL_SECURITY_NUMBER'], SECRETS: '*' } }],
    clock: () => new Date('2026-07-01T12:00:00.250Z'),
    timeZone: 'America/Chicago',
  });
  pool = await here.connect();
});
afterAll(() => here.close());
beforeEach(() => {
  here.tds.statements.length = 0;
});

const rows = async (statement: string): Promise<object[]> => (await pool.request().query(statement)).recordset;

describe('columns', () => {
  it('come in the types their tables declare', async () => {
    const { recordset } = await pool
      .request()
      .query(
        'SELECT TOP 1 CLIENT_GUID, FIRST_NAME, LAST_NAME, CODE, ACTIVE, CLASS, VISITS, BALANCE, SHARE, CREATED, CHANGED, BORN, NOTE FROM dbo.CLIENTS ORDER BY FIRST_NAME DESC',
      );
    expect(recordset[0]).toEqual({
      CLIENT_GUID: guids[0],
      FIRST_NAME: '李雷',
      LAST_NAME: "O'Brien – é",
      CODE: 'A   ',
      ACTIVE: true,
      CLASS: 200,
      VISITS: -5,
      BALANCE: 12.5,
      SHARE: 33.33,
      CREATED: new Date('2020-01-02T03:04:05Z'),
      CHANGED: new Date('2020-01-02T03:04:05.678Z'),
      BORN: new Date('1999-12-31T00:00:00Z'),
      NOTE: 'n',
    });
    const declared = Object.values(recordset.columns).map(({ type }) => type);
    expect(declared).toEqual([
      sql.UniqueIdentifier,
      sql.NVarChar,
      sql.VarChar,
      sql.Char,
      sql.Bit,
      sql.TinyInt,
      sql.SmallInt,
      sql.Money,
      sql.Decimal,
      sql.DateTime,
      sql.DateTime2,
      sql.Date,
      sql.NVarChar,
    ]);
  });

  it('are told by INFORMATION_SCHEMA, without those that the login may not see', async () => {
    const found = await rows(
      "SELECT TABLE_SCHEMA, COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH AS len FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'clients' AND ORDINAL_POSITION IN (1, 3, 14) ORDER BY ORDINAL_POSITION",
    );
    expect(found).toEqual([
      { TABLE_SCHEMA: 'dbo', COLUMN_NAME: 'CLIENT_GUID', DATA_TYPE: 'uniqueidentifier', len: null },
      { TABLE_SCHEMA: 'dbo', COLUMN_NAME: 'LAST_NAME', DATA_TYPE: 'varchar', len: 40 },
    ]);
    expect(await rows('SELECT TABLE_NAME AS t FROM [information_schema].[tables] ORDER BY t')).toEqual([
      { t: 'CLIENTS' },
      { t: 'PATIENTS' },
    ]);
  });

  it('are found again after the table was changed', async () => {
    await here.mysql.query('CREATE TABLE LATER (A INT)');
    expect(await rows('SELECT A FROM LATER')).toEqual([]);
    await here.mysql.query('ALTER TABLE LATER RENAME COLUMN A TO B');
    await expect(rows('SELECT A FROM LATER')).rejects.toMatchObject({ number: 207 });
    expect(await rows('SELECT B FROM LATER')).toEqual([]);
    await here.mysql.query('DROP TABLE LATER');
    await expect(rows('SELECT B FROM LATER')).rejects.toMatchObject({ number: 208 });
  });
});

describe('uniqueidentifier', () => {
  it('sorts as SQL Server sorts it, by its last group first', async () => {
    const found = await rows('SELECT CLIENT_GUID AS g FROM CLIENTS ORDER BY CLIENT_GUID');
    expect(found.map((row) => (row as { g: string }).g)).toEqual([guids[1], guids[2], guids[0]]);
  });

  it.each([
    ['as itself', sql.UniqueIdentifier],
    ['as text', sql.NVarChar(36)],
  ])('is compared with a parameter sent %s', async (_how, type) => {
    const { recordset } = await pool
      .request()
      .input('after', type, guids[1])
      .query('SELECT TOP (1) CLIENT_GUID AS g FROM CLIENTS WHERE CLIENT_GUID > @after ORDER BY CLIENT_GUID');
    expect(recordset).toEqual([{ g: guids[2] }]);
  });

  it('joins and groups', async () => {
    const found = await rows(
      'SELECT c.FIRST_NAME AS name, COUNT(p.PATIENT_ID) AS pets FROM CLIENTS AS c LEFT JOIN PATIENTS p ON p.CLIENT_GUID = c.CLIENT_GUID GROUP BY c.CLIENT_GUID, c.FIRST_NAME HAVING COUNT(*) > 1 ORDER BY pets DESC',
    );
    expect(found).toEqual([{ name: '李雷', pets: 2 }]);
  });
});

describe('reading', () => {
  it('takes the parameters of a page', async () => {
    const request = pool.request().input('n', sql.Int, 1).input('after', sql.Int, 1).input('like', sql.NVarChar, 'T%');
    expect(
      (
        await request.query(
          'SELECT TOP (@n) PATIENT_NAME AS n FROM PATIENTS WHERE PATIENT_ID > @after AND PATIENT_NAME LIKE @like',
        )
      ).recordset,
    ).toEqual([{ n: 'Tom' }]);
    expect(
      await rows('SELECT PATIENT_ID AS id FROM PATIENTS ORDER BY PATIENT_ID OFFSET 1 ROWS FETCH NEXT 5 ROWS ONLY'),
    ).toEqual([{ id: 2 }]);
  });

  it('reads subqueries, EXISTS and IN', async () => {
    const found = await rows(
      'SELECT FIRST_NAME AS n, (SELECT MAX(p.PATIENT_ID) FROM PATIENTS p WHERE p.CLIENT_GUID = c.CLIENT_GUID) AS pet FROM CLIENTS c WHERE EXISTS (SELECT 1 FROM PATIENTS p WHERE p.CLIENT_GUID = c.CLIENT_GUID) AND CLIENT_GUID IN (SELECT TOP 5 CLIENT_GUID FROM PATIENTS ORDER BY PATIENT_ID)',
    );
    expect(found).toEqual([{ n: '李雷', pet: 2 }]);
  });

  it('answers several statements, each with its own rows', async () => {
    const { recordsets } = await pool
      .request()
      .query('SET NOCOUNT ON; SELECT 1 AS a; SELECT 2 AS b SELECT PATIENT_ID AS c FROM PATIENTS');
    expect(recordsets).toEqual([[{ a: 1 }], [{ b: 2 }], [{ c: 1 }, { c: 2 }]]);
    expect((await pool.request().batch('SELECT 1 AS a; SET NOCOUNT OFF')).recordsets).toEqual([[{ a: 1 }]]);
  });

  it('SQL Server: prepares, executes and unprepares a statement', async () => {
    const statement = new sql.PreparedStatement(pool);
    statement.input('id', sql.Int);
    await statement.prepare('SELECT PATIENT_NAME AS n FROM PATIENTS WHERE PATIENT_ID = @id');
    expect((await statement.execute({ id: 1 })).recordset).toEqual([{ n: 'Rex' }]);
    expect((await statement.execute({ id: 2 })).recordset).toEqual([{ n: 'Tom' }]);
    await statement.unprepare();
  });

  it('reads in a transaction', async () => {
    const transaction = new sql.Transaction(pool);
    await transaction.begin(sql.ISOLATION_LEVEL.SNAPSHOT);
    expect((await transaction.request().query('SELECT COUNT(*) AS n FROM PATIENTS')).recordset).toEqual([{ n: 2 }]);
    await transaction.commit();
  });

  it('SQL Server: returns its own time, local and UTC', async () => {
    expect(await rows('SELECT GETUTCDATE() AS utc, GETDATE() AS here, SYSUTCDATETIME() AS exact')).toEqual([
      {
        utc: new Date('2026-07-01T12:00:00.250Z'),
        here: new Date('2026-07-01T07:00:00.250Z'),
        exact: new Date('2026-07-01T12:00:00.250Z'),
      },
    ]);
  });

  it.each([
    ['SELECT PATIENT_NAME FROM PATIENTS ORDER BY PATIENT_ID LIMIT 1', 102],
    ['SELECT IFNULL(PATIENT_NAME, 1) FROM PATIENTS', 195],
    ['SELECT PATIENT_NAME FROM PATIENTS WHERE PATIENT_ID <=> 1', 102],
    ['SELECT p.NOPE FROM PATIENTS p', 207],
    ['SELECT CLIENT_GUID FROM PATIENTS p JOIN CLIENTS c ON c.CLIENT_GUID = p.CLIENT_GUID', 209],
    ['SELECT PATIENT_NAME, COUNT(*) FROM PATIENTS', 8120],
    ['SELECT 1 FROM PATIENTS WHERE COUNT(*) > 1', 147],
    ['SELECT DISTINCT PATIENT_NAME FROM PATIENTS ORDER BY PATIENT_ID', 145],
    ['SELECT 1 FROM PATIENTS WHERE PATIENT_NAME = 5', 245],
    ['SELECT 1 FROM PATIENTS WHERE PATIENT_NAME > GETDATE()', 241],
    ["SELECT 1 FROM PATIENTS WHERE PATIENT_ID > 'x'", 245],
    ["SELECT 1 FROM CLIENTS WHERE CLIENT_GUID > 'x'", 8169],
    ["SELECT 1 FROM CLIENTS WHERE CREATED > 'yesterday'", 241],
    ['SELECT 1 FROM CLIENTS WHERE ACTIVE', 4145],
    ['SELECT PATIENT_NAME + PATIENT_ID FROM PATIENTS', 245],
    ['SELECT MAX(ACTIVE) FROM CLIENTS', 8117],
    ['SELECT 1 FROM PATIENTS GROUP BY 1', 164],
    ['SELECT 1 FROM other.dbo.PATIENTS', 208],
    ['EXEC sp_who', 2812],
  ])('refuses %s with error %d', async (statement, number) => {
    await expect(rows(statement)).rejects.toMatchObject({ number });
  });

  it('SQL Server: continues after an error', async () => {
    await expect(rows('SELECT nope')).rejects.toMatchObject({ number: 207 });
    expect(await rows('SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });
});

describe('a login that may not', () => {
  it.each([
    ['SELECT SOCIAL_SECURITY_NUMBER FROM CLIENTS', 230],
    ["SELECT 1 FROM CLIENTS c WHERE c.SOCIAL_SECURITY_NUMBER LIKE '0%'", 230],
    ['SELECT 1 FROM CLIENTS ORDER BY social_security_number', 230],
    ['SELECT * FROM CLIENTS', 230],
    ['SELECT COUNT(*) FROM SECRETS', 229],
    ["INSERT INTO PATIENTS VALUES (3, NULL, 'x')", 229],
    ["UPDATE dbo.PATIENTS SET PATIENT_NAME = 'x'", 229],
    ['DELETE FROM PATIENTS', 229],
    ['DROP TABLE PATIENTS', 3701],
    ['SELECT PATIENT_ID INTO T FROM PATIENTS', 262],
    ['CREATE TABLE T (A INT)', 262],
    ['TRUNCATE TABLE PATIENTS', 1088],
  ])('gets no further with %s than error %d', async (statement, number) => {
    await expect(rows(statement)).rejects.toMatchObject({ number });
  });

  it('leaves everything as it was', async () => {
    expect(await rows('SELECT COUNT(*) AS n FROM PATIENTS')).toEqual([{ n: 2 }]);
  });
});

describe('the log', () => {
  it('names every table and column that a statement reads', async () => {
    await rows(
      "SELECT c.FIRST_NAME FROM CLIENTS c JOIN PATIENTS p ON p.CLIENT_GUID = c.CLIENT_GUID WHERE p.PATIENT_NAME = 'Rex'",
    );
    expect(here.tds.statements.filter(({ tables }) => tables.length > 0)).toEqual([
      {
        sql: expect.stringContaining('SELECT c.FIRST_NAME'),
        user: 'reader',
        database: 'Clinic',
        tables: ['CLIENTS', 'PATIENTS'],
        columns: ['PATIENTS.CLIENT_GUID', 'CLIENTS.CLIENT_GUID', 'CLIENTS.FIRST_NAME', 'PATIENTS.PATIENT_NAME'],
      },
    ]);
  });
});
