import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createFaultProxy } from '../../src/connectors/conformance/proxy.js';
import type { Connector, Page } from '../../src/connectors/contract.js';
import cornerstone from '../../src/connectors/cornerstone/index.js';
import { openConnector } from '../../src/connectors/registry.js';
import { cornerstoneTables, insert, ordinaryClient, ordinaryClients } from './support/cornerstone.js';
import { mariadb, type Mariadb } from './support/mariadb.js';
import { sqlite, type OdbcBody } from './support/odbc-bodies.js';
import { context, never, readClients, readPages } from './support/read.js';

const opened: Connector[] = [];
async function open(settings: Record<string, unknown>): Promise<Connector> {
  const connector = await openConnector(cornerstone, settings, context);
  opened.push(connector);
  return connector;
}
afterEach(async () => {
  for (const connector of opened.splice(0)) await connector.close();
});

/** Returns the problem of a read, with everything that a person or a log can see of it. */
async function problemOf(work: Promise<unknown>): Promise<{ code: string; all: string; help: string }> {
  const error = await work.then(
    () => {
      throw new Error('it did not fail');
    },
    (reason: unknown) => reason as { code: string; message: string; help: string; stack: string; cause?: unknown },
  );
  return {
    code: error.code,
    help: error.help,
    all: `${error.message} ${error.help} ${error.stack} ${JSON.stringify(error.cause)}`,
  };
}

describe('Cornerstone: errors for an installer when Cornerstone cannot be read', () => {
  let body: Mariadb;
  let parts: Record<string, unknown>;
  beforeAll(async () => {
    body = await mariadb(...cornerstoneTables({ timestamp: 'datetime' }), ...ordinaryClients(300));
    const { host, port, database, user, password } = body;
    parts = { driver: 'MariaDB Unicode', host, port, database, user, password };
  });
  afterAll(() => body.drop());

  it('connects with separate settings for host, database and login', async () => {
    expect(await readClients(await open(parts))).toHaveLength(300);
  });

  it('Cornerstone: reports a wrong password, and shows neither password nor user', async () => {
    const problem = await problemOf(readClients(await open({ ...parts, password: 'hunter2;x}' })));
    expect(problem.code).toBe('pims-login-refused');
    expect(problem.help).toMatch(/user name and the password/);
    expect(problem.all).not.toMatch(/hunter2|PWD|UID/);
  });

  it('Cornerstone: reports that the database does not exist', async () => {
    const problem = await problemOf(readClients(await open({ ...parts, database: 'pims_no_such' })));
    expect(problem.code).toBe('pims-settings-wrong');
    expect(problem.all).toMatch(/no such database.*pims_no_such/);
  });

  it('Cornerstone: reports that no server answers at this host and port', async () => {
    const problem = await problemOf(readClients(await open({ ...parts, port: 1 })));
    expect(problem.code).toBe('pims-unreachable');
    expect(problem.help).toMatch(/host, instance and port/);
    expect(problem.all).toMatch(/ECONNREFUSED/);
    const nowhere = await problemOf(readClients(await open({ ...parts, host: 'no-such-host.invalid' })));
    expect(nowhere).toMatchObject({
      code: 'pims-unreachable',
      all: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) as unknown,
    });
  });

  it('Cornerstone: names the missing ODBC driver, and how to list the installed ones', async () => {
    const problem = await problemOf(readClients(await open({ ...parts, driver: 'SQL Anywhere 17' })));
    expect(problem.code).toBe('pims-driver-missing');
    expect(problem.all).toMatch(/SQL Anywhere 17.*odbcinst -q -d/s);
    const source = await problemOf(readClients(await open({ dsn: 'NoSuchSource', user: 'u', password: 'hunter2' })));
    expect(source.code).toBe('pims-driver-missing');
    expect(source.all).toMatch(/data source NoSuchSource.*odbcinst -q -s/s);
    expect(source.all).not.toMatch(/hunter2/);
  });

  it('Cornerstone: soon reports a locked table, and resumes when it is unlocked', async () => {
    await body.connection.query('LOCK TABLES pp_client WRITE');
    const connector = await open({ ...parts, lockWaitSeconds: 1 });
    const problem = await problemOf(readClients(connector));
    await body.connection.query('UNLOCK TABLES');
    expect(problem.code).toBe('pims-busy');
    expect(problem.help).toMatch(/retries by itself/);
    expect(await readClients(connector)).toHaveLength(300);
  });

  it('Cornerstone: fails the page in which the network is lost, and later resumes from its cursor', async () => {
    const proxy = await createFaultProxy({ host: body.host, port: body.port });
    const connector = await open({ ...parts, port: proxy.port });
    const first: Page[] = [];
    const problem = await problemOf(
      (async () => {
        for await (const page of connector.clients({ cursor: null, pageSize: 50, signal: never })) {
          first.push(page);
          proxy.cut();
        }
      })(),
    );
    proxy.heal();
    expect(problem.code).toBe('pims-unreachable');
    const rest: Page[] = [];
    const cursor = first.at(-1)!.cursor;
    for await (const page of connector.clients({ cursor, pageSize: 50, signal: never })) rest.push(page);
    expect([...first, ...rest].flatMap(({ clients }) => clients)).toHaveLength(300);
    await connector.close();
    await proxy.close();
  });

  it('Cornerstone: gives up on a silent server after the configured time', async () => {
    const proxy = await createFaultProxy({ host: body.host, port: body.port });
    const connector = await open({ ...parts, port: proxy.port, timeoutSeconds: 1 });
    const problem = await problemOf(
      (async () => {
        for await (const page of connector.clients({ cursor: null, pageSize: 50, signal: never })) {
          if (page.clients.length > 0) proxy.stall();
        }
      })(),
    );
    expect(problem).toMatchObject({
      code: 'pims-busy',
      all: expect.stringMatching(/within 1 s/) as unknown,
    });
    proxy.heal();
    await connector.close();
    await proxy.close();
  });
});

describe('Cornerstone: a read over ODBC', () => {
  let body: OdbcBody;
  beforeAll(async () => {
    body = await sqlite(...cornerstoneTables(), ...ordinaryClients(120));
  });
  afterAll(() => body.remove());
  const settings = (): Record<string, unknown> => ({ connectionString: body.connectionString });

  it('an abort ends even a slow statement at once, with the reason of the abort', async () => {
    // Several seconds but not forever: this driver cannot be canceled.
    await body.run(
      `CREATE VIEW slow_client AS SELECT c.* FROM pp_client c WHERE (WITH RECURSIVE n(i) AS
         (SELECT c.client_key UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT COUNT(*) FROM n) > 0`,
    );
    const connector = await open({ ...settings(), mapping: { clients: { table: 'slow_client' } } });
    const stop = new AbortController();
    const reading = connector
      .clients({ cursor: null, pageSize: 10, signal: stop.signal })
      [Symbol.asyncIterator]()
      .next();
    setTimeout(() => stop.abort(new Error('shutting down')), 50);
    await expect(reading).rejects.toThrow('shutting down');
  });

  it('stops a statement that takes longer than the settings allow', async () => {
    const mapping = { clients: { table: 'slow_client' } };
    const problem = await problemOf(readClients(await open({ ...settings(), mapping, timeoutSeconds: 1 })));
    expect(problem.code).toBe('pims-busy');
  });

  it('can be stopped at any moment, even while rows are fetched', async () => {
    const many = await sqlite(...cornerstoneTables(), ...ordinaryClients(5000));
    let stopped = 0;
    for (let turn = 0; turn < 60; turn += 1) {
      const connector = await open({ connectionString: many.connectionString });
      // Opens the connection first, so that the cancel hits the statement or its rows.
      await connector.client!('1', never);
      const stop = new AbortController();
      const reading = connector.clients({ cursor: null, pageSize: 5000, signal: stop.signal });
      const first = reading[Symbol.asyncIterator]().next();
      setTimeout(() => stop.abort(new Error('enough')), turn);
      await first.catch((error: unknown) => {
        expect(error).toBe(stop.signal.reason);
        stopped += 1;
      });
      await connector.close();
    }
    await many.remove();
    expect(stopped).toBeGreaterThan(5);
  }, 180_000);

  it('an abort between two pages ends the read there', async () => {
    const connector = await open(settings());
    const stop = new AbortController();
    const pages: Page[] = [];
    const reading = (async () => {
      for await (const page of connector.clients({ cursor: null, pageSize: 10, signal: stop.signal })) {
        pages.push(page);
        stop.abort(new Error('enough'));
      }
    })();
    await expect(reading).rejects.toThrow('enough');
    expect(pages).toHaveLength(1);
  });

  it('Cornerstone: reports a locked file while the PIMS uses it exclusively', async () => {
    const connector = await open({ ...settings(), lockWaitSeconds: 1 });
    const lock = await open(settings());
    await lock.close();
    const { default: odbc } = await import('odbc');
    const holder = await odbc.connect(body.connectionString);
    await holder.query('BEGIN EXCLUSIVE');
    const problem = await problemOf(readClients(connector));
    await holder.query('ROLLBACK');
    await holder.close();
    expect(problem.code).toBe('pims-busy');
    expect(await readClients(connector)).toHaveLength(120);
  });

  it('Cornerstone: cannot write with any statement', async () => {
    const mapping = { clients: { where: { last_name: "'; DELETE FROM pp_client; --" } } };
    expect(await readClients(await open({ ...settings(), mapping }))).toEqual([]);
    for (const table of ['pp_client"; DROP TABLE pp_client; --', 'pp_client p', '(SELECT 1)']) {
      const injected = open({ ...settings(), mapping: { clients: { table } } });
      await expect(injected).rejects.toMatchObject({ code: 'pims-settings-wrong' });
    }
    expect(await readClients(await open(settings()))).toHaveLength(120);
  });

  it('refuses a cursor of another connector', async () => {
    const connector = await open(settings());
    for (const cursor of ['x', '{}', '{"after":"1 OR 1=1"}', 'null']) {
      const reading = connector.clients({ cursor, pageSize: 10, signal: never })[Symbol.asyncIterator]().next();
      await expect(reading).rejects.toMatchObject({ code: 'pims-settings-wrong' });
    }
  });

  it('refuses duplicate keys', async () => {
    await body.run(
      'CREATE VIEW twice AS SELECT * FROM pp_client UNION ALL SELECT * FROM pp_client',
      'CREATE TABLE notes (client integer, note varchar(20))',
      insert('notes', { client: 5, note: 'a' }, { client: 5, note: 'b' }),
    );
    const view = problemOf(readClients(await open({ ...settings(), mapping: { clients: { table: 'twice' } } })));
    expect(await view).toMatchObject({
      code: 'pims-read-failed',
      help: expect.stringMatching(/unique/) as unknown,
    });
    const joins = { notes: { table: 'notes', on: { client: 'client_key' } } };
    const join = problemOf(
      readClients(await open({ ...settings(), mapping: { clients: { joins, title: 'notes.note' } } })),
    );
    expect(await join).toMatchObject({
      code: 'pims-read-failed',
      help: expect.stringMatching(/no join/) as unknown,
    });
  });

  it('refuses keys whose type differs from the mapping', async () => {
    await body.run('CREATE VIEW lettered AS SELECT *, client_number AS letter_key FROM pp_client');
    const mapping = { clients: { table: 'lettered', key: 'letter_key' } };
    const problem = await problemOf(readClients(await open({ ...settings(), mapping })));
    expect(problem).toMatchObject({
      code: 'pims-read-failed',
      help: expect.stringMatching(/keyType/) as unknown,
    });
  });
});

describe('Cornerstone: rows that cannot be read, over ODBC', () => {
  it('are reported by key and reason, and do not stop the read', async () => {
    const body = await sqlite(
      ...cornerstoneTables().map((sql) => sql.replace('last_name varchar(50)', 'last_name text')),
      insert('pp_client', ...[1, 2, 3, 4, 5].map((key) => ordinaryClient(key))),
      insert('pp_client', ordinaryClient(6, { last_name: 'x'.repeat(1_000_000) })),
      // Windows-1252 in a database that claims UTF-8, as old client-server systems store it.
      "UPDATE pp_client SET first_name = CAST(x'4a6f73e9' AS text) WHERE client_key = 3",
      insert('pp_patient', { patient_key: 1, name: 'Rex' }),
      "UPDATE pp_patient SET name = CAST(x'52e978' AS text)",
      insert('pp_ownership', { patient_key: 1, client_key: 4, ownership_pct: 100, is_primary: 1 }),
    );
    const connector = await open({ connectionString: body.connectionString });
    const pages = await readPages(connector, 2);
    expect(pages.flatMap(({ clients }) => clients).map(({ pimsId }) => pimsId)).toEqual(['1', '2', '5']);
    expect(pages.flatMap(({ unreadable }) => unreadable)).toEqual([
      {
        reference: '3',
        mayBe: ['3'],
        reason: expect.stringMatching(/^its first name has letters .* character set$/),
      },
      { reference: '4', mayBe: ['4'], reason: expect.stringMatching(/^its pet's name has letters/) },
      { reference: '6', mayBe: ['6'], reason: expect.stringMatching(/^its last name is longer than/) },
    ]);
    const { problems, findings } = await connector.check(never);
    expect(problems).toMatchObject([
      { code: 'pims-settings-wrong', help: expect.stringMatching(/character set/) as unknown },
    ]);
    expect(findings.join('\n')).toMatch(/1 cannot be read: its first name has letters/);
    await expect(connector.client!('3', never)).rejects.toMatchObject({ code: 'pims-read-failed' });
    await connector.close();
    await body.remove();
  });

  it('are counted even without a key', async () => {
    const body = await sqlite(
      ...cornerstoneTables({}, 'varchar(20)').map((sql) =>
        sql.replace('varchar(20) NOT NULL PRIMARY KEY', 'varchar(20)'),
      ),
      insert('pp_client', ordinaryClient('a'), ordinaryClient('b'), {
        ...ordinaryClient('x'),
        client_key: null,
      }),
    );
    const connector = await open({
      connectionString: body.connectionString,
      mapping: { clients: { keyType: 'text' } },
    });
    const [page, ...more] = await readPages(connector, 10);
    expect(more).toEqual([]);
    expect(page?.clients.map(({ pimsId }) => pimsId)).toEqual(['a', 'b']);
    expect(page?.unreadable).toEqual([
      { reference: 'rows without a key', mayBe: [], reason: '1 of them have an empty key' },
    ]);
    await connector.close();
    await body.remove();
  });
});
