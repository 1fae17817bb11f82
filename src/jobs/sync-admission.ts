import type { Clock } from '../lib/ids.js';
import type { Database } from '../store/db/database.js';
import { countReading, practicesWaiting } from '../store/sync-runs/open-runs.js';
import { wasSynced, type SyncRun } from '../store/sync-runs/sync-runs.js';

/**
 * Maximum practices read from one PIMS server at a time, over all workers: it must also serve the practices' daily
 * work.
 */
const mostOnOneServer = 2;
/** Milliseconds without a new page after which a reading run counts as dead or waiting for its next attempt. */
const readingWithinMs = 60_000;

/** Maximum waiting nightly syncs to check; runs of removed practices end by themselves. */
const mostAsked = 100;

const serverFreeAgainMs = 1_000;
const nightlySyncsDoneMs = 10_000;

export interface SyncAdmissionDeps {
  db: Database;
  clock: Clock;
  /** All practices read from the same server as this one, including it. */
  onSameServer(practiceId: string): readonly string[];
  /** Whether a practice is configured; a run must not wait for a practice that cannot be synced. */
  isConfigured(practiceId: string): boolean;
  /** Whether jobs wait because all workers of this queue are busy. */
  queueIsFull(): Promise<boolean>;
}

/** Each returns null for yes, or the milliseconds after which to ask again. */
export interface SyncAdmission {
  /** Whether a run may start reading now, or continue after an interruption. */
  canStart(run: SyncRun): Promise<number | null>;
  /** Whether a reading run may continue after its current page. */
  canContinue(run: SyncRun): Promise<number | null>;
}

/**
 * Shares servers and workers fairly among syncs. A PIMS server with many practices is not read by all of them at once.
 * A first import, which may take an hour, starts only when no nightly sync waits, and makes room between two pages when
 * every worker is busy and a nightly sync waits. Two runs that ask in the same instant may both start; a running
 * nightly sync is never stopped.
 */
export function createSyncAdmission(deps: SyncAdmissionDeps): SyncAdmission {
  const { db, clock, onSameServer, isConfigured, queueIsFull } = deps;
  const others = async (practiceId: string): Promise<number> => {
    const neighbours = onSameServer(practiceId).filter((id) => id !== practiceId);
    if (neighbours.length < mostOnOneServer) return 0;
    return countReading(db, neighbours, new Date(clock().getTime() - readingWithinMs));
  };
  const nightlySyncsWait = async (): Promise<boolean> =>
    (await practicesWaiting(db, mostAsked)).some((practiceId) => isConfigured(practiceId));

  const isFirst = async ({ practiceId, kind }: SyncRun): Promise<boolean> =>
    kind !== 'client' && !(await wasSynced(db, practiceId));
  const canContinue = async (run: SyncRun): Promise<number | null> => {
    if (run.state !== 'reading' || run.readAll || !(await isFirst(run))) return null;
    return (await queueIsFull()) && (await nightlySyncsWait()) ? nightlySyncsDoneMs : null;
  };

  return {
    canContinue,
    async canStart(run) {
      // A single client takes about a second, and a person waits for it.
      if (run.kind === 'client') return null;
      if (run.state !== 'queued') return canContinue(run);
      if ((await others(run.practiceId)) >= mostOnOneServer) return serverFreeAgainMs;
      return (await isFirst(run)) && (await nightlySyncsWait()) ? nightlySyncsDoneMs : null;
    },
  };
}

/** Groups practices by the database server they are read from; a practice with a null server is alone. */
export function serversOf(
  practices: readonly { id: string; server: string | null }[],
): (practiceId: string) => readonly string[] {
  const byServer = new Map<string, string[]>();
  const serverBy = new Map<string, string>();
  for (const { id, server } of practices) {
    if (server === null) continue;
    serverBy.set(id, server);
    byServer.set(server, [...(byServer.get(server) ?? []), id]);
  }
  return (practiceId) => byServer.get(serverBy.get(practiceId) ?? '') ?? [practiceId];
}
