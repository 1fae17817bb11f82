import { checkUrl } from '../app/check-url.js';
import { loadConfig } from '../app/config.js';
import { withDatabase } from '../app/with-app.js';
import { Secret } from '../lib/secret.js';
import { Problem } from '../lib/problem.js';
import { migrate } from '../store/db/migrate.js';
import { auditWeakness } from '../store/db/audit-proof.js';
import { grantNarrowly } from '../store/db/database-grants.js';

/**
 * Migrates the schema. With `DATABASE_ADMIN_URL` set, that user migrates, and the user of `DATABASE_URL` gets only the
 * rights that the application needs: it can add to the audit trail, but not change it.
 */
export async function migrateCommand(): Promise<void> {
  const { databaseUrl } = loadConfig(process.env);
  const adminUrl = adminUrlOf(process.env);
  await withDatabase(adminUrl ?? databaseUrl, async (db) => {
    const done = await migrate(db);
    process.stdout.write(done.length > 0 ? `Migrated: ${done.join(', ')}.\n` : 'The schema is up to date.\n');
    if (adminUrl === null) return;
    const granted = await grantNarrowly(db, databaseUrl);
    process.stdout.write(`Granted the application's user the rights it needs (${granted.length} statements).\n`);
  });
  if (adminUrl !== null) await proveProtected(databaseUrl);
}

/**
 * Returns the URL of the database administrator, for tasks the application itself must not do; null if it is not set.
 */
export function adminUrlOf(env: Readonly<Record<string, string | undefined>>): Secret | null {
  const url = new Secret(env['DATABASE_ADMIN_URL'] ?? '');
  if (url.open() === '') return null;
  const problems: string[] = [];
  checkUrl('DATABASE_ADMIN_URL', url, ['mysql:', 'mariadb:'], problems);
  if (problems.length === 0) return url;
  throw new Problem({
    code: 'config-wrong',
    message: problems.join(' '),
    help: 'Example: DATABASE_ADMIN_URL=mysql://admin:password@localhost:3306/pims_sync',
  });
}

async function proveProtected(databaseUrl: Secret): Promise<void> {
  const weakness = await withDatabase(databaseUrl, auditWeakness);
  if (weakness === null) {
    process.stdout.write('The application can add to the audit trail and cannot change it.\n');
    return;
  }
  throw new Problem({
    code: 'audit-not-protected',
    message: `The user of DATABASE_URL can still change the audit trail: ${weakness}.`,
  });
}
