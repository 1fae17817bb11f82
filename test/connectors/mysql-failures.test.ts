import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import avimark from '../../src/connectors/avimark/index.js';
import { createFaultProxy } from '../../src/connectors/conformance/proxy.js';
import type { Connector, Page } from '../../src/connectors/contract.js';
import { openConnector } from '../../src/connectors/registry.js';
import { avimarkAnimal, avimarkClient, avimarkTables } from './support/avimark.js';
import { databaseUrl, mariadb, type Mariadb } from './support/mariadb.js';
import { context, never, readClients } from './support/read.js';
import { type SqlServer, sqlServer } from './support/sql-server.js';

/** Reads the tables behind the stand-in for SQL Server; a real SQL Server has no MariaDB behind it. */
const onMariadb = process.env['TEST_MSSQL_URL'] ? describe.skip : describe;

onMariadb('errors for an installer when AVImark cannot be read over mysql', () => {
  const ids = Array.from({ length: 120 }, (_, at) => at + 1);
  let server: SqlServer;
  let lock: Mariadb;
  let settings: Record<string, unknown>;
  beforeAll(async () => {
    server = await sqlServer(avimarkTables, {
      CLIENT: ids.map((id) => avimarkClient(id)),
      ANIMAL: ids.map((id) => avimarkAnimal(id, id)),
    });
    lock = await mariadb();
    await lock.connection.query(`USE ${server.database!}`);
    const url = databaseUrl();
    settings = {
      driver: 'mysql',
      host: url.hostname,
      port: Number(url.port),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: server.database,
    };
  });
  afterAll(async () => {
    await lock.drop();
    await server.stop();
  });

  const opened: Connector[] = [];
  async function open(change: Record<string, unknown>): Promise<Connector> {
    const connector = await openConnector(avimark, { ...settings, ...change }, context);
    opened.push(connector);
    return connector;
  }
  afterEach(async () => {
    for (const connector of opened.splice(0)) await connector.close();
  });

  const mistakes: [string, Record<string, unknown>, string, RegExp][] = [
    ['the password is wrong', { password: 'hunter2' }, 'pims-login-refused', /user name and the password/],
    ['the database does not exist', { database: 'pims_none' }, 'pims-settings-wrong', /pims_none.*Correct `database`/],
    ['no server answers at the port', { port: 1 }, 'pims-unreachable', /ECONNREFUSED.*host, instance and port/],
    ['the server speaks no TLS', { tls: true }, 'pims-settings-wrong', /TLS.*`tls: false`/],
    [
      'a table is missing',
      { mapping: { pets: { table: 'ANIMALS' } } },
      'pims-schema-differs',
      /no table or view ANIMALS.*`mapping\.pets\.table`.*pims-sync check/,
    ],
    [
      'a column has another name',
      { mapping: { clients: { lastName: 'SURNAME' } } },
      'pims-schema-differs',
      /^CLIENT has no column SURNAME\..*`mapping\.clients\.lastName`.*pims-sync check/,
    ],
    [
      'a column of a joined table has another name',
      { mapping: { clients: { emails: ['emailPhrase.WORDS'] } } },
      'pims-schema-differs',
      /^PHRASE has no column WORDS\..*`mapping\.clients\.emails`/,
    ],
  ];
  it.each(mistakes)('AVImark over mysql: reports that %s', async (_what, change, code, words) => {
    const error = await readClients(await open(change)).then(
      () => new Error('it did not fail'),
      (reason: unknown) => reason as Error & { help: string },
    );
    expect(error).toMatchObject({ code });
    const said = `${error.message} ${(error as { help?: string }).help}`;
    expect(said).toMatch(words);
    expect(`${said} ${error.stack}`).not.toMatch(/hunter2|\bc\.SURNAME|j_emailPhrase/);
  });

  it('AVImark over mysql: soon reports a locked table, and resumes when it is unlocked', async () => {
    await lock.connection.query('LOCK TABLES ANIMAL WRITE');
    const connector = await open({ lockWaitSeconds: 1 });
    const reading = readClients(connector);
    await expect(reading).rejects.toMatchObject({
      code: 'pims-busy',
      help: expect.stringMatching(/retries by itself/) as unknown,
    });
    await lock.connection.query('UNLOCK TABLES');
    expect(await readClients(connector)).toHaveLength(120);
  });

  it('AVImark over mysql: fails the page in which the network is lost, and later resumes from its cursor', async () => {
    const proxy = await createFaultProxy({ host: String(settings.host), port: Number(settings.port) });
    const connector = await open({ port: proxy.port });
    const pages: Page[] = [];
    const go = async (cursor: string | null, onPage = () => {}): Promise<void> => {
      for await (const page of connector.clients({ cursor, pageSize: 50, signal: never })) {
        pages.push(page);
        onPage();
      }
    };
    await expect(go(null, () => proxy.cut())).rejects.toMatchObject({
      code: 'pims-unreachable',
      message: expect.stringMatching(/lost while reading|cannot be reached/) as unknown,
    });
    proxy.heal();
    await go(pages.at(-1)!.cursor);
    expect(pages.flatMap(({ clients }) => clients)).toHaveLength(120);
    await connector.close();
    await proxy.close();
  });

  it('AVImark over mysql: check reports text decoded with the wrong character set', async () => {
    await server.run("UPDATE CLIENT SET CLIENT_LAST = 'GarcÃ­a' WHERE CLIENT_ID < 10");
    const { problems } = await (await open({})).check(never);
    expect(problems).toMatchObject([
      { code: 'pims-settings-wrong', help: expect.stringMatching(/character set/) as unknown },
    ]);
  });
});
