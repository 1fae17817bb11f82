import type { FastifyInstance } from 'fastify';
import { isFailing, practiceHealth, type PracticeHealth } from '../../../store/sync-runs/practice-health.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { PageHead } from '../../ui/page-head.js';
import { ActionCell, Cell, HeadCell, ListTable, Row } from '../../ui/list-table.js';
import { Chip, Notice } from '../../ui/notice.js';
import { isOver, syncStates } from '../../ui/sync-words.js';
import { agoText } from '../../ui/when.js';
import { staleHours } from './freshness.js';
import { staffLinks, withQuery } from '../shell/routes.js';
import { StaffShell } from '../shell/staff-shell.js';
import { staffRequestOf } from '../shell/staff-session.js';

const mostShown = 500;

/** Serves the overview of all practices that the visitor sees: failing ones first, then those with the oldest data. */
export function practicesPage(app: FastifyInstance, deps: WebDeps): void {
  app.get(staffLinks.practices, async (request, reply) => {
    const health = await practiceHealth(deps.db, staffRequestOf(request).allowed.idsForQuery);
    const lines = health.filter(({ id }) => deps.practice(id) !== null).sort(worstFirst);
    return sendHtml(reply, <PracticesPage lines={lines} now={deps.clock()} />);
  });
}

/** Returns the time of the data; for a practice that was never read, the time of its creation. */
const since = (one: PracticeHealth): Date => one.done?.finishedAt ?? one.createdAt;
const worstFirst = (one: PracticeHealth, other: PracticeHealth): number =>
  Number(isFailing(other)) - Number(isFailing(one)) || since(one).getTime() - since(other).getTime();

function PracticesPage({ lines, now }: { lines: PracticeHealth[]; now: Date }) {
  const failing = lines.filter(isFailing).length;
  return (
    <StaffShell tab="practices" title="Practices">
      <PageHead title="Practices" lead="Practices with a failing sync come first, then those with the oldest data." />
      {failing > 0 ? (
        <Notice tone="bad" title={`${failing} of ${lines.length} practices cannot be read at the moment.`}>
          View Details shows the cause and the next step.
        </Notice>
      ) : (
        <Notice tone="good" title={`All ${lines.length} practices are syncing.`} />
      )}
      <ListTable caption="Practices" heads={['Practice', 'Data', 'Latest sync']}>
        {lines.slice(0, mostShown).map((line) => (
          <Line key={line.id} line={line} now={now} />
        ))}
      </ListTable>
      {lines.length > mostShown ? <p class="muted">This page shows the first {mostShown} practices.</p> : null}
    </StaffShell>
  );
}

function Line({ line, now }: { line: PracticeHealth; now: Date }) {
  const failing = isFailing(line);
  const old = now.getTime() - since(line).getTime() > staleHours * 3_600_000;
  const state = line.state ? syncStates[line.state] : { name: 'None yet', tone: 'quiet' as const };
  const tried = failing && line.state && !isOver(line.state);
  return (
    <Row>
      <HeadCell>
        <span class="who-name">{line.name}</span>
        <span class="muted block">{line.id}</span>
      </HeadCell>
      <Cell>
        {line.done ? agoText(line.done.finishedAt, now) : 'never read'}
        {old ? (
          <>
            {' '}
            <Chip tone="warn">Old</Chip>
          </>
        ) : null}
        {line.emailPausedAt ? (
          <>
            {' '}
            <Chip tone="warn">Mail paused</Chip>
          </>
        ) : null}
      </Cell>
      <Cell class="state">
        <Chip tone={failing ? 'bad' : state.tone}>{tried ? 'Retrying' : state.name}</Chip>
        {failing ? <span class="state-more break">{line.errorMessage}</span> : null}
      </Cell>
      <ActionCell href={withQuery(staffLinks.syncs, { practice: line.id })} of={`of ${line.name}`} />
    </Row>
  );
}
