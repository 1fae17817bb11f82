import { Migrator } from 'kysely';
import type { Database } from './database.js';
import { databaseProblem } from './database.js';
import * as first from './migrations/0001-first.js';

/** Every migration by name, in order. Named here, not found by listing a folder, so that bundling cannot lose one. */
const migrations = { '0001-first': first };

/** Brings the schema up to date under a lock, so that several processes may call it at once. Returns what it did. */
export async function migrate(db: Database): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw databaseProblem(error);
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName);
}
