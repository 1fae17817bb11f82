import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { createMssqlDriver } from '../../../src/connectors/drivers/mssql.js';
import { createMysqlDriver } from '../../../src/connectors/drivers/mysql.js';
import type { SqlDriver } from '../../../src/connectors/drivers/driver.js';
import { startTds, type Tds, type TdsOptions } from '../../../demo/sql-server/server.js';
import { Secret } from '../../../src/lib/secret.js';
import { openDatabase, ping } from '../../../src/store/db/database.js';
import { openConnection } from '../../../src/store/db/session.js';
import { checkRedis } from '../../../src/jobs/bullmq/redis.js';
import { rewritingProxy, withoutMysqlTls, type RewritingProxy } from '../../support/rewriting-proxy.js';
import { startServers, type Servers } from '../../support/servers.js';
import { never } from '../support/read.js';

const password = 'Read3r-pw';
const reader = { name: 'reader', password };

/** TDS obfuscates a password by swapping the halves of each byte and XOR 0xA5, which protects nothing. */
const tdsBytes = Buffer.from(
  Buffer.from(password, 'utf16le').map((byte) => (((byte << 4) | (byte >> 4)) & 0xff) ^ 0xa5),
);

/** Replaces the encryption option in the server's PRELOGIN answer by "not supported". */
function withoutTdsTls(chunk: Buffer, at: number): Buffer {
  if (at > 0) return chunk;
  for (let token = 8; chunk[token] !== 0xff; token += 5)
    if (chunk[token] === 1) chunk[8 + chunk.readUInt16BE(token + 1)] = 2;
  return chunk;
}

const ask = (driver: SqlDriver) => driver.query('SELECT 1 AS n', [], { signal: never });
const problem = (code: string, message: RegExp, help: RegExp) => ({
  code,
  message: expect.stringMatching(message) as unknown,
  help: expect.stringMatching(help) as unknown,
});

describe('mssql: encrypted or refused', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });
  async function standIn(encryption: NonNullable<TdsOptions['encryption']>): Promise<Tds> {
    const mysqlUrl = process.env['DATABASE_URL'] as string;
    const tds = await startTds({ mysqlUrl, databases: { Clinic: 'pims_sync' }, users: [reader], encryption });
    ends.push(() => tds.stop());
    return tds;
  }
  async function through(tds: Tds, toClient = (chunk: Buffer, _at: number) => chunk): Promise<RewritingProxy> {
    const proxy = await rewritingProxy(tds, { toClient });
    ends.push(() => proxy.close());
    return proxy;
  }
  function driver(port: number, change: { encrypt?: boolean; certificateAuthority?: string; domain?: string } = {}) {
    const made = createMssqlDriver({
      host: 'localhost',
      port,
      database: 'Clinic',
      user: reader.name,
      password,
      place: 'here',
      encrypt: true,
      trustServerCertificate: false,
      oldTls: false,
      ...change,
    });
    ends.push(() => made.close());
    return made;
  }
  const sentPassword = (proxy: RewritingProxy) =>
    proxy.sent().includes(tdsBytes) || proxy.sent().includes(Buffer.from(reader.name, 'utf16le'));
  const noTls = problem(
    'pims-settings-wrong',
    /^The PIMS's server offers no TLS \(here\)\.$/,
    /encrypt: false.*network you trust/,
  );

  it('mssql: sends no login to a server without TLS', async () => {
    const proxy = await through(await standIn('not-supported'));
    await expect(ask(driver(proxy.port))).rejects.toMatchObject(noTls);
    await expect(ask(driver(proxy.port, { domain: 'CLINIC' }))).rejects.toMatchObject(noTls);
    expect(sentPassword(proxy)).toBe(false);
    // Without TLS, the bytes would look like this to somebody in between.
    expect(await ask(driver(proxy.port, { encrypt: false }))).toEqual([{ n: 1 }]);
    expect(sentPassword(proxy)).toBe(true);
  });

  it.each(['offered', 'required'] as const)(
    'mssql: sends no login if an attacker in between removes TLS that is %s',
    async (encryption) => {
      const tds = await standIn(encryption);
      const proxy = await through(tds, withoutTdsTls);
      const strict = driver(proxy.port, { certificateAuthority: tds.certificate });
      for (const _ of [1, 2]) await expect(ask(strict)).rejects.toMatchObject(noTls);
      expect(sentPassword(proxy)).toBe(false);
    },
  );

  it('mssql: reads over TLS if the server has it, and the login cannot be read on the wire', async () => {
    const tds = await standIn('offered');
    const proxy = await through(tds);
    expect(await ask(driver(proxy.port, { certificateAuthority: tds.certificate }))).toEqual([{ n: 1 }]);
    expect(sentPassword(proxy)).toBe(false);
  });

  it('mssql: names the setting if the server accepts only encrypted connections', async () => {
    const tds = await standIn('required');
    const needs = problem('pims-settings-wrong', /accepts only encrypted connections/, /^Set `encrypt: true`/);
    await expect(ask(driver(tds.port, { encrypt: false }))).rejects.toMatchObject(needs);
  });
});

describe('MySQL and Redis: encrypted or refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pims-tls-'));
  let servers: Servers | undefined;
  let stripping: RewritingProxy;
  let plain: RewritingProxy;
  let authority: string;
  let url: URL;
  beforeAll(async () => {
    const pem = await generate([{ name: 'commonName', value: 'db.clinic.example' }], {
      keyType: 'rsa',
      extensions: [{ name: 'basicConstraints', cA: true }],
    } as never);
    authority = pem.cert;
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(cert, pem.cert);
    writeFileSync(key, pem.private);
    servers = await startServers(folder, '127.0.0.1', [`--ssl-cert=${cert}`, `--ssl-key=${key}`]);
    url = new URL(servers.mariadb.url);
    const target = { host: url.hostname, port: Number(url.port) };
    stripping = await rewritingProxy(target, { toClient: withoutMysqlTls });
    plain = await rewritingProxy(target, {});
  }, 60_000);
  afterAll(async () => {
    await stripping?.close();
    await plain?.close();
    await servers?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const options = (port: number, tls?: { verify: boolean; certificateAuthority?: string }) => ({
    host: '127.0.0.1',
    port,
    database: url.pathname.slice(1),
    user: url.username,
    password: url.password,
    place: 'here',
    tls,
  });
  const withSsl = (port: number, ssl: object) => {
    const changed = new URL(url);
    changed.port = String(port);
    changed.searchParams.set('ssl', JSON.stringify(ssl));
    return changed.href;
  };
  const sentUser = (proxy: RewritingProxy) => proxy.sent().includes(`${url.username}\0`);

  it.each([true, false])(
    'mysql2: sends no login if an attacker in between removes TLS (verify: %s)',
    async (verify) => {
      const driver = createMysqlDriver(options(stripping.port, { verify }));
      await expect(ask(driver)).rejects.toMatchObject(
        problem(
          'pims-settings-wrong',
          /^The PIMS's server offers no TLS \(here\)\.$/,
          /network you trust.*`tls: false`/,
        ),
      );
      await driver.close();
      expect(sentUser(stripping)).toBe(false);
    },
  );

  it('database: sends no login if an attacker in between removes TLS', async () => {
    for (const ssl of [{}, { rejectUnauthorized: true }, { rejectUnauthorized: false }]) {
      const db = openDatabase(new Secret(withSsl(stripping.port, ssl)), 1);
      await expect(ping(db)).rejects.toMatchObject(problem('database-no-tls', /No password was sent/, /ssl/));
      await db.destroy();
      await expect(openConnection({ uri: withSsl(stripping.port, ssl) })).rejects.toMatchObject({
        code: 'HANDSHAKE_NO_SSL_SUPPORT',
      });
    }
    expect(sentUser(stripping)).toBe(false);
  });

  it('mysql2 and database: read over TLS, and the login cannot be read on the wire', async () => {
    const driver = createMysqlDriver(options(plain.port, { verify: true, certificateAuthority: authority }));
    expect(await driver.query("SHOW STATUS LIKE 'Ssl_version'", [], { signal: never })).toEqual([
      { Variable_name: 'Ssl_version', Value: expect.stringContaining('TLS') },
    ]);
    await driver.close();
    const db = openDatabase(new Secret(withSsl(plain.port, { ca: authority })), 1);
    await ping(db);
    await db.destroy();
    expect(sentUser(plain)).toBe(false);
    const open = createMysqlDriver(options(plain.port));
    expect(await ask(open)).toEqual([{ n: 1 }]);
    await open.close();
    expect(sentUser(plain)).toBe(true);
  });

  it.each([
    [{ verify: true }, { rejectUnauthorized: true, verifyIdentity: true }],
    [
      { verify: true, certificateAuthority: 'PEM' },
      { rejectUnauthorized: true, verifyIdentity: false, ca: 'PEM' },
    ],
    [{ verify: false }, { rejectUnauthorized: false, verifyIdentity: false }],
  ])('mysql2: a certificate of a public authority must name the host: %j', async (tls, ssl) => {
    let asked: unknown;
    const createConnection = (given: { ssl?: unknown }) => ((asked = given.ssl), Promise.reject(new Error('stop')));
    const driver = createMysqlDriver(options(1, tls), () =>
      Promise.resolve({ default: { createConnection } as never }),
    );
    await expect(ask(driver)).rejects.toThrow('stop');
    expect(asked).toEqual(ssl);
  });

  it('rediss://: sends no password to a Redis without TLS', async () => {
    const redis = new URL(servers!.redis.url);
    const proxy = await rewritingProxy({ host: redis.hostname, port: Number(redis.port) }, {});
    const secret = new Secret(`rediss://:${redis.password}@127.0.0.1:${proxy.port}/0`);
    // Such a Redis waits for the end of a line, so only the time limit ends this.
    await expect(checkRedis(secret)).rejects.toMatchObject(
      problem('redis-unreachable', /No Redis answers/, /rediss:\/\/ if Redis uses TLS, else with redis:/),
    );
    expect(proxy.sent().includes(redis.password)).toBe(false);
    await proxy.close();
  });
});
