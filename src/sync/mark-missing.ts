import { Problem } from '../lib/problem.js';
import { checkMissingLimit } from '../domain/client/missing-clients.js';
import type { PracticeContext } from '../domain/decision/practice-context.js';
import { inTransaction, type Database } from '../store/db/database.js';
import {
  endNewConflicts,
  markMissing,
  missingClients,
  newConflicts,
  removeNewcomers,
  seenByRun,
} from '../store/clients/missing-clients.js';
import { isSafetyStopReleased, stopRun, unprovenSince } from '../store/sync-runs/safety-stop.js';
import type { SyncRun } from '../store/sync-runs/sync-runs.js';
import { guessMerges } from './guess-merges.js';
import { restoreFormerClients } from './restore-clients.js';

/** Missing clients per transaction. */
const clientsPerChunk = 500;

/**
 * Marks the clients that a full scan did not see as missing, with the client into which each was probably merged.
 *
 * @returns the number of missing clients
 * @throws Problem `too-many-missing` if the safety stop stops the run. Everything the run wrote is then undone, because
 *   the wrong database contains strangers under new numbers and under known ones
 */
export async function markMissingClients(
  db: Database,
  practice: PracticeContext,
  run: SyncRun,
  now: Date,
): Promise<number> {
  const began = run.startedAt ?? run.requestedAt;
  const { stored, missing } = await missingClients(db, practice.id, { began, isSeen: await seenByRun(db, run.id) });
  const since = (await unprovenSince(db, practice.id)) ?? began;
  const others = run.counts.conflicts > 0 ? await newConflicts(db, practice.id, since) : 0;
  if (missing.length + others === 0) return 0;
  // Clients that returned in this run did not exist after the last one.
  const known = Math.max(0, stored - run.counts.returned);
  const { missingLimitShare: limit } = practice.policy;
  const safetyStop = checkMissingLimit({ stored: known, missing: missing.length, others, limit });
  const stopped = safetyStop.proceed ? null : await stop(db, practice, run, { since, why: safetyStop.sentence, now });
  if (stopped) throw stopped;
  // An unreadable row could belong to any client, so a client may be missing only because of it. Mark none as missing.
  if (safetyStop.proceed && run.counts.hidden > 0) return 0;
  await markWithMerges(db, practice, missing, now);
  return missing.length;
}

/** Marks these clients as missing, with the client into which each was probably merged. */
export async function markWithMerges(
  db: Database,
  practice: PracticeContext,
  missing: readonly string[],
  now: Date,
): Promise<void> {
  for (let at = 0; at < missing.length; at += clientsPerChunk) {
    const merges = await guessMerges(db, practice, missing.slice(at, at + clientsPerChunk));
    await inTransaction(db, (trx) => markMissing(trx, practice.id, merges, now));
  }
}

/** Stops the run and undoes its changes; null if staff released the safety stop, even just now. */
async function stop(
  db: Database,
  practice: PracticeContext,
  run: SyncRun,
  { since, why, now }: { since: Date; why: string; now: Date },
): Promise<Problem | null> {
  return inTransaction(db, async (trx) => {
    if (await isSafetyStopReleased(trx, run.id)) return null;
    const removed = await removeNewcomers(trx, practice.id, since);
    const newcomers = removed > 0 ? ` ${removed} clients that were new in this run were removed again.` : '';
    await endNewConflicts(trx, practice.id, since);
    const count = await restoreFormerClients(trx, practice, now);
    const former = count > 0 ? ` ${count} clients that had changed are as they were before.` : '';
    const problem = new Problem({
      code: 'too-many-missing',
      message: why,
      help: `No client was marked as missing or invited.${newcomers}${former} Check that this is the right database and that it is complete. If it is, release the safety stop on the Syncs page, or run: pims-sync sync ${practice.id} --release-safety-stop`,
    });
    await stopRun(trx, run.id, problem, now);
    return problem;
  });
}
