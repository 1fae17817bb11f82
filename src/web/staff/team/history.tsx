import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { auditOfPractice, type AuditAction, type AuditRecord } from '../../../store/access/audit.js';
import { namesOfAccounts, type AccountName } from '../../../store/messages/message-lines.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse } from '../../http/parse.js';
import { auditWords } from '../../ui/audit-words.js';
import { Chip, Empty } from '../../ui/notice.js';
import { reasonTitle } from '../../ui/state-words.js';
import { When } from '../../ui/when.js';
import { practiceQuery, staffLinks, withQuery } from '../shell/routes.js';
import { mustBeAllowed } from './rights.js';
import { StaffShell } from '../shell/staff-shell.js';
import { staffFormToken, staffRequestOf, type PracticeChoice, type StaffRequest } from '../shell/staff-session.js';

const pageSize = 50;

/** Filters of the history. */
const filters = {
  views: {
    name: 'Passwords viewed',
    actions: ['temporary-password-viewed', 'login-viewed', 'handout-printed', 'account-act-refused'],
  },
  mails: {
    name: 'Emails',
    actions: [
      'message-resent',
      'messages-resent',
      'invites-approved',
      'email-paused',
      'email-resumed',
      'messages-recalled',
      'uncertain-resolved',
      'address-released',
    ],
  },
  staff: {
    name: 'Staff and access',
    actions: ['staff-created', 'staff-invited', 'staff-changed', 'token-created', 'token-revoked', 'list-exported'],
  },
} as const satisfies Record<string, { name: string; actions: readonly AuditAction[] }>;

type FilterId = keyof typeof filters;

const historyQuery = z.object({
  show: z
    .enum(Object.keys(filters) as [FilterId, ...FilterId[]])
    .nullable()
    .catch(null)
    .default(null),
  before: z.coerce.number().int().positive().nullable().catch(null).default(null),
});

/** Serves the audit trail of the practice: every action with person, time and place, including every password view. */
export function historyPage(app: FastifyInstance, deps: WebDeps): void {
  app.get(staffLinks.history, async (request, reply) => {
    const staffRequest = staffRequestOf(request);
    mustBeAllowed(staffRequest.staff.role, 'see-history');
    const { practice } = staffRequest;
    if (!practice) return reply.redirect(staffLinks.petParents);
    const { show, before } = parse(historyQuery, request.query);
    const filter = {
      practiceId: practice.id,
      ...(show ? { actions: filters[show].actions } : {}),
      ...(before ? { before } : {}),
    };
    const records = await auditOfPractice(deps.db, staffRequest.allowed, filter, pageSize + 1);
    const names = await namesOfAccounts(
      deps.db,
      staffRequest.allowed,
      practice.id,
      records.map(({ accountId }) => accountId).filter((id) => id !== null),
    );
    const view = { staffRequest, practice, show, records, names, csrf: staffFormToken(request, reply) };
    return sendHtml(reply, <HistoryPage {...view} />);
  });
}

function HistoryPage(props: {
  staffRequest: StaffRequest;
  practice: PracticeChoice;
  csrf: string;
  show: FilterId | null;
  records: AuditRecord[];
  names: Map<string, AccountName>;
}) {
  const { staffRequest, show } = props;
  const here = practiceQuery(staffRequest);
  const shown = props.records.slice(0, pageSize);
  const next = props.records.length > pageSize ? String(shown.at(-1)?.id) : null;
  return (
    <StaffShell staffRequest={staffRequest} csrf={props.csrf} tab="history" title="History">
      <div class="page-head">
        <div>
          <h1>History</h1>
          <p class="lead">All actions of staff, including every view of a temporary password.</p>
        </div>
      </div>
      <nav class="filters" aria-label="Filter the history">
        <a href={withQuery(staffLinks.history, here)} aria-current={show ? undefined : 'true'}>
          Everything
        </a>
        {Object.entries(filters).map(([id, { name }]) => (
          <a
            key={id}
            href={withQuery(staffLinks.history, { ...here, show: id })}
            aria-current={show === id ? 'true' : undefined}
          >
            {name}
          </a>
        ))}
      </nav>
      {shown.length === 0 ? (
        <Empty title="Nothing yet" />
      ) : (
        <ul class="rows rows-cards">
          {shown.map((record) => (
            <Entry
              key={record.id}
              record={record}
              practice={props.practice}
              name={record.accountId ? props.names.get(record.accountId) : undefined}
            />
          ))}
        </ul>
      )}
      {next ? (
        <nav class="pager" aria-label="Pages">
          <a class="button" rel="next" href={withQuery(staffLinks.history, { ...here, show, before: next })}>
            Earlier
          </a>
        </nav>
      ) : null}
    </StaffShell>
  );
}

function Entry({
  record,
  practice,
  name,
}: {
  record: AuditRecord;
  practice: PracticeChoice;
  name: AccountName | undefined;
}) {
  const { title, tone } = auditWords(record);
  const { screen, address, client } = record.details;
  const where = [screen ? `on ${screen}` : null, address ? `from ${address}` : null].filter(Boolean).join(', ');
  return (
    <li>
      <div>
        <p>
          <Chip tone={tone}>{title}</Chip>{' '}
          {name ? <a href={staffLinks.petParent(practice.id, name.pimsId)}>{name.name}</a> : null}
          {typeof client === 'string' ? <a href={staffLinks.petParent(practice.id, client)}>Client {client}</a> : null}
        </p>
        <p class="muted">{[record.actorName ?? record.actorKind, aboutOf(record), where].filter(Boolean).join(', ')}</p>
      </div>
      <p class="timeline-when">
        <When at={record.at} timeZone={practice.timeZone} />
      </p>
    </li>
  );
}

/** Returns the object of an action, if it is not a pet parent. */
function aboutOf({ details }: AuditRecord): string | null {
  const { email, name, clients, mails, why, reason, client } = details;
  if (typeof client === 'string' && typeof reason === 'string') return reasonTitle(reason);
  if (typeof clients === 'number') return `${clients} ${clients === 1 ? 'person' : 'people'}`;
  if (typeof mails === 'number') return `${mails} ${mails === 1 ? 'email' : 'emails'}`;
  const about = email ?? name ?? why;
  return typeof about === 'string' ? `“${about}”` : null;
}
