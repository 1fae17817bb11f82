import type { SyncKind, SyncState } from '../../store/sync-runs/sync-runs.js';
import type { Tone } from './notice.js';

export const syncStates: Record<SyncState, { name: string; tone: Tone }> = {
  queued: { name: 'Queued', tone: 'info' },
  reading: { name: 'Reading', tone: 'info' },
  evaluating: { name: 'Evaluating', tone: 'info' },
  stopped: { name: 'Safety stop', tone: 'warn' },
  done: { name: 'Done', tone: 'good' },
  failed: { name: 'Failed', tone: 'bad' },
};

export const syncKinds: Record<SyncKind, string> = {
  nightly: 'Nightly sync',
  resync: 'Resync',
  client: 'One client',
};

/** Counters of a run, in the order of its steps. */
export const syncCounts = [
  ['read', 'Read'],
  ['new', 'New'],
  ['changed', 'Changed'],
  ['unchanged', 'Unchanged'],
  ['missing', 'Missing'],
  ['unreadable', 'Unreadable'],
  ['accounts', 'Accounts created'],
  ['messages', 'Emails queued'],
] as const;

/** Tells whether a run has reached a final state. */
export function isOver(state: SyncState): boolean {
  return state === 'done' || state === 'failed' || state === 'stopped';
}
