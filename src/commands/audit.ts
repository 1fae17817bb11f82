import { loadConfig } from '../app/config.js';
import { withDatabase } from '../app/with-app.js';
import { Problem } from '../lib/problem.js';
import { pruneAudit, record } from '../store/access/audit.js';
import { adminUrlOf } from './migrate.js';

/** Deletes audit lines from before a date, as the database administrator, and records that in the audit trail. */
export async function pruneAuditTrail(options: { before: string }): Promise<void> {
  const { databaseUrl } = loadConfig(process.env);
  const before = new Date(`${options.before}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(options.before) || Number.isNaN(before.getTime()) || before > new Date()) {
    throw new Problem({
      code: 'date-wrong',
      message: `"${options.before}" is not a past date.`,
    });
  }
  await withDatabase(adminUrlOf(process.env) ?? databaseUrl, async (db) => {
    const lines = await pruneAudit(db, before);
    const actor = { kind: 'operator', id: null, name: 'the command line' } as const;
    await record(db, { actor, action: 'audit-pruned', details: { before: options.before, lines } }, new Date());
    process.stdout.write(`${lines} lines from before ${options.before} were deleted.\n`);
  }).catch((error: unknown) => {
    if ((error as { code?: string }).code !== 'ER_TABLEACCESS_DENIED_ERROR') throw error;
    throw new Problem({
      code: 'audit-protected',
      message: 'The user of DATABASE_URL may not delete from the audit trail, which is as intended.',
      cause: error,
    });
  });
}
