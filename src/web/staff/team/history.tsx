import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { auditOfPractice, type AuditAction, type AuditRecord } from '../../../store/access/audit.js';
import { namesOfAccounts, type AccountName } from '../../../store/messages/message-lines.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse } from '../../http/parse.js';
import { auditWords } from '../../ui/audit-words.js';
import { PageHead } from '../../ui/page-head.js';
import { Filters, Pager } from '../../ui/list-nav.js';
import { Chip, Empty } from '../../ui/notice.js';
import { reasonTitle } from '../../ui/state-words.js';
import { When } from '../../ui/when.js';
import { staffLinks } from '../shell/routes.js';
import { StaffShell } from '../shell/staff-shell.js';
import { useLink, usePractice } from '../shell/staff-context.js';
import { staffRequestOf } from '../shell/staff-session.js';

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
    const { practice, allowed } = staffRequestOf(request, 'see-history');
    if (!practice) return reply.redirect(staffLinks.petParents);
    const { show, before } = parse(historyQuery, request.query);
    const filter = {
      practiceId: practice.id,
      ...(show ? { actions: filters[show].actions } : {}),
      ...(before ? { before } : {}),
    };
    const records = await auditOfPractice(deps.db, allowed, filter, pageSize + 1);
    const names = await namesOfAccounts(
      deps.db,
      allowed,
      practice.id,
      records.map(({ accountId }) => accountId).filter((id) => id !== null),
    );
    return sendHtml(reply, <HistoryPage show={show} records={records} names={names} />);
  });
}

function HistoryPage(props: { show: FilterId | null; records: AuditRecord[]; names: Map<string, AccountName> }) {
  const { show } = props;
  const link = useLink();
  const shown = props.records.slice(0, pageSize);
  const next = props.records.length > pageSize ? String(shown.at(-1)?.id) : null;
  return (
    <StaffShell tab="history" title="History">
      <PageHead title="History" lead="All actions of staff, including every view of a temporary password." />
      <Filters
        label="Filter the history"
        filters={[
          { name: 'Everything', href: link(staffLinks.history), isCurrent: show === null },
          ...Object.entries(filters).map(([id, { name }]) => ({
            name,
            href: link(staffLinks.history, { show: id }),
            isCurrent: show === id,
          })),
        ]}
      />
      {shown.length === 0 ? (
        <Empty title="Nothing yet" />
      ) : (
        <ul class="rows rows-cards">
          {shown.map((record) => (
            <Entry key={record.id} record={record} name={props.names.get(record.accountId ?? '')} />
          ))}
        </ul>
      )}
      {next ? <Pager first={null} next={link(staffLinks.history, { show, before: next })} nextName="Earlier" /> : null}
    </StaffShell>
  );
}

function Entry({ record, name }: { record: AuditRecord; name: AccountName | undefined }) {
  const practice = usePractice();
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
        <When at={record.at} />
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
