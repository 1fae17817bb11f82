import { codeOf, Problem } from '../../lib/problem.js';
import type { CredentialUpkeep } from '../../store/accounts/credential-upkeep.js';
import { mostAheadMs } from '../../store/db/wrong-clock.js';
import type { Handler } from '../catalog.js';
import { missedNightlySyncs, startNightlySync, type NightlySyncDeps } from './start-nightly-sync.js';

/** A run without progress for so long has lost its job or its worker. */
const stuckAfterMs = 2 * 60_000;
/** Expired temporary passwords are kept this long, so that "expired" can be told from "wrong". */
const expiredKeptMs = 30 * 24 * 3600_000;

export interface SweepDeps extends NightlySyncDeps {
  upkeep: CredentialUpkeep;
  /** What other rooms want swept, by name; each returns how many things it mended. */
  more: Readonly<Record<string, () => Promise<number>>>;
}

/**
 * Asks the database what is owed and asks the queue for it again. This is what makes losing Redis harmless: every
 * minute, whatever had no job gets one.
 */
export function createSweep(deps: SweepDeps): Handler<'sweep'> {
  const { db, enqueue, clock, upkeep } = deps;

  const credentials = async () => {
    const alive = await upkeep.aliveAfterFirstLogin();
    for (const accountId of alive) await enqueue('first-login', { accountId }, { key: accountId });
    return alive.length;
  };
  const runs = async () => {
    const stuck = await db
      .selectFrom('sync_runs')
      .select('id')
      .where('state', 'in', ['queued', 'reading', 'evaluating'])
      .where((eb) => {
        const since = eb.fn.coalesce('progressed_at', 'requested_at');
        const [stuck, ahead] = [clock().getTime() - stuckAfterMs, clock().getTime() + mostAheadMs];
        return eb.or([eb(since, '<', new Date(stuck)), eb(since, '>', new Date(ahead))]);
      })
      .execute();
    for (const { id } of stuck) await enqueue('sync-practice', { runId: id }, { key: id });
    return stuck.length;
  };
  const nights = async () => {
    const missed = await missedNightlySyncs(deps);
    for (const { night, date } of missed) await startNightlySync(deps, night, date);
    return missed.length;
  };
  const needs_evaluation = async () => {
    const rows = await db
      .selectFrom('pims_clients')
      .select('practice_id')
      .distinct()
      .where('practice_id', 'in', (eb) => eb.selectFrom('practices').select('id'))
      .where('needs_evaluation', '=', 1)
      .execute();
    const configured = new Set(deps.nights().map(({ practiceId }) => practiceId));
    const due = rows.filter(({ practice_id }) => configured.has(practice_id));
    for (const { practice_id } of due)
      await enqueue('evaluate-practice', { practiceId: practice_id }, { key: practice_id });
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
      needs_evaluation,
      ...deps.more,
    };
    const mended: string[] = [];
    const failures: { name: string; error: unknown }[] = [];
    for (const [name, chore] of Object.entries(chores)) {
      try {
        const count = await chore();
        if (count > 0) mended.push(`${name} ${count}`);
      } catch (error) {
        // A chore that cannot be done must not keep the others, such as the temporary passwords, from being done.
        failures.push({ name, error });
      }
    }
    const [failure] = failures;
    if (failure) {
      const { error } = failure;
      throw new Problem({
        code: codeOf(error),
        message: `The sweep could not do: ${failures.map(({ name }) => name).join(', ')}. ${error instanceof Error ? error.message : String(error)}`,
        help: 'Everything else was swept. It is tried again within a minute.',
        cause: error,
      });
    }
    return mended.length > 0 ? { did: mended.join(', ') } : { skipped: 'nothing was left over' };
  };
}
