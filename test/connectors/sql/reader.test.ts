import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cornerstoneMapping } from '../../../src/connectors/cornerstone/mapping.js';
import type { Row, SqlDriver } from '../../../src/connectors/drivers/driver.js';
import { createOdbcDriver } from '../../../src/connectors/drivers/odbc.js';
import { mergeMapping } from '../../../src/connectors/sql/mapping/mapping.js';
import { createReader } from '../../../src/connectors/sql/reader.js';
import { cornerstoneTables, insert, ordinaryClient, ordinaryClients } from '../support/cornerstone.js';
import { type OdbcBody, sqlite } from '../support/odbc-bodies.js';
import { context, never } from '../support/read.js';

/** A real driver with rows removed from its results, as a common ODBC driver loses them. */
function losing(driver: SqlDriver, lose: (sql: string, rows: Row[]) => Row[]): SqlDriver {
  return {
    ...driver,
    query: async (sql, parameters, options) => lose(sql, await driver.query(sql, parameters, options)),
  };
}

describe('SQL connectors: reading through an unreliable driver', () => {
  let body: OdbcBody;
  let driver: SqlDriver;
  beforeAll(async () => {
    body = await sqlite(...cornerstoneTables(), ...ordinaryClients(30));
    driver = createOdbcDriver({ connectionString: body.connectionString, dialect: 'sqlite', place: 'here' });
  });
  afterAll(async () => {
    await driver.close();
    await body.remove();
  });

  async function read(by: SqlDriver, pageSize = 10): Promise<string[]> {
    const ids: string[] = [];
    const reader = createReader(by, mergeMapping(cornerstoneMapping), context);
    for await (const { clients } of reader.clients({ cursor: null, pageSize, signal: never })) {
      ids.push(...clients.map(({ pimsId, pets }) => `${pimsId}/${pets.length}`));
    }
    return ids;
  }

  it('fails if clients are lost, instead of ending early', async () => {
    const by = losing(driver, (sql, rows) =>
      sql.includes('FROM "pp_client"') && rows.length > 3 ? rows.slice(0, 3) : rows,
    );
    await expect(read(by)).rejects.toMatchObject({
      code: 'pims-read-failed',
      message: expect.stringMatching(/fewer clients/) as unknown,
    });
  });

  it('fails if pets are lost, instead of returning clients without them', async () => {
    const by = losing(driver, (sql, rows) => (/^SELECT o\./.test(sql) ? rows.slice(1) : rows));
    await expect(read(by)).rejects.toMatchObject({
      code: 'pims-read-failed',
      message: expect.stringMatching(/fewer pets/) as unknown,
    });
  });

  it('reads a page again if a count and its rows disagree once', async () => {
    let lost = 0;
    const by = losing(driver, (sql, rows) => (/^SELECT o\./.test(sql) && (lost += 1) === 1 ? rows.slice(1) : rows));
    expect(await read(by)).toHaveLength(30);
    expect(lost).toBeGreaterThan(3);
  });

  it('does not take the ownership of a deleted pet for a lost row', async () => {
    await body.run(insert('pp_ownership', { patient_key: 4711, client_key: 5, ownership_pct: 100 }));
    expect((await read(driver)).filter((each) => each.endsWith('/1'))).toHaveLength(30);
  });

  it('fails if keys come out of order or twice', async () => {
    const reversed = losing(driver, (sql, rows) => (sql.includes('FROM "pp_client" c\n') ? [...rows].reverse() : rows));
    await expect(read(reversed, 100)).rejects.toMatchObject({ code: 'pims-read-failed' });
    const twice = losing(driver, (sql, rows) => (sql.includes('FROM "pp_client" c\n') ? [...rows, ...rows] : rows));
    await expect(read(twice, 100)).rejects.toMatchObject({ code: 'pims-read-failed' });
  });

  it('prefetches only the next page while the caller works on this one', async () => {
    const asked: string[] = [];
    const by = losing(driver, (sql, rows) => {
      if (sql.includes('FROM "pp_client" c\n')) asked.push(sql);
      return rows;
    });
    const reader = createReader(by, mergeMapping(cornerstoneMapping), context);
    const pages = reader.clients({ cursor: null, pageSize: 5, signal: never });
    await pages.next();
    await driver.query('SELECT 1 AS one', [], { signal: never });
    expect(asked.length).toBeLessThanOrEqual(2);
    await pages.return(undefined);
  });
});

describe('SQL connectors: keys that are text', () => {
  it('keep their padding for paging, are trimmed for us, and match pets in any case', async () => {
    const body = await sqlite(
      ...cornerstoneTables({}, 'varchar(20)'),
      insert('pp_client', ordinaryClient('a1 '), ordinaryClient('B2'), ordinaryClient("c'3"), ordinaryClient('d4')),
      insert('pp_patient', { patient_key: 1, name: 'Rex' }, { patient_key: 2, name: 'Tom' }),
      insert('pp_ownership', { patient_key: 1, client_key: 'a1 ' }, { patient_key: 2, client_key: "c'3" }),
    );
    const driver = createOdbcDriver({
      connectionString: body.connectionString,
      dialect: 'sqlite',
      place: 'here',
    });
    const mapping = mergeMapping(cornerstoneMapping, { clients: { keyType: 'text' } });
    const reader = createReader(driver, mapping, context);
    const found: Record<string, number> = {};
    for await (const page of reader.clients({ cursor: null, pageSize: 1, signal: never })) {
      for (const client of page.clients) found[client.pimsId] = client.pets.length;
    }
    expect(found).toEqual({ B2: 0, a1: 1, "c'3": 1, d4: 0 });
    expect(await reader.client("c'3", never)).toMatchObject({ pets: [{ name: 'Tom' }] });
    await driver.close();
    await body.remove();
  });
});
