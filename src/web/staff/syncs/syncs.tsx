import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { record } from '../../../store/access/audit.js';
import { latestRuns, requestSync, type SyncRun } from '../../../store/sync-runs/sync-runs.js';
import { enqueueSync } from '../../enqueue.js';
import type { PracticeInfo, WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse } from '../../http/parse.js';
import { Icon } from '../../ui/icons.js';
import { PageHead } from '../../ui/page-head.js';
import { ActionCell, Cell, HeadCell, ListTable, Row } from '../../ui/list-table.js';
import { Chip, Empty, Notice } from '../../ui/notice.js';
import { isOver, syncKinds, syncStates } from '../../ui/sync-words.js';
import { When } from '../../ui/when.js';
import { DriftHoldCard, loadHeldByDrift, type HeldByDrift } from './drift-card.js';
import { freshnessOf } from './freshness.js';
import { staffLinks } from '../shell/routes.js';
import { mustBeAllowed } from '../team/rights.js';
import { StaffShell } from '../shell/staff-shell.js';
import { FlashNotice } from '../flash/flash-notice.js';
import { PracticeForm } from '../shell/practice-form.js';
import { usePractice, useRight } from '../shell/staff-context.js';
import { staffRequestOf } from '../shell/staff-session.js';

const runsShown = 30;

/** Serves Syncs: the age of the practice's data, the sync history and Resync now. */
export function syncPages(app: FastifyInstance, deps: WebDeps): void {
  app.get(staffLinks.syncs, async (request, reply) => {
    const { practice, allowed } = staffRequestOf(request);
    if (!practice) return reply.redirect(staffLinks.petParents);
    const runs = await latestRuns(deps.db, allowed.require(practice.id), runsShown, ['nightly', 'resync', 'client']);
    const info = deps.practice(practice.id);
    const held = await loadHeldByDrift(deps, practice.id);
    return sendHtml(reply, <SyncsPage held={held} runs={runs} info={info} now={deps.clock()} />);
  });

  app.post('/staff/syncs/resync', async (request, reply) => {
    const staffRequest = staffRequestOf(request, 'resync');
    const form = parse(z.object({ practice: z.string(), releaseSafetyStop: z.string().optional() }), request.body);
    const practiceId = staffRequest.allowed.require(form.practice);
    // Continuing although many records are missing affects many clients.
    if (form.releaseSafetyStop) mustBeAllowed(staffRequest.staff.role, 'run-campaigns');
    const asked = {
      practiceId,
      kind: 'resync' as const,
      by: staffRequest.staff.name,
      ...(form.releaseSafetyStop ? { safetyStopReleasedBy: staffRequest.staff.name } : {}),
    };
    const { runId, joined } = await requestSync(deps.db, asked, deps.newId, deps.clock);
    await record(
      deps.db,
      { actor: staffRequest.actor, action: 'resync-requested', practiceId, details: { joined } },
      deps.clock(),
    );
    await enqueueSync(deps, runId);
    return reply.redirect(`${staffLinks.run(practiceId, runId)}${joined ? '?told=resync-joined' : ''}`, 303);
  });
}

function SyncsPage(props: { runs: SyncRun[]; info: PracticeInfo | null; held: HeldByDrift | null; now: Date }) {
  const { runs, info } = props;
  const practice = usePractice();
  const whole = runs.filter(({ kind }) => kind !== 'client');
  const pimsName = info?.pimsName ?? 'The practice software';
  const fresh = freshnessOf(whole, pimsName, practice.timeZone, props.now);
  const running = whole.find(({ state }) => !isOver(state));
  return (
    <StaffShell tab="syncs" title="Syncs">
      <PageHead
        title="Syncs"
        lead={`Client data of ${practice.name} from ${pimsName}, synced every night and whenever you request it.`}
      />
      <FlashNotice />
      <Notice tone={fresh.tone} title={fresh.title}>
        {fresh.more}
      </Notice>
      <div class="sync-head">
        <dl class="facts facts-row">
          <div>
            <dt>Next run</dt>
            <dd>{info?.nextRunAt ? <When at={info.nextRunAt} /> : 'none scheduled'}</dd>
          </div>
          <div>
            <dt>Last run</dt>
            <dd>{whole[0] ? <When at={whole[0].requestedAt} /> : 'none yet'}</dd>
          </div>
        </dl>
        {running ? (
          <a class="button button-main" href={staffLinks.run(practice.id, running.id)}>
            <Icon name="sync" /> Watch the running sync
          </a>
        ) : useRight('resync') ? (
          <PracticeForm action="/staff/syncs/resync">
            <button class="button button-main">
              <Icon name="sync" /> Resync now
            </button>
          </PracticeForm>
        ) : null}
      </div>
      {props.held ? <DriftHoldCard held={props.held} /> : null}
      <h2 class="section-head">History</h2>
      {runs.length === 0 ? <Empty title="No sync yet" /> : <RunTable runs={runs} />}
    </StaffShell>
  );
}

function RunTable({ runs }: { runs: SyncRun[] }) {
  return (
    <ListTable caption="Syncs" heads={['When', 'What', 'Result', 'State']}>
      {runs.map((run) => (
        <Row key={run.id}>
          <HeadCell>
            <When at={run.requestedAt} />
          </HeadCell>
          <Cell>
            {syncKinds[run.kind]}
            {run.kind !== 'nightly' && run.requestedBy ? <span class="muted block">by {run.requestedBy}</span> : null}
          </Cell>
          <Cell>{summary(run)}</Cell>
          <Cell class="state">
            <Chip tone={syncStates[run.state].tone}>{syncStates[run.state].name}</Chip>
          </Cell>
          <ActionCell href={staffLinks.run(run.practiceId, run.id)} of="of the sync" />
        </Row>
      ))}
    </ListTable>
  );
}

function summary(run: SyncRun): string {
  const { read, new: fresh, changed, accounts } = run.counts;
  if (run.state === 'failed' || run.state === 'stopped') return run.error?.message ?? 'It did not finish.';
  const parts = [
    ...(run.error?.message && run.state !== 'done' ? [`Retrying after: ${run.error.message}`] : []),
    `${count(read)} read`,
    `${count(fresh)} new`,
    `${count(changed)} changed`,
  ];
  if (accounts > 0) parts.push(`${count(accounts)} accounts`);
  return parts.join(', ');
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}
