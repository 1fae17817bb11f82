import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../../../lib/problem.js';
import { reasonTitle } from '../../ui/state-words.js';
import { latestRuns, loadRun, type SyncRun } from '../../../store/sync-runs/sync-runs.js';
import { unreadableOf } from '../../../store/clients/unreadable-rows.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { Chip, Notice } from '../../ui/notice.js';
import { isOver, syncCounts, syncKinds, syncStates } from '../../ui/sync-words.js';
import { When } from '../../ui/when.js';
import { DetailsHead } from '../shell/details-head.js';
import { driftActions, DriftHoldCard, loadHeldByDrift, type HeldByDrift } from './drift-card.js';
import { staffLinks } from '../shell/routes.js';
import { runEvents } from './run-events.js';
import { StaffShell } from '../shell/staff-shell.js';
import { FlashNotice } from '../flash/flash-notice.js';
import { PracticeForm } from '../shell/practice-form.js';
import { usePractice, useRight } from '../shell/staff-context.js';
import { staffRequestOf } from '../shell/staff-session.js';

interface RunPath {
  practice: string;
  run: string;
}

/** Serves one sync run: live progress, counts, unreadable rows and drift. */
export function runPage(app: FastifyInstance, deps: WebDeps): void {
  driftActions(app, deps);

  const runOf = async (request: FastifyRequest): Promise<SyncRun> => {
    const { allowed } = staffRequestOf(request);
    const path = request.params as RunPath;
    const run = await loadRun(deps.db, path.run);
    if (run.practiceId === allowed.require(path.practice)) return run;
    throw new Problem({ code: 'not-found', message: 'This practice has no such sync.' });
  };

  app.get('/staff/syncs/:practice/:run', async (request, reply) => {
    const run = await runOf(request);
    const [unreadable, earlier] = await Promise.all([
      unreadableOf(deps.db, run.id, 50),
      latestRuns(deps.db, run.practiceId, 5),
    ]);
    const held = await loadHeldByDrift(deps, run.practiceId);
    const before = earlier.find(({ id, state }) => id !== run.id && state === 'done')?.counts.read ?? null;
    const { client } = request.query as { client?: string };
    const view = { run, unreadable, held, before, client: client ?? null };
    return sendHtml(reply, <RunPage {...view} />);
  });

  app.get('/staff/syncs/:practice/:run/events', async (request, reply) => {
    const run = await runOf(request);
    return reply
      .type('text/event-stream')
      .header('x-accel-buffering', 'no')
      .send(runEvents(app, () => loadRun(deps.db, run.id)));
  });
}

function RunPage(props: {
  run: SyncRun;
  unreadable: { reference: string; reason: string }[];
  held: HeldByDrift | null;
  before: number | null;
  client: string | null;
}) {
  const { run } = props;
  const practice = usePractice();
  const { counts, error } = run;
  const drift = run.drift ?? [];
  const over = isOver(run.state);
  // A client looked up by number has a key once the run has read it.
  const client = props.client ?? (run.kind === 'client' ? run.cursor : null);
  const expected = props.before && props.before > counts.read ? props.before : null;
  return (
    <StaffShell tab="syncs" title="Sync" scripts={over ? [] : ['sync.js']}>
      <DetailsHead
        parent={{ name: 'Syncs', href: staffLinks.syncs }}
        title={run.kind === 'client' ? `Resync of client ${run.clientReference ?? ''}` : syncKinds[run.kind]}
      >
        Requested <When at={run.requestedAt} />
        {run.requestedBy ? ` by ${run.requestedBy}` : ''}
      </DetailsHead>
      <FlashNotice />
      <section
        class="card"
        data-run={over ? undefined : `${staffLinks.run(practice.id, run.id)}/events`}
        data-expected={expected ?? ''}
      >
        <h2>
          <span data-run-state>
            <Chip tone={syncStates[run.state].tone}>{syncStates[run.state].name}</Chip>
          </span>
        </h2>
        {over ? null : (
          <progress
            class="run-progress"
            aria-label="Progress"
            data-run-progress
            {...(expected ? { value: counts.read, max: expected } : {})}
          />
        )}
        <dl class="counts" aria-live="polite">
          {syncCounts.map(([name, words]) => (
            <div key={name}>
              <dt>{words}</dt>
              <dd data-count={name}>{counts[name].toLocaleString('en-US')}</dd>
            </div>
          ))}
        </dl>
        {over ? null : <p class="hint">This page updates automatically. Without scripts, reload it.</p>}
      </section>
      {error?.message && run.state !== 'done' ? (
        <Notice tone={run.state === 'stopped' ? 'warn' : 'bad'} title={error.message}>
          {error.help}
        </Notice>
      ) : null}
      {run.state === 'stopped' && useRight('run-campaigns') ? (
        <PracticeForm
          action="/staff/syncs/resync"
          class="actions-row"
          confirm="Continue although many records are missing? Continue only after checking the practice software."
        >
          <input type="hidden" name="releaseSafetyStop" value="1" />
          <button class="button">I have checked: sync again and continue</button>
        </PracticeForm>
      ) : null}
      {props.held ? <DriftHoldCard held={props.held} /> : null}
      {counts.hidden > 0 ? (
        <Notice tone="warn" title="No client was marked as missing.">
          Some rows could not be read, not even their client number. A missing client may be in one of them.
        </Notice>
      ) : null}
      {client ? (
        <p>
          <a href={staffLinks.petParent(practice.id, client)}>
            {props.client ? 'Back to this client' : 'Go to this client'}
          </a>
        </p>
      ) : null}
      {Object.keys(counts.reasons).length > 0 ? <Reasons reasons={counts.reasons} /> : null}
      {drift.length > 0 ? (
        <section class="card section-gap">
          <h2>Drift in the practice software</h2>
          <ul class="rows">
            {drift.map((one, index) => (
              <li key={index}>{one.sentence}</li>
            ))}
          </ul>
        </section>
      ) : null}
      {props.unreadable.length > 0 ? (
        <section class="card section-gap">
          <h2>Unreadable rows</h2>
          <ul class="rows">
            {props.unreadable.map(({ reference, reason }, index) => (
              <li key={index}>
                <span>
                  <strong>{reference}</strong>: {reason}
                </span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </StaffShell>
  );
}

function Reasons({ reasons }: { reasons: Record<string, number> }) {
  const sorted = Object.entries(reasons).sort(([, one], [, other]) => other - one);
  return (
    <section class="card section-gap">
      <h2>Decisions of this run</h2>
      <ul class="plan-list">
        {sorted.map(([reason, number]) => (
          <li key={reason}>
            <span>{reasonTitle(reason)}</span>
            <span class="count">{number.toLocaleString('en-US')}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
