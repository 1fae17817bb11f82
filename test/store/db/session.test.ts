import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompiledQuery, sql } from 'kysely';
import { Secret } from '../../../src/lib/secret.js';
import { literal } from '../../../src/store/db/bulk.js';
import { insertMany, openDatabase, ping, type Database } from '../../../src/store/db/database.js';
import { emailKeyOf, findLogin } from '../../../src/store/accounts/logins.js';
import { migrate } from '../../../src/store/db/migrate.js';
import { openConnection } from '../../../src/store/db/session.js';
import { rewritingProxy } from '../../support/rewriting-proxy.js';
import { startServers, type Servers } from '../../support/servers.js';
import { seedPerson, seedPractice } from '../../web/support/seed.js';
import { testWeb, type TestWeb } from '../../web/support/web.js';

/** Every default of this server differs from ours, and it ignores the client's character set. */
const otherModes = [
  '--sql-mode=NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT,IGNORE_SPACE,PAD_CHAR_TO_FULL_LENGTH',
  '--character-set-server=latin1',
  '--collation-server=latin1_swedish_ci',
  '--skip-character-set-client-handshake',
  '--transaction-isolation=SERIALIZABLE',
  '--default-time-zone=+05:30',
  '--autocommit=0',
];

const practice = (id: string, name: string, at = new Date()) => ({
  id,
  name,
  time_zone: 'UTC',
  policy_key: null,
  approved_at: at,
  approved_by: null,
  email_paused_at: null,
  email_pause_reason: null,
  created_at: at,
});

describe('database: the store on a server with other session modes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pims-session-'));
  let servers: Servers | undefined;
  let web: TestWeb;
  let db: Database;
  beforeAll(async () => {
    servers = await startServers(folder, '127.0.0.1', otherModes);
    const admin = await servers.admin();
    await admin.query('SET GLOBAL sql_select_limit = 2');
    await admin.end();
    const shared = process.env['DATABASE_URL'];
    process.env['DATABASE_URL'] = servers.adminUrl;
    web = await testWeb();
    process.env['DATABASE_URL'] = shared;
    db = web.deps.db;
    await seedPractice(db, 'north');
  }, 60_000);
  afterAll(async () => {
    await web?.close();
    await servers?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const modes = `SELECT @@sql_mode AS sqlMode, @@time_zone AS zone, @@tx_isolation AS isolation, @@autocommit AS autocommit,
    @@character_set_client AS client, @@character_set_results AS results, @@collation_connection AS collation`;
  const ours = {
    sqlMode: 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
    zone: '+00:00',
    isolation: 'READ-COMMITTED',
    autocommit: 1,
    client: 'utf8mb4',
    results: 'utf8mb4',
    collation: 'utf8mb4_unicode_ci',
  };

  it('sets its own modes on each connection of the pool, and on a separate one', async () => {
    const at = Array.from({ length: 8 }, () => db.executeQuery(CompiledQuery.raw(`${modes}, SLEEP(0.05) AS slept`)));
    for (const { rows } of await Promise.all(at)) expect(rows).toEqual([{ ...ours, slept: 0 }]);
    const single = await openConnection({ uri: web.database.url });
    const [rows] = await single.query(modes);
    await single.end();
    expect(rows).toEqual([ours]);
  });

  it('finds no account for an address that is an SQL condition, and the right one for a name with a quote', async () => {
    const obrien = await seedPerson(web, 'north', {
      lastName: "O'Brien",
      email: "pat.o'brien@mail.example",
    });
    for (const typed of ["x'||1#@x.example", "x'||0#@x.example", "x'or'1'='1@x.example"]) {
      const key = emailKeyOf(typed);
      expect(key).not.toBeNull();
      expect(await findLogin(db, key as string)).toBeNull();
    }
    expect(await findLogin(db, emailKeyOf("Pat.O'Brien@mail.example") as string)).toMatchObject({
      accountId: obrien.accountId,
    });
  });

  it.each(["O'Brien", 'C:\\temp\\', "\\' OR 1 = 1 -- ", '"quoted" ?', 'Ŵ 李雷 🐕', 'tab\tline\nnull\0sub\x1a', "''"])(
    'stores %j completely, in bulk and as a parameter',
    async (text) => {
      const record = JSON.stringify({ text });
      await db.deleteFrom('practices').where('id', '<>', 'north').execute();
      await insertMany(db, 'practices', [{ ...practice('bulk', text), drift_hold: record }]);
      await db
        .insertInto('practices')
        .values({ ...practice('one', text), drift_hold: record })
        .execute();
      const rows = await db.selectFrom('practices').select(['name', 'drift_hold']).where('name', '=', text).execute();
      expect(rows).toEqual([
        { name: text, drift_hold: record },
        { name: text, drift_hold: record },
      ]);
    },
  );

  it('refuses a value that is too long instead of truncating it', async () => {
    const long = practice('long', 'x'.repeat(201));
    const tooLong = { code: 'ER_DATA_TOO_LONG' };
    await expect(insertMany(db, 'practices', [long])).rejects.toMatchObject(tooLong);
    await expect(db.insertInto('practices').values(long).execute()).rejects.toMatchObject(tooLong);
  });

  it('commits each statement, keeps times in UTC and reads all rows', async () => {
    const at = new Date('2026-03-29T01:30:00.123Z');
    await insertMany(
      db,
      'practices',
      ['p1', 'p2', 'p3'].map((id) => practice(id, 'Three', at)),
    );
    const other = openDatabase(new Secret(web.database.url), 1);
    const rows = await other.selectFrom('practices').select('approved_at').where('name', '=', 'Three').execute();
    expect(rows).toEqual([at, at, at].map((approved_at) => ({ approved_at })));
    const { rows: now } = await sql<{
      off: number;
    }>`SELECT ABS(TIMESTAMPDIFF(SECOND, NOW(), UTC_TIMESTAMP())) AS off`.execute(other);
    expect(now[0]?.off).toBeLessThan(2);
    await other.destroy();
  });

  it('migrates and stores names completely in a database with the server’s own character set', async () => {
    const admin = await servers!.admin();
    await admin.query('CREATE DATABASE pims_latin');
    const url = Object.assign(new URL(servers!.adminUrl), { pathname: '/pims_latin' }).href;
    const latin = openDatabase(new Secret(url), 2);
    expect(await migrate(latin)).toEqual(['0001-first']);
    expect(await migrate(latin)).toEqual([]);
    await insertMany(latin, 'practices', [practice('elm', 'Ŵ 李雷 🐕')]);
    expect(await latin.selectFrom('practices').select('name').execute()).toEqual([{ name: 'Ŵ 李雷 🐕' }]);
    await latin.destroy();
    await admin.query('DROP DATABASE pims_latin');
    await admin.end();
  });

  it.each([[['a', 'b']], [{ id: 1 }], [new Set(['a'])], [{ toSqlString: () => '1 OR 1' }], [Number.NaN], [() => 1]])(
    'refuses %p as a value, in bulk and as a parameter',
    async (value) => {
      expect(() => literal(value)).toThrow(TypeError);
      await expect(db.executeQuery(CompiledQuery.raw('SELECT ? AS v', [value]))).rejects.toThrow(TypeError);
    },
  );
});

describe('database: a server that refuses the session modes', () => {
  it.each(['SET NAMES', 'SET SESSION'])(
    'if %s fails, no other statement is sent, and the error names the cause',
    async (refused) => {
      const url = new URL(process.env['DATABASE_URL'] as string);
      const proxy = await rewritingProxy(
        { host: url.hostname, port: Number(url.port) },
        {
          toServer: (chunk) =>
            Buffer.from(chunk.toString('latin1').replaceAll(refused, refused.replace('SET', 'SIT')), 'latin1'),
        },
      );
      url.port = String(proxy.port);
      const problem = { code: 'database-session-refused', message: expect.stringContaining('SIT') };
      const db = openDatabase(new Secret(url.href), 1);
      for (const _ of [1, 2]) await expect(ping(db)).rejects.toMatchObject(problem);
      await expect(db.transaction().execute((trx) => sql`DELETE FROM practices`.execute(trx))).rejects.toMatchObject(
        problem,
      );
      await expect(openConnection({ uri: url.href })).rejects.toMatchObject(problem);
      expect(proxy.sent().toString('latin1')).not.toMatch(/SELECT 1|DELETE|begin/);
      await db.destroy();
      await proxy.close();
    },
  );
});
