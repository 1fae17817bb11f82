/** How old the data of a practice may be when somebody is invited on them. */
export interface DataRule {
  /** No invitation is sent, and no plan approved, on older data. */
  maxAgeHours: number;
  /** The latest night that has begun: its local date and the moment it was due. */
  night: { date: string; began: Date };
}

/** What is known of a practice's syncs at this moment. */
export interface DataState {
  /** When the last full scan that finished began, so that nothing read by it is older; null before the first. */
  from: Date | null;
  /** When the practice was first configured: data that no scan has dated are not older. */
  knownSince: Date;
  /** The run that serves the night of the rule; null when there is none yet. */
  nightRun: { isOver: boolean; requestedAt: Date } | null;
}

/** Why invitations wait for a sync. */
export type DataWait = 'data-too-old' | 'nightly-sync-first';

/**
 * A nightly sync that nobody gets to does not hold invitations for longer. One that fails ends within about an hour, and
 * in the night of a thousand practices the last of them wait for hours.
 */
const longestNightMs = 6 * 3600_000;

/** Whether invitations must wait: for the nightly sync that is due or running, or since the data are too old; else null. */
export function dataWait(state: DataState, { maxAgeHours, night }: DataRule, now: Date): DataWait | null {
  if (isTooOld(state.from ?? state.knownSince, maxAgeHours, now)) return 'data-too-old';
  if ((state.from ?? state.knownSince) >= night.began) return null;
  const run = state.nightRun;
  if (!run) return 'nightly-sync-first';
  return run.isOver || now.getTime() - run.requestedAt.getTime() > longestNightMs ? null : 'nightly-sync-first';
}

/** Whether data from then are too old to invite anybody on them. */
export function isTooOld(from: Date, maxAgeHours: number, now: Date): boolean {
  return now.getTime() - from.getTime() > maxAgeHours * 3600_000;
}
