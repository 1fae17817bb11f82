import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  leftCounts,
  listMails,
  mailCounts,
  practiceMailState,
  searchMails,
  type MailLine,
  type PracticeMailState,
} from '../../../store/messages/email-marketing.js';
import type { WelcomeState } from '../../../store/db/tables.js';
import { countUnsent } from '../../../store/messages/bulk-resend.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse } from '../../http/parse.js';
import { Empty } from '../../ui/notice.js';
import { practiceQuery, staffLinks, withQuery } from '../shell/routes.js';
import { weatherOf, type MailWeather } from './delivery-status.js';
import { MailTable } from './message-table.js';
import { may } from '../team/rights.js';
import { StaffShell } from '../shell/staff-shell.js';
import { readTold, type Told } from '../shell/flash-messages.js';
import { ToldNotice } from '../shell/flash-notice.js';
import { staffFormToken, visitOf, type PracticeChoice, type Visit } from '../shell/staff-session.js';
import { WaveBar } from './campaign-bar.js';

const pageSize = 25;

interface MailFilterWords {
  name: string;
  states: readonly WelcomeState[];
  /** What somebody should look at; a mail for an address that was left is none of it. */
  current?: boolean;
}

/** The filters of the list: states that mean the same to staff are one. */
export const mailFilters = {
  waiting: { name: 'Waiting', states: ['owed', 'sending'] },
  sent: { name: 'Sent', states: ['accepted', 'delayed'] },
  delivered: { name: 'Delivered', states: ['delivered'] },
  'not-delivered': {
    name: 'Not delivered',
    states: ['bounced', 'complained', 'rejected', 'failed'],
    current: true,
  },
  uncertain: { name: 'Uncertain', states: ['uncertain'], current: true },
  'taken-back': { name: 'Taken back', states: ['withdrawn', 'recalled'] },
} as const satisfies Record<string, MailFilterWords>;

export type MailFilterId = keyof typeof mailFilters;

const filterOf = (id: MailFilterId): MailFilterWords => mailFilters[id];
const toLookAt = Object.values<MailFilterWords>(mailFilters).flatMap(({ current, states }) =>
  current ? states : [],
);

const listQuery = z.object({
  q: z.string().max(200).default(''),
  status: z
    .enum(Object.keys(mailFilters) as [MailFilterId, ...MailFilterId[]])
    .nullable()
    .catch(null)
    .default(null),
  after: z.string().max(40).nullable().default(null),
  fragment: z.string().optional(),
});

type ListQuery = z.output<typeof listQuery>;

interface ListView {
  lines: MailLine[];
  next: string | null;
}

/** Marketing > Email Marketing: every mail of the practice with what became of it. */
export function emailMarketingPages(app: FastifyInstance, deps: WebDeps): void {
  app.get(staffLinks.emailMarketing, async (request, reply) => {
    const visit = visitOf(request);
    const query = parse(listQuery, request.query);
    const csrf = staffFormToken(request, reply);
    const { practice, allowed } = visit;
    if (!practice) return reply.redirect(staffLinks.petParents);
    const text = query.q.trim();
    const { states = null, current = false } = query.status ? filterOf(query.status) : {};
    const filter = { practiceId: practice.id, states, kind: null, current };
    const list: ListView = text
      ? {
          lines: await searchMails(deps.db, allowed, practice.id, text, pageSize * 2, deps.clock()),
          next: null,
        }
      : await listMails(deps.db, allowed, filter, query.after, pageSize);
    const results = <Results visit={visit} practice={practice} query={query} list={list} />;
    if (query.fragment) return sendHtml(reply, results, { fragment: true });
    const [counts, left, unsent, state, weathers] = await Promise.all([
      mailCounts(deps.db, allowed, practice.id),
      leftCounts(deps.db, allowed, practice.id, toLookAt),
      may(visit.staff.role, 'run-waves') ? countUnsent(deps.db, allowed, practice.id) : 0,
      practiceMailState(deps.db, allowed, practice.id),
      weatherOf(deps, [practice]),
    ]);
    const view = {
      visit,
      csrf,
      query,
      counts,
      left,
      unsent,
      state,
      weather: weathers.get(practice.id) as MailWeather,
      practice,
      told: readTold(request),
      hasPreview: deps.mailSamples !== undefined,
      hasBrand: deps.brands !== undefined && may(visit.staff.role, 'edit-brand'),
    };
    return sendHtml(reply, <ListPage {...view}>{results}</ListPage>);
  });
}

function ListPage(props: {
  visit: Visit;
  practice: PracticeChoice;
  csrf: string;
  query: ListQuery;
  counts: Counts;
  left: Counts;
  unsent: number;
  state: PracticeMailState;
  weather: MailWeather;
  told: Told | null;
  hasPreview: boolean;
  hasBrand: boolean;
  children: preact.ComponentChildren;
}) {
  const { visit, query, counts } = props;
  const practice = practiceQuery(visit);
  return (
    <StaffShell visit={visit} csrf={props.csrf} tab="email-marketing" title="Email Marketing" q={query.q}>
      <div class="page-head">
        <h1>Welcome Emails</h1>
        <div class="row-actions">
          {props.hasBrand ? (
            <a class="button button-quiet" href={withQuery(staffLinks.brand, practice)}>
              Brand
            </a>
          ) : null}
          {props.hasPreview ? (
            <a class="button button-quiet" href={withQuery(staffLinks.preview, practice)}>
              Mail preview
            </a>
          ) : null}
          <a class="button" href={withQuery(staffLinks.plan, practice)}>
            Invite plan
          </a>
        </div>
      </div>
      <ToldNotice told={props.told} />
      <WaveBar
        visit={visit}
        practice={props.practice}
        csrf={props.csrf}
        state={props.state}
        weather={props.weather}
        counts={counts}
        unsent={props.unsent}
      />
      <nav class="filters" aria-label="Filter by status">
        <a
          href={withQuery(staffLinks.emailMarketing, practice)}
          aria-current={!query.status && !query.q ? 'true' : undefined}
        >
          All <span class="count">{total(counts, null)}</span>
        </a>
        {Object.entries<MailFilterWords>(mailFilters).map(([id, { name, states, current }]) => (
          <a
            key={id}
            href={withQuery(staffLinks.emailMarketing, { ...practice, status: id })}
            aria-current={query.status === id && !query.q ? 'true' : undefined}
          >
            {name} <span class="count">{total(counts, states, current ? props.left : {})}</span>
          </a>
        ))}
      </nav>
      <div id="results" data-results aria-live="polite">
        {props.children}
      </div>
    </StaffShell>
  );
}

function Results(props: { visit: Visit; practice: PracticeChoice; query: ListQuery; list: ListView }) {
  const { visit, query, list } = props;
  const here = practiceQuery(visit);
  if (list.lines.length === 0) {
    if (query.q.trim()) return <Empty title={`No mail found for “${query.q.trim()}”`} />;
    return (
      <Empty title={query.status ? 'No mail is in this state now' : 'No mail yet'}>
        {query.status ? null : (
          <p>
            The <a href={withQuery(staffLinks.plan, here)}>invite plan</a> shows who would be invited.
          </p>
        )}
      </Empty>
    );
  }
  return (
    <>
      {query.q.trim() ? <p class="found">Mails found for “{query.q.trim()}”</p> : null}
      <MailTable lines={list.lines} timeZone={props.practice.timeZone} />
      <nav class="pager" aria-label="Pages">
        {query.after ? (
          <a class="button" href={withQuery(staffLinks.emailMarketing, { ...here, status: query.status })}>
            To the start
          </a>
        ) : null}
        {list.next ? (
          <a
            class="button"
            rel="next"
            href={withQuery(staffLinks.emailMarketing, { ...here, status: query.status, after: list.next })}
          >
            Next page
          </a>
        ) : null}
      </nav>
    </>
  );
}

type Counts = Partial<Record<WelcomeState, number>>;

function total(counts: Counts, states: readonly WelcomeState[] | null, without: Counts = {}): string {
  const chosen = states ?? (Object.keys(counts) as WelcomeState[]);
  return chosen
    .reduce((sum, state) => sum + (counts[state] ?? 0) - (without[state] ?? 0), 0)
    .toLocaleString('en-US');
}
