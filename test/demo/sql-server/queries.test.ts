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
  });
  pool = await here.connect();
});
afterAll(() => here.close());
beforeEach(() => {
  here.tds.statements.length = 0;
});

const rows = async (statement: string): Promise<object[]> => (await pool.request().query(statement)).recordset;

describe('SQL Server stand-in: columns', () => {
  it('have the types that their tables declare', async () => {
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

  it('appear in INFORMATION_SCHEMA, except those that the login may not see', async () => {
    const found = await rows(
      "SELECT TABLE_SCHEMA, COLUMN_NAME, DATA_TYPE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'clients' AND ORDINAL_POSITION IN (1, 3, 14) ORDER BY ORDINAL_POSITION",
    );
    expect(found).toEqual([
      { TABLE_SCHEMA: 'dbo', COLUMN_NAME: 'CLIENT_GUID', DATA_TYPE: 'uniqueidentifier' },
      { TABLE_SCHEMA: 'dbo', COLUMN_NAME: 'LAST_NAME', DATA_TYPE: 'varchar' },
    ]);
    expect(
      await rows('SELECT TABLE_NAME AS t FROM [information_schema].[columns] GROUP BY TABLE_NAME ORDER BY TABLE_NAME'),
    ).toEqual([{ t: 'CLIENTS' }, { t: 'PATIENTS' }]);
  });

  it('are up to date after the table was changed', async () => {
    await here.mysql.query('CREATE TABLE LATER (A INT)');
    expect(await rows('SELECT A FROM LATER')).toEqual([]);
    await here.mysql.query('ALTER TABLE LATER RENAME COLUMN A TO B');
    await expect(rows('SELECT A FROM LATER')).rejects.toMatchObject({ number: 207 });
    expect(await rows('SELECT B FROM LATER')).toEqual([]);
    await here.mysql.query('DROP TABLE LATER');
    await expect(rows('SELECT B FROM LATER')).rejects.toMatchObject({ number: 208 });
  });
});

describe('SQL Server stand-in: uniqueidentifier', () => {
  it('sorts by its last group first, as SQL Server does', async () => {
    const found = await rows('SELECT CLIENT_GUID AS g FROM CLIENTS ORDER BY CLIENT_GUID');
    expect(found.map((row) => (row as { g: string }).g)).toEqual([guids[1], guids[2], guids[0]]);
  });

  it('can be compared with a parameter', async () => {
    const { recordset } = await pool
      .request()
      .input('after', sql.UniqueIdentifier, guids[1])
      .query('SELECT TOP (1) CLIENT_GUID AS g FROM CLIENTS WHERE CLIENT_GUID > @after ORDER BY CLIENT_GUID');
    expect(recordset).toEqual([{ g: guids[2] }]);
  });

  it('can be joined and grouped', async () => {
    const found = await rows(
      'SELECT c.FIRST_NAME AS name, COUNT(p.PATIENT_ID) AS pets FROM CLIENTS c INNER JOIN PATIENTS p ON p.CLIENT_GUID = c.CLIENT_GUID GROUP BY c.CLIENT_GUID, c.FIRST_NAME',
    );
    expect(found).toEqual([{ name: '李雷', pets: 2 }]);
  });
});

describe('SQL Server stand-in: reading', () => {
  it('accepts the parameters of a page', async () => {
    const request = pool.request().input('n', sql.Int, 1).input('after', sql.Int, 1).input('name', sql.NVarChar, 'Tom');
    expect(
      (
        await request.query(
          'SELECT TOP (@n) PATIENT_NAME AS n FROM PATIENTS WHERE PATIENT_ID > @after AND PATIENT_NAME = @name',
        )
      ).recordset,
    ).toEqual([{ n: 'Tom' }]);
  });

  it('compares a number as text', async () => {
    const request = pool.request().input('id', sql.NVarChar, '2');
    const statement = 'SELECT PATIENT_NAME AS n FROM PATIENTS WHERE RTRIM(CAST(PATIENT_ID AS nvarchar(64))) = @id';
    expect((await request.query(statement)).recordset).toEqual([{ n: 'Tom' }]);
  });

  it('answers several statements, each with its own rows', async () => {
    const { recordsets } = await pool
      .request()
      .query('SET NOCOUNT ON; SELECT 1 AS a; SELECT 2 AS b SELECT PATIENT_ID AS c FROM PATIENTS');
    expect(recordsets).toEqual([[{ a: 1 }], [{ b: 2 }], [{ c: 1 }, { c: 2 }]]);
    expect((await pool.request().batch('SELECT 1 AS a; SET NOCOUNT OFF')).recordsets).toEqual([[{ a: 1 }]]);
  });

  it.each([
    ['SELECT PATIENT_NAME FROM PATIENTS ORDER BY PATIENT_ID LIMIT 1', 102],
    ['SELECT IFNULL(PATIENT_NAME, 1) FROM PATIENTS', 195],
    ['SELECT PATIENT_NAME FROM PATIENTS WHERE PATIENT_ID <=> 1', 102],
    ['SELECT p.NOPE FROM PATIENTS p', 207],
    ['SELECT CLIENT_GUID FROM PATIENTS p JOIN CLIENTS c ON c.CLIENT_GUID = p.CLIENT_GUID', 209],
    ['SELECT PATIENT_NAME, COUNT(*) FROM PATIENTS', 8120],
    ['SELECT x.PATIENT_ID FROM PATIENTS p', 4104],
    ['SELECT PATIENT_ID FROM PATIENTS WHERE PATIENT_ID = @nobody', 137],
    ['SELECT 1 FROM other.dbo.PATIENTS', 208],
    ['SELECT 1 FROM WHERE 1 = 1', 102],
    ['SELECT `a` FROM PATIENTS', 102],
    ['SELECT * FROM PATIENTS', 102],
    ['SELECT PATIENT_ID FROM (SELECT PATIENT_ID FROM PATIENTS) p', 102],
  ])('refuses %s with error %d', async (statement, number) => {
    await expect(rows(statement)).rejects.toMatchObject({ number });
  });

  it('SQL Server: continues after an error', async () => {
    await expect(rows('SELECT nope')).rejects.toMatchObject({ number: 207 });
    expect(await rows('SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });
});

describe('SQL Server stand-in: a login without rights', () => {
  it.each([
    ['SELECT SOCIAL_SECURITY_NUMBER FROM CLIENTS', 230],
    ["SELECT 1 FROM CLIENTS c WHERE c.SOCIAL_SECURITY_NUMBER = '0'", 230],
    ['SELECT 1 FROM CLIENTS ORDER BY social_security_number', 230],
    ['SELECT COUNT(*) FROM SECRETS', 229],
    ["INSERT INTO PATIENTS VALUES (3, NULL, 'x')", 102],
    ["UPDATE dbo.PATIENTS SET PATIENT_NAME = 'x'", 102],
    ['DELETE FROM PATIENTS', 102],
    ['SELECT 1; DELETE FROM PATIENTS', 102],
    ['DROP TABLE PATIENTS', 102],
    ['SELECT PATIENT_ID INTO T FROM PATIENTS', 102],
    ['CREATE TABLE T (A INT)', 102],
    ['EXEC sp_who', 102],
  ])('cannot run %s: error %d', async (statement, number) => {
    await expect(rows(statement)).rejects.toMatchObject({ number });
  });

  it('changes nothing', async () => {
    expect(await rows('SELECT COUNT(*) AS n FROM PATIENTS')).toEqual([{ n: 2 }]);
  });
});

describe('SQL Server stand-in: the log', () => {
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
        columns: ['CLIENTS.FIRST_NAME', 'PATIENTS.CLIENT_GUID', 'CLIENTS.CLIENT_GUID', 'PATIENTS.PATIENT_NAME'],
      },
    ]);
  });
});
