import type { Clock } from '../lib/ids.js';
import type { Database } from '../store/db/database.js';
import { wasEverSynced, type SyncRun } from '../store/sync-runs/sync-runs.js';

/** So many practices are read from one PIMS server at a time, over all workers: it has a practice's day to serve, too. */
const mostOnOneServer = 2;
/** A reader that wrote no page for so long has died or waits for its next try. */
const readingWithinMs = 60_000;

/** So many waiting nights are looked at; the runs of practices that were taken out end by themselves. */
const mostAsked = 100;

const serverFreeAgainMs = 1_000;
const nightOverMs = 10_000;

export interface SyncAdmissionDeps {
  db: Database;
  clock: Clock;
  /** The practices read from the same server as this one, itself included. */
  onSameServer(practiceId: string): readonly string[];
  /** Whether a practice is configured; what another waits for must be able to come. */
  isConfigured(practiceId: string): boolean;
  /** Whether jobs wait for a worker of this queue: all are busy. */
  queueIsFull(): Promise<boolean>;
}

/** Each says null for yes, or in how many milliseconds to ask again. */
export interface SyncAdmission {
  /** Whether a run may begin to read now, or go on after it was interrupted. */
  mayBegin(run: SyncRun): Promise<number | null>;
  /** Whether a run that reads may go on behind the page it has. */
  mayGoOn(run: SyncRun): Promise<number | null>;
}

/**
 * Keeps the night fair. A server that serves many practices is not read by all of them at once; and a practice that is
 * imported for the first time, which may take an hour, begins when no practice's night waits, and makes room between two
 * pages when every worker is busy and a night waits. Two that ask in the same instant may both begin; a night under way
 * is never stopped.
 */
export function createSyncAdmission(deps: SyncAdmissionDeps): SyncAdmission {
  const { db, clock, onSameServer, isConfigured, queueIsFull } = deps;
  const others = async (practiceId: string): Promise<number> => {
    const mates = onSameServer(practiceId).filter((id) => id !== practiceId);
    if (mates.length < mostOnOneServer) return 0;
    const { n } = await db
      .selectFrom('sync_runs')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('active_practice', 'in', mates)
      .where('state', '=', 'reading')
      .where('progressed_at', '>', new Date(clock().getTime() - readingWithinMs))
      .executeTakeFirstOrThrow();
    return Number(n);
  };
  const nightsWait = async (): Promise<boolean> => {
    const waiting = await db
      .selectFrom('sync_runs as waiting')
      .select('waiting.practice_id')
      .where('waiting.active_practice', 'is not', null)
      .where('waiting.state', '=', 'queued')
      .where('waiting.kind', '=', 'nightly')
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('sync_runs as earlier')
            .select('earlier.id')
            .whereRef('earlier.practice_id', '=', 'waiting.practice_id')
            .where('earlier.kind', '!=', 'client')
            .where('earlier.state', '=', 'done'),
        ),
      )
      .limit(mostAsked)
      .execute();
    return waiting.some(({ practice_id }) => isConfigured(practice_id));
  };

  const isFirst = async ({ practiceId, kind }: SyncRun): Promise<boolean> =>
    kind !== 'client' && !(await wasEverSynced(db, practiceId));
  const mayGoOn = async (run: SyncRun): Promise<number | null> => {
    if (run.state !== 'reading' || run.readAll || !(await isFirst(run))) return null;
    return (await queueIsFull()) && (await nightsWait()) ? nightOverMs : null;
  };

  return {
    mayGoOn,
    async mayBegin(run) {
      // One client is a matter of a second, and somebody waits for it.
      if (run.kind === 'client') return null;
      if (run.state !== 'queued') return mayGoOn(run);
      if ((await others(run.practiceId)) >= mostOnOneServer) return serverFreeAgainMs;
      return (await isFirst(run)) && (await nightsWait()) ? nightOverMs : null;
    },
  };
}

/** Groups practices by the database server that each is read from; one whose server is null is alone. */
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
