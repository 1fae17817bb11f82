import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { planPeople, type PlanCount } from '../../../store/decisions/invite-plan.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse } from '../../http/parse.js';
import { Icon } from '../../ui/icons.js';
import { Empty, Notice } from '../../ui/notice.js';
import { reasonTitle } from '../../ui/state-words.js';
import { isOver } from '../../ui/sync-words.js';
import { When } from '../../ui/when.js';
import { DetailsHead } from '../shell/details-head.js';
import { staffLinks } from '../shell/routes.js';
import { waitWhilePaused, deliveryConditionsOf } from '../../views/delivery-status.js';
import { ApprovalCard } from './plan-approval.js';
import { PlanPeople, type PlanPage } from './plan-people.js';
import { loadPlan, type PlanView } from '../../views/invite-plan.js';
import { StaffShell } from '../shell/staff-shell.js';
import { PracticeForm } from '../shell/practice-form.js';
import { useLink, usePractice, useRight } from '../shell/staff-context.js';
import { staffRequestOf } from '../shell/staff-session.js';

const pageSize = 100;

const groups = [
  {
    verdict: 'invite',
    name: ({ state, waiting }: PlanView) =>
      !state.approvedAt ? 'Will be invited' : waiting?.clients ? 'Invited, or waiting for approval' : 'Invited',
    meaning: 'These clients get an account and the Welcome Email.',
  },
  { verdict: 'hold', name: () => 'On hold', meaning: 'Staff or a date can release them.' },
  { verdict: 'skip', name: () => 'Not invited', meaning: 'Their record in the PIMS excludes them.' },
] as const;

const planQuery = z.object({
  reason: z.string().max(40).nullable().default(null),
  from: z.coerce.number().int().min(0).max(1_000_000).catch(0).default(0),
});

/** Serves the invite plan: number of invited and not invited clients with the reasons, and its approval. */
export function planPage(app: FastifyInstance, deps: WebDeps): void {
  app.get(staffLinks.plan, async (request, reply) => {
    const { practice, allowed } = staffRequestOf(request);
    if (!practice) return reply.redirect(staffLinks.petParents);
    const { reason, from } = parse(planQuery, request.query);
    const [plan, allConditions] = await Promise.all([
      loadPlan(deps, allowed, practice.id),
      deliveryConditionsOf(deps, [practice]),
    ]);
    const why = plan.counts.find((one) => one.reason === reason);
    const page = why
      ? {
          why,
          from,
          size: pageSize,
          people: await planPeople(deps.db, allowed, practice.id, why, { from, limit: pageSize }),
        }
      : null;
    const conditions = allConditions.get(practice.id);
    const view = {
      plan,
      page,
      careful: conditions?.info?.careful ?? true,
      paused: conditions ? waitWhilePaused(conditions) : null,
      now: deps.clock(),
    };
    return sendHtml(reply, <Plan {...view} />);
  });
}

function Plan(props: {
  plan: PlanView;
  page: PlanPage | null;
  careful: boolean;
  paused: { title: string } | null;
  now: Date;
}) {
  const { plan, page } = props;
  const link = useLink();
  const { counts, state } = plan;
  return (
    <StaffShell tab="email-marketing" title="Invite plan">
      <DetailsHead
        parent={{ name: 'Email Marketing', href: staffLinks.emailMarketing }}
        here="Invite plan"
        title="Invite plan"
      >
        Every client in the practice software, invited or not.
        {state.approvedAt ? null : ' No email goes out until a manager or the owner approves the plan.'} Choose a line
        to see its clients and the reason.
      </DetailsHead>
      <Progress plan={plan} />
      <ApprovalCard {...props} />
      {counts.length === 0 ? (
        <Empty title="There is no plan yet">
          <p>
            It appears after the first sync. <a href={link(staffLinks.syncs)}>Go to Syncs</a>
          </p>
        </Empty>
      ) : (
        <>
          {useRight('export-list') ? (
            <PracticeForm action={`${staffLinks.plan}.csv`} class="actions-row">
              <button class="button button-quiet">
                <Icon name="download" /> Export all clients with reasons as CSV
              </button>
            </PracticeForm>
          ) : null}
          <div class="plan">
            {groups.map(({ verdict, name, meaning }) => (
              <Group
                key={verdict}
                name={name(plan)}
                meaning={meaning}
                counts={counts.filter((one) => one.verdict === verdict)}
                reason={page?.why.reason ?? null}
                changes={plan.changes?.by}
              />
            ))}
          </div>
        </>
      )}
      {page ? <PlanPeople page={page} since={plan.changes?.since} /> : null}
    </StaffShell>
  );
}

/** Tells whether the plan is complete, and the changes of the last sync. */
function Progress({ plan }: { plan: PlanView }) {
  const practice = usePractice();
  const { latest, whole, changes } = plan;
  if (!latest) return null;
  const run = staffLinks.run(practice.id, latest.id);
  const { read, unreadable } = latest.counts;
  if (!isOver(latest.state))
    return (
      <Notice
        tone="info"
        title={
          whole
            ? 'A sync is running: these numbers may change until it is done.'
            : `The first sync is running: ${read.toLocaleString('en-US')} clients so far. These numbers grow until it is done.`
        }
      >
        <a href={run}>Watch the sync</a>
      </Notice>
    );
  if (!whole || latest.state === 'stopped')
    return (
      <Notice
        tone="warn"
        title={
          whole
            ? 'The last sync stopped before it evaluated the clients.'
            : 'No full sync has finished yet: this is only a part of the practice.'
        }
      >
        <a href={run}>See why</a>
      </Notice>
    );
  const changed = [...(changes?.by ?? [])].reduce((sum, [, count]) => sum + count, 0);
  const said = changes
    ? changed === 0
      ? 'Nothing has changed since the previous sync.'
      : `${changed.toLocaleString('en-US')} ${changed === 1 ? 'is' : 'are'} new or changed since the previous sync: the numbers with a +.`
    : null;
  return (
    <p class="muted plan-since">
      As of <When at={latest.finishedAt ?? latest.requestedAt} />. {said}
      {unreadable > 0 ? (
        <>
          {' '}
          <a href={run}>
            {unreadable.toLocaleString('en-US')} {unreadable === 1 ? 'record' : 'records'}
          </a>{' '}
          could not be read and {unreadable === 1 ? 'is' : 'are'} not included.
        </>
      ) : null}
    </p>
  );
}

function Group(props: {
  name: string;
  meaning: string;
  counts: PlanCount[];
  reason: string | null;
  changes: ReadonlyMap<string, number> | undefined;
}) {
  const link = useLink();
  const total = props.counts.reduce((sum, { count }) => sum + count, 0);
  return (
    <section class="card">
      <h2>
        {props.name} <span class="plan-total">{total.toLocaleString('en-US')}</span>
      </h2>
      <p class="muted">{props.meaning}</p>
      <ul class="plan-list">
        {props.counts.map(({ reason, count }) => {
          const anew = props.changes?.get(reason) ?? 0;
          return (
            <li key={reason}>
              <a
                href={`${link(staffLinks.plan, { reason })}#people`}
                aria-current={reason === props.reason ? 'true' : undefined}
              >
                <span>{reasonTitle(reason)}</span>
                <span class="count">
                  {anew > 0 ? (
                    <span class="muted">
                      +{anew.toLocaleString('en-US')}
                      <span class="hidden"> since the previous sync, total</span>{' '}
                    </span>
                  ) : null}
                  {count.toLocaleString('en-US')}
                </span>
              </a>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
