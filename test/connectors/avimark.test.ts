import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import avimark from '../../src/connectors/avimark/index.js';
import type { Connector } from '../../src/connectors/contract.js';
import { openConnector } from '../../src/connectors/registry.js';
import { avimarkRows, avimarkTables } from './support/avimark.js';
import { databaseUrl } from './support/mariadb.js';
import { context, never, readClients, readPages } from './support/read.js';
import { sqlServer, type SqlServer } from './support/sql-server.js';

const real = process.env['TEST_MSSQL_URL'] !== undefined;

/** Ways to reach the tables; the last two need the MariaDB server behind the stand-in. */
const drivers: Record<string, (server: SqlServer) => Record<string, unknown>> = {
  mssql: (server) => server.settings,
  ...(real
    ? {}
    : {
        mysql: mysqlSettings,
        odbc: (server) => {
          const { user, ...rest } = mysqlSettings(server);
          return { ...rest, user, driver: 'odbc', odbcDriver: 'MariaDB Unicode' };
        },
      }),
};

function mysqlSettings({ database }: SqlServer): Record<string, unknown> {
  const { hostname: host, port, username: user, password } = databaseUrl();
  return { driver: 'mysql', host, port: Number(port), database, user, password };
}

let server: SqlServer;
beforeAll(async () => {
  server = await sqlServer(avimarkTables, avimarkRows);
});
afterAll(() => server.stop());

describe.each(Object.entries(drivers))('AVImark: over %s', (_name, settings) => {
  const opened: Connector[] = [];
  async function open(change: Record<string, unknown> = {}): Promise<Connector> {
    const connector = await openConnector(avimark, { ...settings(server), ...change }, context);
    opened.push(connector);
    return connector;
  }
  afterAll(async () => {
    for (const connector of opened) await connector.close();
  });

  it('reads clients whose email and cell phone are pointers into the phrases', async () => {
    const clients = await readClients(await open());
    expect(clients.find(({ pimsId }) => pimsId === '1')).toMatchObject({
      title: 'Dr.',
      lastName: 'Muñoz’s',
      spouseFirstName: 'Bo',
      emails: ['ann@example.com'],
      phones: [
        { label: 'home', number: '780 779-7350' },
        { label: 'business', number: '(403) 555-0100' },
        { label: 'cell', number: '780-555-0133' },
      ],
      classification: '1',
      createdOn: '2015-06-07',
    });
    // A reference to nothing, or to a deleted phrase.
    expect(clients.find(({ pimsId }) => pimsId === '4')).toMatchObject({
      emails: [],
      phones: [{ label: 'home' }],
    });
  });

  it('reads record state D as deleted, day zero as no date, and suspension as opted out', async () => {
    const clients = await readClients(await open());
    expect(clients.find(({ pimsId }) => pimsId === '2')).toMatchObject({ deleted: true, createdOn: null });
    expect(clients.find(({ pimsId }) => pimsId === '3')).toMatchObject({
      deleted: false,
      optOut: 'CLIENT_SUSPEND',
      phones: [{ label: 'home', number: '780.779-7350' }],
    });
  });

  it('reads pets with their co-owners, but not those whose part has ended', async () => {
    const clients = await readClients(await open());
    const pets = (id: string): unknown => clients.find(({ pimsId }) => pimsId === id)?.pets;
    expect(pets('1')).toMatchObject([
      {
        pimsId: '1',
        species: 'dog',
        sex: 'male',
        neutered: null,
        diedOn: null,
        status: 'active',
        share: 70,
        primaryOwner: true,
      },
      {
        pimsId: '2',
        species: 'cat',
        sex: 'female',
        neutered: true,
        bornOn: null,
        diedOn: '2021-08-09',
        status: 'deceased',
        share: null,
      },
    ]);
    expect(pets('3')).toMatchObject([
      { pimsId: '1', share: 30, primaryOwner: false },
      { pimsId: '3', status: 'deleted', primaryOwner: true },
      { pimsId: '4', sex: 'male', neutered: true, status: 'active', primaryOwner: true },
    ]);
    expect(pets('4')).toMatchObject([{ pimsId: '4', share: 20, primaryOwner: false }]);
  });

  it.each([1, 13, 44, 45])('returns every client once, in order, in pages of %i', async (pageSize) => {
    const pages = await readPages(await open(), pageSize);
    const ids = pages.flatMap(({ clients }) => clients).map(({ pimsId }) => Number(pimsId));
    expect(ids).toEqual([1, 2, 3, 4, ...Array.from({ length: 40 }, (_, at) => 100 + at)]);
  });

  it('accepts an installation’s own meaning of class, and text instead of pointers', async () => {
    const mapping = {
      clients: {
        inactive: { CLIENT_CLASS: [8, 9] },
        joins: { emailPhrase: null, cellPhrase: null },
        emails: ['CLIENT_CODES'],
        phones: { cell: null, business: null },
      },
      codes: { species: { canine: 'wolf' } },
    };
    const connector = await open({ mapping });
    expect(await connector.client!('3', never)).toMatchObject({ inactive: true });
    expect(await connector.client!('1', never)).toMatchObject({
      inactive: false,
      emails: [],
      pets: [{ species: 'wolf' }, { species: 'cat' }],
    });
    expect((await connector.check(never)).problems).toEqual([]);
  });

  it('check: names the pointer of a mapping that leads nowhere', async () => {
    await expect(open({ mapping: { clients: { joins: { emailPhrase: null } } } })).rejects.toMatchObject({
      code: 'pims-settings-wrong',
      message: expect.stringMatching(/emailPhrase\.PHRASE_TEXT.*no join "emailPhrase"/) as unknown,
    });
  });

  it('check: proves its mapping against the live catalog', async () => {
    const { findings, problems } = await (await open()).check(never);
    expect(problems).toEqual([]);
    expect(findings.join('\n')).toMatch(
      /CLIENT: 14 of 14 columns found.*PHRASE: 2 of 2.*SPLIT: 6 of 6|CLIENT: 14 of 14/s,
    );
    expect(findings).toContainEqual(expect.stringMatching(/CLIENT\.CLIENT_RECD: A × 43, D × 1\./));
    expect(findings.join('\n')).not.toMatch(/Muñoz|example\.com/);
  });

  it('only reads', async () => {
    const connector = await open();
    expect(connector.capabilities).toEqual({ oneClient: true });
    await connector.close();
    await connector.close();
  });
});

describe('AVImark: the classic edition', () => {
  it('reads the folder of files that staff export', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pims-sync-avimark-'));
    await writeFile(
      join(folder, 'clients.csv'),
      'CLIENT_ID,CLIENT_FIRST,CLIENT_LAST,CLIENT_EMAIL,CLIENT_AREA,CLIENT_PHONE\n7,Ann,Lee,ann@example.com,780,779-7350\n',
    );
    await writeFile(
      join(folder, 'patients.csv'),
      'ID,ANIMAL_CLIENT,ANIMAL_NAME,ANIMAL_SPECIES,ANIMAL_SEX,ANIMAL_DEATH\n1,7,Rex,Canine,N,12/30/1899\n',
    );
    const connector = await openConnector(avimark, { driver: 'csv', folder }, context);
    expect(await readClients(connector)).toMatchObject([
      { pimsId: '7', lastName: 'Lee', pets: [{ name: 'Rex', species: 'dog', sex: 'male', neutered: true }] },
    ]);
    await connector.close();
    await rm(folder, { recursive: true });
  });
});

describe('AVImark: settings', () => {
  it('report each problem with its path', async () => {
    const wrong = openConnector(
      avimark,
      { host: '', port: 99999, databse: 'x', user: 'u', password: 'hunter2' },
      context,
    );
    await expect(wrong).rejects.toMatchObject({
      code: 'pims-settings-wrong',
      message: expect.stringMatching(
        /connection\.host: .*connection\.port: .*connection\.database: .*connection\.databse: is not a setting/s,
      ) as unknown,
    });
    await expect(wrong).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') as unknown });
    await expect(openConnector(avimark, { driver: 'oracle' }, context)).rejects.toMatchObject({
      message: expect.stringMatching(/connection\.driver: /) as unknown,
    });
    await expect(
      openConnector(avimark, { driver: 'odbc', dsn: 'a', host: 'b', database: 'c' }, context),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/one of: dsn, connectionString, or host with database/) as unknown,
    });
  });
});
