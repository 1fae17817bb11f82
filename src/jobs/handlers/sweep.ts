import { errors, isProblem, Problem } from '../../lib/problem.js';
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
  /** Further tasks. */
  more: SweepTasks;
}

/** Tasks by name; each returns how many records it repaired. */
type SweepTasks = Readonly<Record<string, () => Promise<number>>>;

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
  const missed = async () => {
    const found = await missedNightlySyncs(deps);
    for (const { schedule, date } of found) await startNightlySync(deps, schedule, date);
    return found.length;
  };
  const evaluations = async () => {
    const configured = new Set(deps.schedules().map(({ practiceId }) => practiceId));
    const due = (await practicesToEvaluate(db)).filter((practiceId) => configured.has(practiceId));
    for (const practiceId of due) await enqueue('evaluate-practice', { practiceId }, { key: practiceId });
    return due.length;
  };
  const expired = () => upkeep.clearLongExpired(new Date(clock().getTime() - expiredKeptMs));

  const tasks: SweepTasks = {
    credentials,
    'grace periods': upkeep.endPastGraces,
    'expired passwords': expired,
    runs,
    'missed nightly syncs': missed,
    evaluations,
    ...deps.more,
  };
  return async () => {
    const repaired: string[] = [];
    const failures: { name: string; error: unknown }[] = [];
    for (const [name, task] of Object.entries(tasks)) {
      try {
        const count = await task();
        if (count > 0) repaired.push(`${name} ${count}`);
      } catch (error) {
        // One failing task must not block the others, such as clearing temporary passwords.
        failures.push({ name, error });
      }
    }
    if (failures.length > 0) throw sweepProblem(failures);
    return repaired.length > 0 ? { did: repaired.join(', ') } : { skipped: 'nothing to repair' };
  };
}

function sweepProblem(failures: readonly { name: string; error: unknown }[]): Problem {
  const error = failures[0]?.error;
  return new Problem({
    code: isProblem(error) ? error.code : 'sweep-failed',
    message: `The sweep failed at: ${failures.map(({ name }) => name).join(', ')}. ${error instanceof Error ? error.message : String(error)}`,
    help: errors['sweep-failed'].help,
    cause: error,
  });
}
