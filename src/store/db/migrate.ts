import { Migrator } from 'kysely';
import type { Database } from './database.js';
import { databaseProblem } from './database.js';
import { up as first } from './migrations/0001-first.js';

/** Every migration by name, in order. Listed here, not read from a folder, so that bundling cannot lose one. */
const migrations = { '0001-first': { up: first } };

/**
 * Migrates the schema to the latest version under a lock, so that several processes may call it at once. Returns the
 * names of the applied migrations.
 */
export async function migrate(db: Database): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw databaseProblem(error);
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName);
}
