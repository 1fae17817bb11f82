import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompiledQuery } from 'kysely';
import { createConnection } from 'mysql2/promise';
import { Secret } from '../../../src/lib/secret.js';
import { openDatabase } from '../../../src/store/db/database.js';
import { auditWeakness } from '../../../src/store/db/audit-proof.js';
import { grantNarrowly } from '../../../src/store/db/database-grants.js';
import { startServers, type Servers } from '../../support/servers.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

describe('database: the rights of the application', () => {
  let test: TestDatabase;
  const user = 'pims_narrow';
  let url: string;
  const admin = (statement: string) => test.db.executeQuery(CompiledQuery.raw(statement));
  const database = () => new URL(test.url).pathname.slice(1);

  // A separate server, because only a user with all privileges may grant rights on a whole database.
  const folder = mkdtempSync(join(tmpdir(), 'pims-rights-'));
  let servers: Servers | undefined;

  beforeAll(async () => {
    servers = await startServers(folder);
    process.env['DATABASE_URL'] = servers.adminUrl;
    test = await testDatabase();
    url = Object.assign(new URL(test.url), { username: user, password: 'narrow' }).href;
  });
  afterAll(async () => {
    await test?.drop();
    await servers?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The application's statements, each time as a new process would run them, and over one open connection. */
  async function busily(work: () => Promise<void>): Promise<{ done: number; refused: string[] }> {
    const refused: string[] = [];
    const statements = [
      'SELECT COUNT(*) FROM accounts',
      'UPDATE accounts SET email = email WHERE 1 = 0',
      "INSERT INTO audit (at, actor_kind, action) VALUES (UTC_TIMESTAMP(3), 'job', 'first-login')",
      'DELETE FROM messages WHERE 1 = 0',
    ];
    const stays = await createConnection(url);
    let over = false;
    let done = 0;
    const stream = (async () => {
      for (; !over || done < 8; done++) {
        const statement = statements[done % statements.length] as string;
        const fresh = await createConnection(url);
        for (const connection of [fresh, stays])
          await connection.query(statement).catch((error: Error) => refused.push(error.message));
        await fresh.end();
      }
    })();
    try {
      await work();
    } finally {
      over = true;
      await stream.finally(() => stays.end());
    }
    return { done, refused };
  }

  it.each([
    ['who had all rights on the database', () => `GRANT ALL ON \`${database()}\`.* TO '${user}'@'%'`],
    ['who had all rights on the audit trail', () => `GRANT ALL ON \`${database()}\`.audit TO '${user}'@'%'`],
    ['who already has exactly these rights', () => `GRANT USAGE ON *.* TO '${user}'@'%'`],
  ])('of a user %s are reduced while it works, without one refusal', async (_, grant) => {
    await admin(`CREATE USER IF NOT EXISTS '${user}'@'%' IDENTIFIED BY 'narrow'`);
    await admin(grant());
    const { done, refused } = await busily(async () => {
      for (let again = 0; again < 5; again++) {
        await grantNarrowly(test.db, new Secret(url));
        if (again < 4) await admin(grant());
      }
    });
    expect([refused, done >= 8]).toEqual([[], true]);
    const app = openDatabase(new Secret(url), 1);
    expect(await auditWeakness(app)).toBeNull();
    await expect(app.executeQuery(CompiledQuery.raw('TRUNCATE TABLE audit'))).rejects.toMatchObject({
      code: 'ER_TABLEACCESS_DENIED_ERROR',
    });
    await expect(app.executeQuery(CompiledQuery.raw('DELETE FROM kysely_migration'))).rejects.toMatchObject({
      code: 'ER_TABLEACCESS_DENIED_ERROR',
    });
    await app.destroy();
  });
});
