import { isProblem } from '../lib/problem.js';
import type { Clock, NewId } from '../lib/ids.js';
import type { Database } from '../store/db/database.js';
import type { MessageKind } from '../store/db/tables.js';
import { requestSync } from '../store/sync-runs/sync-runs.js';
import type { DeadJob } from './bullmq/dead-jobs.js';
import { isJobName, parsePayload, type Enqueue, type Payload } from './catalog.js';

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
export interface Replay {
  does: 'again' | 'new-run' | 'nothing';
  words: string;
}

export interface DeadLetterDeps {
  db: Database;
  enqueue: Enqueue;
  clock: Clock;
  newId: NewId;
}

type Judgement = Pick<DeadLetter, 'practices' | 'purpose' | 'replay'>;

const nothing = (words: string): Replay => ({ does: 'nothing', words });
const again = (words: string): Replay => ({ does: 'again', words });

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
  if (letter.replay.does === 'nothing' || !isJobName(job.name)) return letter;
  const payload = parsePayload(job.name, job.payload);
  if (letter.replay.does === 'again') {
    await deps.enqueue(job.name, payload, { key: `${Object.values(payload).join('-') || 'one'}` });
    return letter;
  }
  const { runId } = payload as Payload<'sync-practice'>;
  const old = await deps.db.selectFrom('sync_runs').selectAll().where('id', '=', runId).executeTakeFirstOrThrow();
  const request = {
    practiceId: old.practice_id,
    // A nightly sync of a past date becomes a resync: the date belongs to the failed run.
    kind: old.kind === 'client' ? ('client' as const) : ('resync' as const),
    by: 'a replay of a dead letter',
    ...(old.client_reference === null ? {} : { clientReference: old.client_reference }),
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
  switch (name) {
    case 'sync-practice':
      return judgeSync(db, parsed['runId'] as string);
    case 'evaluate-practice':
      return judgeSettle(db, parsed['practiceId'] as string);
    case 'send-message':
      return judgeMail(db, parsed['messageId'] as string);
    case 'first-login':
      return judgeFirstLogin(db, parsed['accountId'] as string);
    case 'start-nightly-sync': {
      const practices = [parsed['practiceId'] as string];
      const replay = nothing('delete it: the sweep starts a missed nightly sync');
      return { practices, purpose: 'start the nightly sync', replay };
    }
    default: {
      const replay = nothing('delete it: it is enqueued again automatically within a minute');
      return { practices: [], purpose: usualWork[name] ?? `the regular job "${name}"`, replay };
    }
  }
}

const usualWork: Record<string, string> = {
  'dispatch-messages': 'pick the next emails to send',
  'send-staff-message': 'send an email to a staff member',
  sweep: 'find pending work that has no job',
};

async function judgeSync(db: Database, runId: string): Promise<Judgement> {
  const run = await db.selectFrom('sync_runs').selectAll().where('id', '=', runId).executeTakeFirst();
  if (!run) {
    const replay = nothing('delete it: the run is no longer in the database');
    return { practices: [], purpose: 'read a practice’s clients', replay };
  }
  const what = { nightly: 'the nightly sync', resync: 'a resync', client: 'a resync of one client' }[run.kind];
  const judged = {
    practices: [run.practice_id],
    purpose: `${what}: read the clients from the PIMS`,
  };
  if (['queued', 'reading', 'evaluating'].includes(run.state))
    return { ...judged, replay: again('continue the run where it stopped') };
  if (run.state !== 'failed') {
    const why = run.state === 'stopped' ? 'stopped until a person checks it' : 'done';
    return { ...judged, replay: nothing(`delete it: the run is ${why}`) };
  }
  const later = await db
    .selectFrom('sync_runs')
    .select('id')
    .where('practice_id', '=', run.practice_id)
    .where('kind', '!=', 'client')
    .where('state', '=', 'done')
    .where('requested_at', '>', run.requested_at)
    .limit(1)
    .executeTakeFirst();
  if (later) return { ...judged, replay: nothing('delete it: a later sync has read everything') };
  return { ...judged, replay: { does: 'new-run', words: 'start a new sync in its place' } };
}

async function judgeSettle(db: Database, practiceId: string): Promise<Judgement> {
  const needs_evaluation = await db
    .selectFrom('pims_clients')
    .select('pims_id')
    .where('practice_id', '=', practiceId)
    .where('needs_evaluation', '=', 1)
    .limit(1)
    .executeTakeFirst();
  const replay = needs_evaluation
    ? again('evaluate the waiting clients now')
    : nothing('delete it: no client needs evaluation');
  return { practices: [practiceId], purpose: 'evaluate clients for invitations', replay };
}

const mailNames: Record<MessageKind, string> = {
  welcome: 'Welcome Email',
  'practice-added': 'email about another practice',
  'new-temporary-password': 'email with a new temporary password',
  'password-reset': 'email to reset a password',
};

async function judgeMail(db: Database, messageId: string): Promise<Judgement> {
  const mail = await db
    .selectFrom('messages')
    .select(['practice_id', 'kind', 'state'])
    .where('id', '=', messageId)
    .executeTakeFirst();
  if (!mail) {
    const replay = nothing('delete it: the email is no longer in the database');
    return { practices: [], purpose: 'send an email', replay };
  }
  const judged = { practices: [mail.practice_id], purpose: `send: ${mailNames[mail.kind]}` };
  if (mail.state === 'queued')
    return { ...judged, replay: again('send it if it is still wanted; it was not handed over') };
  if (mail.state === 'uncertain' || mail.state === 'sending') {
    const words =
      'delete it: Amazon SES may have this email, so it is never sent again on a guess. SES events resolve it, or staff do under Email Marketing';
    return { ...judged, replay: nothing(words) };
  }
  return { ...judged, replay: nothing(`delete it: the email is already ${mail.state}`) };
}

async function judgeFirstLogin(db: Database, accountId: string): Promise<Judgement> {
  const row = await db
    .selectFrom('accounts as a')
    .innerJoin('temporary_credentials as c', 'c.account_id', 'a.id')
    .select(['c.cleared_at', 'c.used_at', 'a.first_login_at'])
    .where('a.id', '=', accountId)
    .executeTakeFirst();
  const links = await db
    .selectFrom('account_links')
    .select('practice_id')
    .distinct()
    .where('account_id', '=', accountId)
    .execute();
  const due = row && row.cleared_at === null && (row.used_at !== null || row.first_login_at !== null);
  return {
    practices: links.map((link) => link.practice_id),
    purpose: 'clear the temporary password of a pet parent who has logged in',
    replay: due
      ? again('clear it now; it has been hidden since the first login')
      : nothing(
          `delete it: ${row ? 'it is cleared, or the pet parent has not logged in' : 'there is no such account'}`,
        ),
  };
}
