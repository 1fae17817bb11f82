import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import type { Connector, Page } from '../../src/connectors/contract.js';
import impromed from '../../src/connectors/impromed/index.js';
import { startBrowser } from '../../demo/sql-server/browser.js';
import { startTds } from '../../demo/sql-server/server.js';
import { openConnector } from '../../src/connectors/registry.js';
import { guid, impromedClient, impromedCodes, impromedPatient, impromedTables } from './support/impromed.js';
import { context, never, readClients, readPages } from './support/read.js';
import { sqlServer, type SqlServer } from './support/sql-server.js';

describe(`ImproMed: over mssql on ${process.env['TEST_MSSQL_URL'] ? 'SQL Server' : 'the TDS stand-in'}`, () => {
  let server: SqlServer;
  const opened: Connector[] = [];
  async function open(settings: Record<string, unknown> = {}): Promise<Connector> {
    const connector = await openConnector(impromed, { ...server.settings, ...settings }, context);
    opened.push(connector);
    return connector;
  }

  beforeAll(async () => {
    server = await sqlServer(impromedTables, {
      CLIENTS: [
        impromedClient(1, {
          LAST_NAME: '李',
          SPOUSE_FIRST_NAME: 'Bo ',
          WORK_PHONE: '555-0199',
          CLIENT_TYPE_GUID: guid(77),
        }),
        impromedClient(2, { ACTIVE: 0, EMAIL_OPTOUT: 1 }),
        impromedClient(3, { DELETED: 1, ALLOW_MARKETING: 0, CREATE_DATE_TIME: '1900-01-01 00:00:00' }),
        impromedClient(4, { REM_SUSPENDED: 1, PRACTICE_VID: 2 }),
        ...Array.from({ length: 60 }, (_, at) => impromedClient(100 + at)),
      ],
      PATIENTS: [
        impromedPatient(1, 1),
        impromedPatient(2, 1, { SPECIES_GUID: guid(2, 'a'), SEX: 'F', DECEASED_DATE: '2022-05-06 00:00:00' }),
        impromedPatient(3, 1, { SPECIES_GUID: null, SEX: 'U', ACTIVE: 0, BIRTHDATE: '1900-01-01 00:00:00' }),
        impromedPatient(4, 2, { SEX: 'never seen', DELETED: 1 }),
        impromedPatient(5, 4),
        impromedPatient(6, 9999),
        ...Array.from({ length: 60 }, (_, at) => impromedPatient(100 + at, 100 + at)),
      ],
      ...impromedCodes,
    });
  });
  afterEach(async () => {
    server.tds?.faults.clear();
    if (server.tds) server.tds.faults.refuseConnections = false;
    for (const connector of opened.splice(0)) await connector.close();
  });
  afterAll(() => server.stop());

  it('reads clients, flags, and local dates that no time zone shifts', async () => {
    const clients = await readClients(await open());
    const find = (number: number): unknown => clients.find(({ pimsId }) => pimsId === guid(number));
    expect(find(1)).toMatchObject({
      displayId: '1001',
      siteId: '1',
      firstName: 'First1',
      lastName: '李',
      spouseFirstName: 'Bo',
      emails: ['c1@example.com'],
      phones: [
        { label: 'home', number: '555-0100' },
        { label: 'work', number: '555-0199' },
      ],
      classification: guid(77),
      inactive: false,
      deleted: false,
      optOut: null,
      createdOn: '2023-03-12',
      lastVisitOn: '2026-01-02',
    });
    expect(find(2)).toMatchObject({ inactive: true, optOut: 'EMAIL_OPTOUT' });
    expect(find(3)).toMatchObject({ deleted: true, optOut: 'ALLOW_MARKETING', createdOn: null });
    expect(find(4)).toMatchObject({ optOut: 'REM_SUSPENDED' });
  });

  it('reads pets with species and sex from their own tables', async () => {
    const clients = await readClients(await open());
    const pets = (number: number): unknown => clients.find(({ pimsId }) => pimsId === guid(number))?.pets;
    expect(pets(1)).toMatchObject([
      {
        pimsId: guid(1, 'a'),
        species: 'dog',
        speciesRaw: 'Canine',
        sex: 'male',
        neutered: true,
        sexRaw: 'MN',
        bornOn: '2020-02-03',
        status: 'active',
        share: null,
        primaryOwner: true,
      },
      { species: 'cat', sex: 'female', neutered: false, diedOn: '2022-05-06', status: 'deceased' },
      {
        species: 'other',
        speciesRaw: null,
        sex: 'unknown',
        neutered: null,
        bornOn: null,
        status: 'inactive',
      },
    ]);
    expect(pets(2)).toMatchObject([{ sex: 'unknown', sexRaw: 'never seen', status: 'deleted' }]);
  });

  it.each([1, 7, 64, 500])('returns every client once in pages of %i', async (pageSize) => {
    const pages = await readPages(await open(), pageSize);
    const all = pages.flatMap(({ clients }) => clients);
    expect(all).toHaveLength(64);
    expect(new Set(all.map(({ pimsId }) => pimsId)).size).toBe(64);
    expect(all.flatMap(({ pets }) => pets)).toHaveLength(65);
  });

  it('reads one of several practices, and finds one client by GUID or account number', async () => {
    expect((await readClients(await open({ practice: 2 }))).map(({ pimsId }) => pimsId)).toEqual([guid(4)]);
    const connector = await open();
    expect(await connector.client!(guid(1).toLowerCase(), never)).toMatchObject({
      displayId: '1001',
      pets: [{}, {}, {}],
    });
    expect(await connector.client!('1004', never)).toMatchObject({ pimsId: guid(4) });
    expect(await connector.client!('no such', never)).toBeNull();
  });

  it('ImproMed: never selects a column that the mapping does not name', async () => {
    if (!server.tds) return expect(server.name).toBe('SQL Server');
    server.tds.statements.length = 0;
    const connector = await open();
    await readClients(connector, 10);
    await connector.check(never);
    const asked = server.tds.statements.map(({ sql }) => sql).join('\n');
    expect(asked).toContain('[EMAIL_ADDRESS]');
    expect(asked).not.toMatch(/SOCIAL_SECURITY|DRIVER_LICENSE|SELECT\s+(TOP \d+ )?\*/i);
  });

  it('check: proves its mapping and names missing columns', async () => {
    const connector = await open();
    expect(await connector.check(never)).toMatchObject({ problems: [] });
    const wrong = await open({
      mapping: { clients: { emails: ['EMAIL'] }, pets: { joins: { species: { table: 'dbo.SPECIE' } } } },
    });
    const { problems } = await wrong.check(never);
    expect(problems).toMatchObject([
      {
        code: 'pims-schema-differs',
        message: expect.stringMatching(/no column EMAIL; it does have .*EMAIL_ADDRESS/) as unknown,
      },
      {
        code: 'pims-schema-differs',
        message: expect.stringMatching(/no table or view dbo\.SPECIE .*; it does have dbo\.SPECIES/) as unknown,
      },
    ]);
    await expect(readClients(wrong)).rejects.toMatchObject({ code: 'pims-schema-differs', missing: 'EMAIL' });
  });

  it('discover: proposes nothing if its whole mapping exists', async () => {
    const { proposal, whole, evidence } = await (await open()).discover!({ samples: false, signal: never });
    // The table of breeds is missing, and a GUID is not a breed.
    expect(parse(proposal)).toEqual({ mapping: {} });
    for (const line of [
      'table: dbo.CLIENTS',
      'keyType: guid',
      '- EMAIL_ADDRESS',
      'species: species.SPECIES_NAME',
      'owner: CLIENT_GUID',
      'ACTIVE: false',
      'DELETED: true',
    ]) {
      expect(whole).toContain(line);
    }
    expect(evidence.join('\n')).not.toMatch(/example\.com|078-05/);
  });

  const onStandIn = process.env['TEST_MSSQL_URL'] ? it.skip : it;

  onStandIn('asks the SQL Server Browser for the port of a named instance', async () => {
    const host = `127.${process.pid % 250}.14.34`;
    const tds = await startTds({
      host,
      mysqlUrl: process.env['DATABASE_URL']!,
      databases: { Impromed: server.database! },
      users: [{ name: 'reader', password: 'pw' }],
    });
    const browser = await startBrowser(host, { IMPROMED1: tds.port });
    const login = { user: 'reader', password: 'pw', encrypt: false };
    const connector = await openConnector(impromed, { host, ...login }, context);
    opened.push(connector);
    expect(await readClients(connector)).toHaveLength(64);
    const other = await openConnector(impromed, { host: `${host}\\OTHER`, ...login }, context);
    opened.push(other);
    await expect(readClients(other)).rejects.toMatchObject({
      code: 'pims-unreachable',
      help: expect.stringMatching(/UDP port 1434.*`port`/) as unknown,
    });
    await connector.close();
    await browser.stop();
    await tds.stop();
  });

  describe('ImproMed: errors for an installer', () => {
    it('name the wrong setting: login, database, port', async () => {
      await expect(readClients(await open({ password: 'hunter2' }))).rejects.toMatchObject({
        code: 'pims-login-refused',
        message: expect.not.stringContaining('hunter2') as unknown,
      });
      await expect(readClients(await open({ database: 'Impromedd' }))).rejects.toMatchObject({
        code: 'pims-settings-wrong',
        message: expect.stringMatching(/no such database.*Impromedd/) as unknown,
      });
      await expect(readClients(await open({ port: 1 }))).rejects.toMatchObject({
        code: 'pims-unreachable',
        message: expect.stringMatching(/ECONNREFUSED/) as unknown,
      });
    });

    it('say what to do about a certificate that this machine does not trust', async () => {
      await expect(readClients(await open({ encrypt: true, trustServerCertificate: false }))).rejects.toMatchObject({
        code: 'pims-settings-wrong',
        help: expect.stringMatching(/certificateAuthority.*trustServerCertificate/) as unknown,
      });
      expect(await readClients(await open({ encrypt: true, trustServerCertificate: true }))).toHaveLength(64);
    });

    onStandIn('ImproMed: soon reports a locked table, and resumes when it is unlocked', async () => {
      const connector = await open({ lockWaitSeconds: 1 });
      server.tds!.faults.inject({ table: 'CLIENTS', locked: true });
      await expect(readClients(connector)).rejects.toMatchObject({
        code: 'pims-busy',
        message: expect.stringMatching(/1222/) as unknown,
      });
      server.tds!.faults.clear();
      expect(await readClients(connector)).toHaveLength(64);
    });

    onStandIn('loses a deadlock politely', async () => {
      server.tds!.faults.inject({
        table: 'PATIENTS',
        error: { number: 1205, message: 'The transaction was deadlocked.' },
      });
      await expect(readClients(await open())).rejects.toMatchObject({ code: 'pims-busy' });
    });

    onStandIn('ImproMed: fails the page in which the network is lost, and resumes from its cursor', async () => {
      const connector = await open();
      server.tds!.faults.inject({ table: 'CLIENTS', after: 3, times: 1, cutAfterRows: 4 });
      const pages: Page[] = [];
      let failure: unknown;
      for (let cursor: string | null = null; ;) {
        try {
          for await (const page of connector.clients({ cursor, pageSize: 10, signal: never })) pages.push(page);
          break;
        } catch (error) {
          expect(failure).toBeUndefined();
          failure = error;
          cursor = pages.at(-1)!.cursor;
        }
      }
      expect(failure).toMatchObject({
        code: 'pims-unreachable',
        message: expect.stringMatching(/lost while reading/) as unknown,
      });
      expect(new Set(pages.flatMap(({ clients }) => clients).map(({ pimsId }) => pimsId)).size).toBe(64);
    });

    onStandIn('gives up on an answer after the configured time, and ends at once on an abort', async () => {
      server.tds!.faults.inject({ table: 'CLIENTS', delayMs: 20_000 });
      await expect(readClients(await open({ timeoutSeconds: 1 }))).rejects.toMatchObject({
        code: 'pims-busy',
      });
      const stop = new AbortController();
      const connector = await open();
      const reading = connector
        .clients({ cursor: null, pageSize: 10, signal: stop.signal })
        [Symbol.asyncIterator]()
        .next();
      setTimeout(() => stop.abort(new Error('shutting down')), 100);
      await expect(reading).rejects.toThrow('shutting down');
    });

    onStandIn('says which table the login may not read', async () => {
      server.tds!.faults.inject({
        table: 'CLIENTS',
        error: {
          number: 229,
          message: "The SELECT permission was denied on the object 'CLIENTS', database 'Clinic', schema 'dbo'.",
          level: 14,
        },
      });
      await expect(readClients(await open())).rejects.toMatchObject({
        code: 'pims-login-refused',
        message: expect.stringMatching(/may not read CLIENTS/) as unknown,
        help: expect.stringMatching(/SELECT/) as unknown,
      });
    });

    onStandIn('ImproMed: never repeats row data from a server error', async () => {
      server.tds!.faults.inject({
        table: 'CLIENTS',
        error: {
          number: 245,
          message: "Conversion failed when converting the nvarchar value 'Smith, 12 Elm St' to data type int.",
        },
      });
      const error = await readClients(await open()).catch((reason: unknown) => reason as Error);
      expect(error).toMatchObject({
        code: 'pims-read-failed',
        message: expect.stringMatching(/245/) as unknown,
      });
      expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toMatch(/Smith/);
    });
  });
});
