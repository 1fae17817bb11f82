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
import type { MessageStatus } from '../../../domain/message/message-status.js';
import { countUnsentMessages } from '../../../store/messages/bulk-resend.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse } from '../../http/parse.js';
import { PageHead } from '../../ui/page-head.js';
import { Filters, Pager } from '../../ui/list-nav.js';
import { Empty } from '../../ui/notice.js';
import { staffLinks } from '../shell/routes.js';
import { deliveryConditionsOf, type DeliveryConditions } from '../../views/delivery-status.js';
import { MessageTableView } from './message-table.js';
import { may } from '../team/rights.js';
import { StaffShell } from '../shell/staff-shell.js';
import { FlashNotice } from '../flash/flash-notice.js';
import { useLink } from '../shell/staff-context.js';
import { staffRequestOf } from '../shell/staff-session.js';
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
    const { practice, allowed, staff } = staffRequestOf(request);
    const query = parse(listQuery, request.query);
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
    const results = <Results query={query} list={list} />;
    if (query.fragment) return sendHtml(reply, results, { fragment: true });
    const [counts, left, unsent, state, allConditions] = await Promise.all([
      messageCounts(deps.db, allowed, practice.id),
      formerAddressCounts(deps.db, allowed, practice.id, toLookAt),
      may(staff.role, 'run-campaigns') ? countUnsentMessages(deps.db, allowed, practice.id) : 0,
      practiceMailState(deps.db, allowed, practice.id),
      deliveryConditionsOf(deps, [practice]),
    ]);
    const view = {
      query,
      counts,
      left,
      unsent,
      state,
      conditions: allConditions.get(practice.id) as DeliveryConditions,
      hasPreview: deps.mailSamples !== undefined,
      hasBranding: deps.branding !== undefined && may(staff.role, 'edit-branding'),
    };
    return sendHtml(reply, <ListPage {...view}>{results}</ListPage>);
  });
}

function ListPage(props: {
  query: ListQuery;
  counts: Counts;
  left: Counts;
  unsent: number;
  state: PracticeMailState;
  conditions: DeliveryConditions;
  hasPreview: boolean;
  hasBranding: boolean;
  children: preact.ComponentChildren;
}) {
  const { query, counts } = props;
  const link = useLink();
  return (
    <StaffShell tab="email-marketing" title="Email Marketing" q={query.q}>
      <PageHead title="Welcome Emails">
        <div class="row-actions">
          {props.hasBranding ? (
            <a class="button button-quiet" href={link(staffLinks.branding)}>
              Branding
            </a>
          ) : null}
          {props.hasPreview ? (
            <a class="button button-quiet" href={link(staffLinks.preview)}>
              Email preview
            </a>
          ) : null}
          <a class="button" href={link(staffLinks.plan)}>
            Invite plan
          </a>
        </div>
      </PageHead>
      <FlashNotice />
      <CampaignBar state={props.state} conditions={props.conditions} counts={counts} unsent={props.unsent} />
      <Filters
        label="Filter by status"
        filters={[
          {
            name: 'All',
            href: link(staffLinks.emailMarketing),
            isCurrent: !query.status && !query.q,
            count: total(counts, null),
          },
          ...Object.entries<MailFilterWords>(mailFilters).map(([id, { name, states, current }]) => ({
            name,
            href: link(staffLinks.emailMarketing, { status: id }),
            isCurrent: query.status === id && !query.q,
            count: total(counts, states, current ? props.left : {}),
          })),
        ]}
      />
      <div id="results" data-results aria-live="polite">
        {props.children}
      </div>
    </StaffShell>
  );
}

function Results({ query, list }: { query: ListQuery; list: ListView }) {
  const link = useLink();
  if (list.lines.length === 0) {
    if (query.q.trim()) return <Empty title={`No email found for “${query.q.trim()}”`} />;
    return (
      <Empty title={query.status ? 'No emails with this status' : 'No emails yet'}>
        {query.status ? null : (
          <p>
            The <a href={link(staffLinks.plan)}>invite plan</a> shows which clients would be invited.
          </p>
        )}
      </Empty>
    );
  }
  return (
    <>
      {query.q.trim() ? <p class="found">Emails found for “{query.q.trim()}”</p> : null}
      <MessageTableView lines={list.lines} />
      <Pager
        first={query.after ? link(staffLinks.emailMarketing, { status: query.status }) : null}
        next={list.next && link(staffLinks.emailMarketing, { status: query.status, after: list.next })}
      />
    </>
  );
}

type Counts = Partial<Record<MessageStatus, number>>;

function total(counts: Counts, states: readonly MessageStatus[] | null, without: Counts = {}): string {
  const chosen = states ?? (Object.keys(counts) as MessageStatus[]);
  return chosen.reduce((sum, state) => sum + (counts[state] ?? 0) - (without[state] ?? 0), 0).toLocaleString('en-US');
}
