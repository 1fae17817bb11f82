import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  formerAddressCounts,
  listMessages,
  messageCounts,
  practiceMailState,
  searchMessages,
  type PracticeMailState,
} from '../../../store/messages/email-marketing.js';
import type { MessageLine } from '../../../store/messages/message-lines.js';
import type { MessageStatus } from '../../../store/db/tables.js';
import { countUnsentMessages } from '../../../store/messages/bulk-resend.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse } from '../../http/parse.js';
import { Empty } from '../../ui/notice.js';
import { practiceQuery, staffLinks, withQuery } from '../shell/routes.js';
import { deliveryConditionsOf, type DeliveryConditions } from './delivery-status.js';
import { MessageTableView } from './message-table.js';
import { may } from '../team/rights.js';
import { StaffShell } from '../shell/staff-shell.js';
import { readFlashMessage, type FlashMessage } from '../shell/flash-messages.js';
import { FlashNotice } from '../shell/flash-notice.js';
import { staffFormToken, staffRequestOf, type PracticeChoice, type StaffRequest } from '../shell/staff-session.js';
import { CampaignBar } from './campaign-bar.js';

const pageSize = 25;

interface MailFilterWords {
  name: string;
  states: readonly MessageStatus[];
  /** Excludes emails to former addresses, because staff need not act on them. */
  current?: boolean;
}

/** Filters of the list. Statuses that mean the same to staff share one filter. */
const mailFilters = {
  waiting: { name: 'Waiting', states: ['queued', 'sending'] },
  sent: { name: 'Sent', states: ['accepted', 'delayed'] },
  delivered: { name: 'Delivered', states: ['delivered'] },
  'not-delivered': {
    name: 'Not delivered',
    states: ['bounced', 'complained', 'rejected', 'failed'],
    current: true,
  },
  uncertain: { name: 'Uncertain', states: ['uncertain'], current: true },
  'taken-back': { name: 'Recalled', states: ['canceled', 'recalled'] },
} as const satisfies Record<string, MailFilterWords>;

type MailFilterId = keyof typeof mailFilters;

const filterOf = (id: MailFilterId): MailFilterWords => mailFilters[id];
const toLookAt = Object.values<MailFilterWords>(mailFilters).flatMap(({ current, states }) => (current ? states : []));

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
  lines: MessageLine[];
  next: string | null;
}

/** Serves Marketing > Email Marketing: every email of the practice with its status. */
export function emailMarketingPages(app: FastifyInstance, deps: WebDeps): void {
  app.get(staffLinks.emailMarketing, async (request, reply) => {
    const staffRequest = staffRequestOf(request);
    const query = parse(listQuery, request.query);
    const csrf = staffFormToken(request, reply);
    const { practice, allowed } = staffRequest;
    if (!practice) return reply.redirect(staffLinks.petParents);
    const text = query.q.trim();
    const { states = null, current = false } = query.status ? filterOf(query.status) : {};
    const filter = { practiceId: practice.id, states, current };
    const list: ListView = text
      ? {
          lines: await searchMessages(deps.db, allowed, practice.id, text, pageSize * 2, deps.clock()),
          next: null,
        }
      : await listMessages(deps.db, allowed, filter, query.after, pageSize);
    const results = <Results staffRequest={staffRequest} practice={practice} query={query} list={list} />;
    if (query.fragment) return sendHtml(reply, results, { fragment: true });
    const [counts, left, unsent, state, allConditions] = await Promise.all([
      messageCounts(deps.db, allowed, practice.id),
      formerAddressCounts(deps.db, allowed, practice.id, toLookAt),
      may(staffRequest.staff.role, 'run-campaigns') ? countUnsentMessages(deps.db, allowed, practice.id) : 0,
      practiceMailState(deps.db, allowed, practice.id),
      deliveryConditionsOf(deps, [practice]),
    ]);
    const view = {
      staffRequest,
      csrf,
      query,
      counts,
      left,
      unsent,
      state,
      conditions: allConditions.get(practice.id) as DeliveryConditions,
      practice,
      flash: readFlashMessage(request),
      hasPreview: deps.mailSamples !== undefined,
      hasBrand: deps.brands !== undefined && may(staffRequest.staff.role, 'edit-brand'),
    };
    return sendHtml(reply, <ListPage {...view}>{results}</ListPage>);
  });
}

function ListPage(props: {
  staffRequest: StaffRequest;
  practice: PracticeChoice;
  csrf: string;
  query: ListQuery;
  counts: Counts;
  left: Counts;
  unsent: number;
  state: PracticeMailState;
  conditions: DeliveryConditions;
  flash: FlashMessage | null;
  hasPreview: boolean;
  hasBrand: boolean;
  children: preact.ComponentChildren;
}) {
  const { staffRequest, query, counts } = props;
  const practice = practiceQuery(staffRequest);
  return (
    <StaffShell staffRequest={staffRequest} csrf={props.csrf} tab="email-marketing" title="Email Marketing" q={query.q}>
      <div class="page-head">
        <h1>Welcome Emails</h1>
        <div class="row-actions">
          {props.hasBrand ? (
            <a class="button button-quiet" href={withQuery(staffLinks.brand, practice)}>
              Branding
            </a>
          ) : null}
          {props.hasPreview ? (
            <a class="button button-quiet" href={withQuery(staffLinks.preview, practice)}>
              Email preview
            </a>
          ) : null}
          <a class="button" href={withQuery(staffLinks.plan, practice)}>
            Invite plan
          </a>
        </div>
      </div>
      <FlashNotice flash={props.flash} />
      <CampaignBar
        staffRequest={staffRequest}
        practice={props.practice}
        csrf={props.csrf}
        state={props.state}
        conditions={props.conditions}
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

function Results(props: { staffRequest: StaffRequest; practice: PracticeChoice; query: ListQuery; list: ListView }) {
  const { staffRequest, query, list } = props;
  const here = practiceQuery(staffRequest);
  if (list.lines.length === 0) {
    if (query.q.trim()) return <Empty title={`No email found for “${query.q.trim()}”`} />;
    return (
      <Empty title={query.status ? 'No emails with this status' : 'No emails yet'}>
        {query.status ? null : (
          <p>
            The <a href={withQuery(staffLinks.plan, here)}>invite plan</a> shows which clients would be invited.
          </p>
        )}
      </Empty>
    );
  }
  return (
    <>
      {query.q.trim() ? <p class="found">Emails found for “{query.q.trim()}”</p> : null}
      <MessageTableView lines={list.lines} timeZone={props.practice.timeZone} />
      <nav class="pager" aria-label="Pages">
        {query.after ? (
          <a class="button" href={withQuery(staffLinks.emailMarketing, { ...here, status: query.status })}>
            First page
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

type Counts = Partial<Record<MessageStatus, number>>;

function total(counts: Counts, states: readonly MessageStatus[] | null, without: Counts = {}): string {
  const chosen = states ?? (Object.keys(counts) as MessageStatus[]);
  return chosen.reduce((sum, state) => sum + (counts[state] ?? 0) - (without[state] ?? 0), 0).toLocaleString('en-US');
}
