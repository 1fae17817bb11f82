import { loadConfig } from '../config.js';
import { openDatabase, ping } from '../store/database.js';
import { migrate } from '../store/migrate.js';

export async function migrateCommand(): Promise<void> {
  const db = openDatabase(loadConfig(process.env).databaseUrl, 1);
  try {
    await ping(db);
    const done = await migrate(db);
    process.stdout.write(done.length > 0 ? `Migrated: ${done.join(', ')}.\n` : 'The schema is up to date.\n');
  } finally {
    await db.destroy();
  }
}
