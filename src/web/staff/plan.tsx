import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  planCounts,
  planPeople,
  practiceMailState,
  type PlanCount,
  type PlanPerson,
  type PracticeMailState,
} from '../../store/email-marketing.js';
import type { WebDeps } from '../deps.js';
import { sendHtml } from '../html.js';
import { parse } from '../parse.js';
import { PostForm } from '../ui/form.js';
import { Icon } from '../ui/icons.js';
import { Empty } from '../ui/notice.js';
import { reasonTitle } from '../ui/state-words.js';
import { When } from '../ui/when.js';
import { DetailsHead } from './details-head.js';
import { practiceQuery, staffLinks, withQuery } from './links.js';
import { may } from './rights.js';
import { StaffShell } from './shell.js';
import { staffFormToken, visitOf, type PracticeChoice, type Visit } from './visit.js';

const mostPeople = 100;

const groups = [
  { verdict: 'invite', name: 'Will be invited', meaning: 'They get an account and the Welcome Email.' },
  { verdict: 'hold', name: 'On hold', meaning: 'Someone, or a date, can settle it.' },
  { verdict: 'skip', name: 'Not invited', meaning: 'Their record in the PIMS says not to.' },
] as const;

/** The invite plan: how many people would be invited and how many not, and why; approving it. */
export function planPage(app: FastifyInstance, deps: WebDeps): void {
  app.get(staffLinks.plan, async (request, reply) => {
    const visit = visitOf(request);
    const { practice, allowed } = visit;
    if (!practice) return reply.redirect(staffLinks.petParents);
    const { reason } = parse(
      z.object({ reason: z.string().max(40).nullable().default(null) }),
      request.query,
    );
    const [counts, state] = await Promise.all([
      planCounts(deps.db, allowed, practice.id),
      practiceMailState(deps.db, allowed, practice.id),
    ]);
    const why = counts.find((one) => one.reason === reason);
    const people = why ? await planPeople(deps.db, allowed, practice.id, why, mostPeople) : [];
    const view = { visit, practice, counts, state, reason, people, csrf: staffFormToken(request, reply) };
    return sendHtml(reply, <PlanPage {...view} />);
  });
}

function PlanPage(props: {
  visit: Visit;
  practice: PracticeChoice;
  csrf: string;
  counts: PlanCount[];
  state: PracticeMailState;
  reason: string | null;
  people: PlanPerson[];
}) {
  const { visit, practice, counts, state } = props;
  const invited = counts
    .filter(({ verdict }) => verdict === 'invite')
    .reduce((sum, { count }) => sum + count, 0);
  return (
    <StaffShell visit={visit} csrf={props.csrf} tab="email-marketing" title="Invite plan">
      <DetailsHead
        visit={visit}
        parent={{ name: 'Email Marketing', href: staffLinks.emailMarketing }}
        here="Invite plan"
        title="Invite plan"
      >
        Everyone in the practice's system, and whether they are invited. No mail leaves before someone has
        approved it.
      </DetailsHead>
      <section class="card approve-card" aria-labelledby="approval">
        <h2 id="approval">Approval</h2>
        {state.approved_at ? (
          <p>
            Approved{state.approved_by ? ` by ${state.approved_by}` : ''} on{' '}
            <When at={state.approved_at} timeZone={practice.timeZone} />. New clients who fit are invited
            after each sync.
          </p>
        ) : (
          <>
            <p>
              <strong>{invited.toLocaleString('en-US')}</strong> {invited === 1 ? 'person' : 'people'} would
              get an account and a Welcome Email. The first few go out alone and are watched before the rest
              follows; you can pause or recall at any time.
            </p>
            {may(visit.staff.role, 'run-waves') ? (
              <PostForm
                action={`${staffLinks.emailMarketing}/approve`}
                csrf={props.csrf}
                confirm={`Invite ${invited.toLocaleString('en-US')} people?`}
              >
                <input type="hidden" name="practice" value={practice.id} />
                <button class="button button-main">
                  <Icon name="check" /> Approve and invite
                </button>
              </PostForm>
            ) : (
              <p class="muted">A manager or the owner approves it.</p>
            )}
          </>
        )}
      </section>
      {counts.length === 0 ? (
        <Empty title="There is no plan yet">
          <p>
            It is made after the first sync.{' '}
            <a href={withQuery(staffLinks.syncs, practiceQuery(visit))}>Go to Syncs</a>
          </p>
        </Empty>
      ) : (
        <div class="plan">
          {groups.map(({ verdict, name, meaning }) => (
            <Group
              key={verdict}
              visit={visit}
              name={name}
              meaning={meaning}
              counts={counts.filter((one) => one.verdict === verdict)}
              reason={props.reason}
            />
          ))}
        </div>
      )}
      {props.reason ? <People reason={props.reason} people={props.people} practiceId={practice.id} /> : null}
    </StaffShell>
  );
}

function Group(props: {
  visit: Visit;
  name: string;
  meaning: string;
  counts: PlanCount[];
  reason: string | null;
}) {
  const total = props.counts.reduce((sum, { count }) => sum + count, 0);
  return (
    <section class="card">
      <h2>
        {props.name} <span class="plan-total">{total.toLocaleString('en-US')}</span>
      </h2>
      <p class="muted">{props.meaning}</p>
      <ul class="plan-list">
        {props.counts.map(({ reason, count }) => (
          <li key={reason}>
            <a
              href={`${withQuery(staffLinks.plan, { ...practiceQuery(props.visit), reason })}#people`}
              aria-current={reason === props.reason ? 'true' : undefined}
            >
              <span>{reasonTitle(reason)}</span>
              <span class="count">{count.toLocaleString('en-US')}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function People(props: { reason: string; people: PlanPerson[]; practiceId: string }) {
  return (
    <section class="card people" id="people" aria-labelledby="people-head">
      <h2 id="people-head">{reasonTitle(props.reason)}</h2>
      {props.people.length === mostPeople ? <p class="muted">The first {mostPeople}, by name.</p> : null}
      <ul class="rows">
        {props.people.map((person) => (
          <li key={person.pimsId}>
            <div>
              <p class="who-name">{person.name}</p>
              <p class="muted break">{person.sentence ?? person.email}</p>
            </div>
            <a class="button button-small" href={staffLinks.petParent(props.practiceId, person.pimsId)}>
              View Details<span class="hidden"> of {person.name}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
