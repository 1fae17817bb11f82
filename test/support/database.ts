import { createConnection } from 'mysql2/promise';
import { Secret } from '../../src/lib/secret.js';
import { openDatabase, type Database } from '../../src/store/db/database.js';
import { migrate } from '../../src/store/db/migrate.js';

export interface TestDatabase {
  db: Database;
  /** The `DATABASE_URL` for other processes. */
  url: string;
  drop(): Promise<void>;
}

/** Creates a migrated database on the server of `DATABASE_URL`; `drop()` drops it. */
export async function testDatabase(): Promise<TestDatabase> {
  const base = process.env['DATABASE_URL'];
  if (!base)
    throw new Error('DATABASE_URL is not set. Run the tests with ./scripts/test, which starts a private MariaDB.');
  const name = `pims_test_${process.pid}_${Date.now().toString(36)}_${Math.random().toString(36).slice(2, 8)}`;
  const admin = await createConnection(base);
  await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const url = new URL(base);
  url.pathname = `/${name}`;
  const db = openDatabase(new Secret(url.href), 8);
  await migrate(db);
  return {
    db,
    url: url.href,
    async drop() {
      await db.destroy();
      await admin.query(`DROP DATABASE ${name}`);
      await admin.end();
    },
  };
}
