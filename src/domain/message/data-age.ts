/** How old the data of a practice may be when pims-sync invites its clients. */
export interface DataRule {
  /** With older data, pims-sync sends no invitation and staff cannot approve the plan. */
  maxAgeHours: number;
  /** The latest night that has begun: its local date and the moment its sync was due. */
  night: { date: string; began: Date };
}

/** The state of a practice's syncs at this moment. */
export interface DataState {
  /** When the last finished full scan began, so that none of its data is older. Null before the first one. */
  from: Date | null;
  /** When the practice was first configured. Before the first full scan, no data can be older. */
  knownSince: Date;
  /** The nightly sync of the rule's night; null if there is none yet. */
  nightRun: { isOver: boolean; requestedAt: Date } | null;
}

/** The reason why invitations wait for a sync. */
export type DataWait = 'data-too-old' | 'nightly-sync-first';

/**
 * A nightly sync that no worker starts delays invitations for at most this long. A failing sync ends within about an
 * hour, and with a thousand practices the last ones of a night wait for hours.
 */
const longestNightMs = 6 * 3600_000;

/** Returns why invitations must wait: the nightly sync is due or running, or the data is too old. Else null. */
export function dataWait(state: DataState, { maxAgeHours, night }: DataRule, now: Date): DataWait | null {
  if (isTooOld(state.from ?? state.knownSince, maxAgeHours, now)) return 'data-too-old';
  if ((state.from ?? state.knownSince) >= night.began) return null;
  const run = state.nightRun;
  if (!run) return 'nightly-sync-first';
  return run.isOver || now.getTime() - run.requestedAt.getTime() > longestNightMs ? null : 'nightly-sync-first';
}

/** Tells whether data from that moment is too old for invitations. */
export function isTooOld(from: Date, maxAgeHours: number, now: Date): boolean {
  return now.getTime() - from.getTime() > maxAgeHours * 3600_000;
}
