import { isProblem } from '../lib/problem.js';
import type { Clock, NewId } from '../lib/ids.js';
import type { Database } from '../store/db/database.js';
import { messageKinds } from '../domain/message/message-kinds.js';
import { clearingState } from '../store/accounts/credential-counts.js';
import { needsEvaluation } from '../store/clients/needs-evaluation.js';
import { findMessage } from '../store/messages/observe-messages.js';
import { findRun, loadRun, requestSync, wasSynced } from '../store/sync-runs/sync-runs.js';
import type { DeadJob } from './bullmq/dead-jobs.js';
import {
  type catalog,
  isJobName,
  jobDefinition,
  parsePayload,
  type Enqueue,
  type JobName,
  type Payload,
} from './catalog.js';

/** A dead job explained: its purpose, why it failed, and what a replay would do now. */
export interface DeadLetter extends Omit<DeadJob, 'payload'> {
  /** Affected practices; empty for a job about all practices or about a deleted record. */
  practices: string[];
  purpose: string;
  replay: Replay;
}

/**
 * `again` enqueues the same job, `new-run` starts a new sync in place of the ended one, and `nothing` only deletes the
 * dead job: its work is done, or will be repeated automatically.
 */
interface Replay {
  action: 'again' | 'new-run' | 'nothing';
  description: string;
}

export interface DeadLetterDeps {
  db: Database;
  enqueue: Enqueue;
  clock: Clock;
  newId: NewId;
}

type Judgement = Pick<DeadLetter, 'practices' | 'purpose' | 'replay'>;

const nothing = (description: string): Replay => ({ action: 'nothing', description });
const again = (description: string): Replay => ({ action: 'again', description });

/** Judges a dead job by the current state of the database, not by the state when it failed. */
export async function inspectDeadJob(db: Database, job: DeadJob): Promise<DeadLetter> {
  const { payload, ...rest } = job;
  return { ...rest, ...(await judgementOf(db, job.name, payload)) };
}

/**
 * Replays a dead job as `replay` says. Replaying twice has no further effect: jobs are keyed, and each checks the
 * database for remaining work.
 *
 * @returns the explained job; the caller then deletes the dead job
 */
export async function replayDeadJob(deps: DeadLetterDeps, job: DeadJob): Promise<DeadLetter> {
  const letter = await inspectDeadJob(deps.db, job);
  if (letter.replay.action === 'nothing' || !isJobName(job.name)) return letter;
  const payload = parsePayload(job.name, job.payload);
  if (letter.replay.action === 'again') {
    await deps.enqueue(job.name, payload, { key: `${Object.values(payload).join('-') || 'one'}` });
    return letter;
  }
  const { runId } = payload as Payload<'sync-practice'>;
  const { practiceId, kind, clientReference } = await loadRun(deps.db, runId);
  const request = {
    practiceId,
    // A nightly sync of a past date becomes a resync: the date belongs to the failed run.
    kind: kind === 'client' ? ('client' as const) : ('resync' as const),
    by: 'a replay of a dead letter',
    ...(clientReference === null ? {} : { clientReference }),
  };
  const fresh = await requestSync(deps.db, request, deps.newId, deps.clock);
  await deps.enqueue('sync-practice', { runId: fresh.runId }, { key: fresh.runId });
  return letter;
}

async function judgementOf(db: Database, name: string, payload: unknown): Promise<Judgement> {
  if (!isJobName(name)) {
    const replay = nothing('delete it: this version of pims-sync has no such job');
    return { practices: [], purpose: `an unknown job "${name}"`, replay };
  }
  let parsed: Record<string, string>;
  try {
    parsed = parsePayload(name, payload) as Record<string, string>;
  } catch (error) {
    if (!isProblem(error)) throw error;
    const replay = nothing('delete it: its payload is invalid, and it was refused');
    return { practices: [], purpose: `a ${name} job with an invalid payload`, replay };
  }
  const { purpose, repeatedBy } = jobDefinition(name);
  if (repeatedBy !== undefined) {
    const practices = parsed['practiceId'] === undefined ? [] : [parsed['practiceId']];
    return { practices, purpose, replay: nothing(`delete it: ${repeatedBy}`) };
  }
  return { practices: [], purpose, ...(await judges[name as Judged](db, Object.values(parsed)[0] as string)) };
}

/** Jobs whose replay depends on the database. */
type Judged = { [N in JobName]: (typeof catalog)[N] extends { repeatedBy: string } ? never : N }[JobName];

/** Each judges a dead job by the id in its payload; a purpose of its own replaces the catalog's. */
const judges: Record<Judged, (db: Database, id: string) => Promise<Partial<Judgement> & { replay: Replay }>> = {
  'sync-practice': judgeSync,
  'evaluate-practice': judgeEvaluation,
  'send-message': judgeMessage,
  'first-login': judgeFirstLogin,
};

async function judgeSync(db: Database, runId: string) {
  const run = await findRun(db, runId);
  if (!run) return { replay: nothing('delete it: the run is no longer in the database') };
  const { practiceId, kind, state } = run;
  const what = { nightly: 'the nightly sync', resync: 'a resync', client: 'a resync of one client' }[kind];
  const judged = { practices: [practiceId], purpose: `${what}: read the clients from the PIMS` };
  if (['queued', 'reading', 'evaluating'].includes(state))
    return { ...judged, replay: again('continue the run where it stopped') };
  if (state !== 'failed') {
    const why = state === 'stopped' ? 'stopped until a person checks it' : 'done';
    return { ...judged, replay: nothing(`delete it: the run is ${why}`) };
  }
  if (await wasSynced(db, practiceId, run.requestedAt))
    return { ...judged, replay: nothing('delete it: a later sync has read everything') };
  return { ...judged, replay: { action: 'new-run', description: 'start a new sync in its place' } as const };
}

async function judgeEvaluation(db: Database, practiceId: string) {
  const replay = (await needsEvaluation(db, practiceId))
    ? again('evaluate the waiting clients now')
    : nothing('delete it: no client needs evaluation');
  return { practices: [practiceId], replay };
}

async function judgeMessage(db: Database, messageId: string) {
  const message = await findMessage(db, messageId);
  if (!message) return { replay: nothing('delete it: the email is no longer in the database') };
  const { practiceId, kind, state } = message;
  const judged = { practices: practiceId === null ? [] : [practiceId], purpose: `send: ${messageKinds[kind].name}` };
  if (state === 'queued') return { ...judged, replay: again('send it if it is still wanted; it was not handed over') };
  if (state === 'uncertain' || state === 'sending') {
    const words =
      'delete it: Amazon SES may have this email, so it is never sent again on a guess. SES events resolve it, or staff do under Email Marketing';
    return { ...judged, replay: nothing(words) };
  }
  return { ...judged, replay: nothing(`delete it: the email is already ${state}`) };
}

async function judgeFirstLogin(db: Database, accountId: string) {
  const { practiceIds, mustClear } = await clearingState(db, accountId);
  if (mustClear)
    return { practices: practiceIds, replay: again('clear it now; it has been hidden since the first login') };
  const why = mustClear === null ? 'there is no such account' : 'it is cleared, or the pet parent has not logged in';
  return { practices: practiceIds, replay: nothing(`delete it: ${why}`) };
}
