import type { SyncKind, SyncState } from '../../store/db/tables.js';
import type { Tone } from './notice.js';

export const syncStates: Record<SyncState, { name: string; tone: Tone }> = {
  queued: { name: 'Waiting for its turn', tone: 'info' },
  reading: { name: 'Reading', tone: 'info' },
  evaluating: { name: 'Deciding who is invited', tone: 'info' },
  stopped: { name: 'Stopped by the brake', tone: 'warn' },
  done: { name: 'Done', tone: 'good' },
  failed: { name: 'Failed', tone: 'bad' },
};

export const syncKinds: Record<SyncKind, string> = {
  nightly: 'Nightly sync',
  resync: 'Resync',
  client: 'One client',
};

/** What a run counts, in the order it happens. */
export const syncCounts = [
  ['read', 'Read'],
  ['new', 'New'],
  ['changed', 'Changed'],
  ['unchanged', 'Unchanged'],
  ['vanished', 'No longer there'],
  ['unreadable', 'Unreadable'],
  ['accounts', 'Accounts created'],
  ['messages', 'Mails owed'],
] as const;

/** Nothing more happens to a run in one of these by itself. */
export function isOver(state: SyncState): boolean {
  return state === 'done' || state === 'failed' || state === 'stopped';
}
