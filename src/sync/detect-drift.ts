import { driftBetween } from '../domain/client/drift.js';
import { readProfile } from '../domain/client/field-statistics.js';
import type { Database } from '../store/db/database.js';
import { saveDrift } from '../store/decisions/drift-hold.js';
import { previousProfile, type SyncRun } from '../store/sync-runs/sync-runs.js';

/**
 * Compares a full scan with the one before it, and stores the drift and the holds that follow from it. Call it before
 * any client is evaluated, and before the safety stop can stop the run: drift may explain why many clients are missing.
 */
export async function detectDrift(db: Database, run: SyncRun): Promise<void> {
  const previous = await previousProfile(db, run);
  const profile = readProfile(run.profile);
  const drift = previous ? driftBetween(readProfile(previous.profile), profile) : [];
  await saveDrift(db, run, drift, profile);
}
