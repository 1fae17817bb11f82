import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, type Connection } from 'mysql2/promise';
import { Secret } from '../../../src/lib/secret.js';
import { auditWeakness } from '../../../src/store/db/audit-proof.js';
import { openDatabase } from '../../../src/store/db/database.js';
import { grantNarrowly } from '../../../src/store/db/database-grants.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { startServers, type Servers } from '../../support/servers.js';

/** A MySQL server for tests: mysql://user:password@host:port/ of a user with all privileges. */
const mysqlUrl = process.env['TEST_MYSQL_URL'];
const bodies = ['MariaDB', ...(mysqlUrl ? ['MySQL'] : [])];

describe.each(bodies)('database: the proof that the audit trail is protected, on %s', (body) => {
  const folder = mkdtempSync(join(tmpdir(), 'pims-proof-'));
  const suffix = Math.random().toString(36).slice(2, 8);
  const [user, role, outer] = ['app', 'role', 'outer'].map((name) => `pims_${name}_${suffix}`) as [
    string,
    string,
    string,
  ];
  let servers: Servers | undefined;
  let test: TestDatabase;
  let admin: Connection;
  let url: string;
  let database: string;
  beforeAll(async () => {
    if (body === 'MariaDB') servers = await startServers(folder);
    const shared = process.env['DATABASE_URL'];
    process.env['DATABASE_URL'] = servers?.adminUrl ?? mysqlUrl;
    test = await testDatabase();
    process.env['DATABASE_URL'] = shared;
    admin = await createConnection(test.url);
    url = Object.assign(new URL(test.url), { username: user, password: 'narrow' }).href;
    database = new URL(test.url).pathname.slice(1);
  }, 60_000);
  afterEach(async () => {
    await admin.query(`DROP USER IF EXISTS '${user}'@'%'`);
    for (const name of [role, outer]) await admin.query(`DROP ROLE IF EXISTS ${name}`);
  });
  afterAll(async () => {
    await admin?.end();
    await test?.drop();
    await servers?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Returns the weakness reported for a user with these extra grants, and whether the user can change a row. */
  async function weaknessWith(...statements: string[]): Promise<string | null> {
    await grantNarrowly(test.db, new Secret(url));
    for (const statement of statements) await admin.query(statement.replaceAll('USER', `'${user}'@'%'`));
    await admin.query("INSERT INTO audit (at, actor_kind, action) VALUES (UTC_TIMESTAMP(3), 'job', 'first-login')");
    const app = openDatabase(new Secret(url), 1);
    try {
      const [[before]] = (await admin.query('CHECKSUM TABLE audit')) as unknown as [{ Checksum: number }[]];
      const weakness = await auditWeakness(app);
      const [[after]] = (await admin.query('CHECKSUM TABLE audit')) as unknown as [{ Checksum: number }[]];
      expect(after?.Checksum).toBe(before?.Checksum);
      return weakness;
    } finally {
      await app.destroy();
    }
  }

  it('succeeds for a user with exactly the rights that it needs', async () => {
    expect(await weaknessWith()).toBeNull();
  });

  it.each([
    ['UPDATE', 'UPDATE'],
    ['DELETE', 'DELETE'],
    ['DROP', 'DROP'],
    ['ALTER', 'ALTER'],
    ['ALL PRIVILEGES', 'UPDATE'],
  ])('fails with %s on all databases, with the reason', async (right, named) => {
    expect(await weaknessWith(`GRANT ${right} ON *.* TO USER`)).toBe(`it has ${named} on all databases (*.*)`);
  });

  it.each(['action', 'details'])('fails with a grant on the column %s, with the reason', async (column) => {
    expect(await weaknessWith(`GRANT UPDATE (${column}) ON ${database}.audit TO USER`)).toMatch(
      /^it has UPDATE on (columns of the table audit|this database)/,
    );
  });

  it('fails with a grant on the database by a pattern, and does not report it as all databases', async () => {
    const weakness = await weaknessWith(`GRANT UPDATE ON \`${database.slice(0, -1)}_\`.* TO USER`);
    expect(weakness).toMatch(/^it has UPDATE on this database/);
  });

  const through = new RegExp(`^it gets (UPDATE|DELETE) through (one of its roles|its role ${role}|its role ${outer})$`);
  it.each(['UPDATE', 'DELETE'])('fails with a role that has %s and is not a default role', async (right) => {
    const weakness = await weaknessWith(
      `CREATE ROLE ${role}`,
      `GRANT ${right} ON ${database}.audit TO ${role}`,
      `GRANT ${role} TO USER`,
    );
    expect(weakness).toMatch(through);
    expect(weakness).toContain(right);
  });

  it('fails with a role that is granted through another role', async () => {
    const weakness = await weaknessWith(
      `CREATE ROLE ${role}`,
      `CREATE ROLE ${outer}`,
      `GRANT UPDATE ON *.* TO ${role}`,
      `GRANT ${role} TO ${outer}`,
      `GRANT ${outer} TO USER`,
    );
    expect(weakness).toMatch(through);
  });

  it('succeeds with a role that cannot change the trail', async () => {
    expect(
      await weaknessWith(
        `CREATE ROLE ${role}`,
        `GRANT SELECT ON ${database}.audit TO ${role}`,
        `GRANT ${role} TO USER`,
      ),
    ).toBeNull();
  });
});
