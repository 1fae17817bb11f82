import { codeOf, Problem } from '../../lib/problem.js';
import type { CredentialUpkeep } from '../../store/accounts/credential-upkeep.js';
import { practicesToEvaluate } from '../../store/clients/needs-evaluation.js';
import { stuckRuns } from '../../store/sync-runs/open-runs.js';
import type { Handler } from '../catalog.js';
import { missedNightlySyncs, startNightlySync, type NightlySyncDeps } from './start-nightly-sync.js';

/** Milliseconds without progress after which a run counts as having lost its job or worker. */
const stuckAfterMs = 2 * 60_000;
/** How long expired temporary passwords are kept, in milliseconds, so that "expired" differs from "wrong" at login. */
const expiredKeptMs = 30 * 24 * 3600_000;

export interface SweepDeps extends NightlySyncDeps {
  upkeep: CredentialUpkeep;
  /** Further tasks by name; each returns how many records it repaired. */
  more: Readonly<Record<string, () => Promise<number>>>;
}

/**
 * Finds pending work in the database and enqueues it again, every minute. Because of this, losing Redis does no harm:
 * work without a job gets a new one.
 */
export function createSweep(deps: SweepDeps): Handler<'sweep'> {
  const { db, enqueue, clock, upkeep } = deps;

  const credentials = async () => {
    const alive = await upkeep.aliveAfterFirstLogin();
    for (const accountId of alive) await enqueue('first-login', { accountId }, { key: accountId });
    return alive.length;
  };
  const runs = async () => {
    const stuck = await stuckRuns(db, new Date(clock().getTime() - stuckAfterMs));
    for (const id of stuck) await enqueue('sync-practice', { runId: id }, { key: id });
    return stuck.length;
  };
  const nights = async () => {
    const missed = await missedNightlySyncs(deps);
    for (const { night, date } of missed) await startNightlySync(deps, night, date);
    return missed.length;
  };
  const evaluations = async () => {
    const configured = new Set(deps.nights().map(({ practiceId }) => practiceId));
    const due = (await practicesToEvaluate(db)).filter((practiceId) => configured.has(practiceId));
    for (const practiceId of due) await enqueue('evaluate-practice', { practiceId }, { key: practiceId });
    return due.length;
  };
  const expired = () => upkeep.destroyLongExpired(new Date(clock().getTime() - expiredKeptMs));

  return async () => {
    const chores = {
      credentials,
      graces: upkeep.endPastGraces,
      expired,
      runs,
      nights,
      evaluations,
      ...deps.more,
    };
    const mended: string[] = [];
    const failures: { name: string; error: unknown }[] = [];
    for (const [name, chore] of Object.entries(chores)) {
      try {
        const count = await chore();
        if (count > 0) mended.push(`${name} ${count}`);
      } catch (error) {
        // One failing task must not block the others, such as clearing temporary passwords.
        failures.push({ name, error });
      }
    }
    const [failure] = failures;
    if (failure) {
      const { error } = failure;
      throw new Problem({
        code: codeOf(error),
        message: `The sweep failed at: ${failures.map(({ name }) => name).join(', ')}. ${error instanceof Error ? error.message : String(error)}`,
        help: 'All other tasks were done. The sweep runs again within a minute.',
        cause: error,
      });
    }
    return mended.length > 0 ? { did: mended.join(', ') } : { skipped: 'nothing to repair' };
  };
}
