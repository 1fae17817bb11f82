import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { confirmListed } from '../../../store/decisions/undone-facts.js';
import { listTasks, closeTask, type OpenTask } from '../../../store/pet-parents/tasks.js';
import { enqueueEvaluation } from '../../enqueue.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse } from '../../http/parse.js';
import { PageHead } from '../../ui/page-head.js';
import { Chip, Empty, type Tone } from '../../ui/notice.js';
import { When } from '../../ui/when.js';
import { practiceQuery, staffLinks, withQuery } from '../shell/routes.js';
import { StaffShell } from '../shell/staff-shell.js';
import { redirectWithProblem, redirectWithMessage } from '../flash/flash-messages.js';
import { FlashNotice } from '../flash/flash-notice.js';
import { PracticeForm } from '../shell/practice-form.js';
import { useRight } from '../shell/staff-context.js';
import { staffRequestOf } from '../shell/staff-session.js';

const mostShown = 200;

const kinds: Record<string, { name: string; tone: Tone }> = {
  'identity-conflict': { name: 'Same person?', tone: 'bad' },
  'duplicate-suspect': { name: 'Duplicate?', tone: 'warn' },
  'confirm-join': { name: 'Same household?', tone: 'warn' },
  'email-differs': { name: 'Email differs', tone: 'info' },
  'bounced-email': { name: 'Email bounced', tone: 'bad' },
  'login-bounced': { name: 'Log-in address bounced', tone: 'bad' },
  'mail-refused': { name: 'Email rejected', tone: 'bad' },
  'mail-failed': { name: 'Email failed', tone: 'bad' },
  'mail-complaint': { name: 'Marked as spam', tone: 'bad' },
  'malformed-email': { name: 'Malformed email', tone: 'warn' },
  'undone-in-pims': { name: 'Change to confirm', tone: 'warn' },
  'unknown-status': { name: 'Unknown status', tone: 'warn' },
  'merged-two-accounts': { name: 'Two accounts', tone: 'warn' },
  'merged-staff-link': { name: 'Merged record', tone: 'warn' },
  'owner-says': { name: 'Profile differs', tone: 'info' },
};

/** Serves the list of open tasks, which only staff can resolve, oldest first. */
export function taskPages(app: FastifyInstance, deps: WebDeps): void {
  app.get(staffLinks.work, async (request, reply) => {
    const { practice, allowed } = staffRequestOf(request);
    if (!practice) return reply.redirect(staffLinks.petParents);
    const items = await listTasks(deps.db, allowed, practice.id, mostShown);
    return sendHtml(reply, <WorkPage items={items} now={deps.clock()} />);
  });

  app.post('/staff/work/:item/close', async (request, reply) => {
    const staffRequest = staffRequestOf(request, 'close-work');
    const { item } = request.params as { item: string };
    await closeTask(deps.db, staffRequest.allowed, item, staffRequest.act);
    return redirectWithMessage(reply, withQuery(staffLinks.work, practiceQuery(staffRequest)), 'closed');
  });

  app.post('/staff/work/confirm-changes', async (request, reply) => {
    const staffRequest = staffRequestOf(request, 'run-campaigns');
    const { practice: practiceId, until } = parse(confirmForm, request.body);
    const here = withQuery(staffLinks.work, { practice: practiceId });
    return redirectWithProblem(reply, here, async () => {
      const about = { practiceId, until: new Date(until) };
      const n = await confirmListed(deps.db, staffRequest.allowed, about, staffRequest.actor, deps.clock());
      await enqueueEvaluation(deps, practiceId);
      return redirectWithMessage(reply, here, 'changes-confirmed', { n });
    });
  });
}

const confirmForm = z.object({ practice: z.string(), until: z.iso.datetime() });

function WorkPage({ items, now }: { items: OpenTask[]; now: Date }) {
  return (
    <StaffShell tab="work" title="Tasks">
      <PageHead
        title="Tasks"
        lead="Questions that only staff can resolve. Most tasks close automatically once the practice software is correct."
      />
      <FlashNotice />
      <ConfirmChanges items={items} now={now} />
      {items.length === 0 ? (
        <Empty title="No open tasks" />
      ) : (
        <ul class="rows rows-cards">
          {items.map((item) => (
            <Item key={item.id} item={item} />
          ))}
        </ul>
      )}
      {items.length === mostShown ? <p class="muted">This page shows the {mostShown} oldest tasks.</p> : null}
    </StaffShell>
  );
}

/** Confirms all changes in the PIMS at once, for example after a restored backup that turns out to be right. */
function ConfirmChanges({ items, now }: Parameters<typeof WorkPage>[0]) {
  const count = items.filter(({ kind }) => kind === 'undone-in-pims').length;
  if (count < 2 || !useRight('run-campaigns')) return null;
  return (
    <PracticeForm
      action="/staff/work/confirm-changes"
      class="actions-row"
      confirm="Are all changes marked “Change to confirm” right? These clients may then be invited, and emails may again name pets that the practice software lists as living."
    >
      <input type="hidden" name="until" value={now.toISOString()} />
      <button class="button">Confirm all changes in the practice software</button>
    </PracticeForm>
  );
}

function Item({ item }: { item: OpenTask }) {
  const { name, tone } = kinds[item.kind] ?? { name: item.kind.replaceAll('-', ' '), tone: 'quiet' };
  return (
    <li>
      <div>
        <p>
          <Chip tone={tone}>{name}</Chip> <strong>{item.clientName}</strong>
        </p>
        <p class="break">{item.sentence}</p>
        <p class="timeline-when">
          <When at={item.openedAt} dateOnly />
        </p>
      </div>
      <div class="row-actions">
        {item.clientPimsId ? (
          <a class="button button-small" href={staffLinks.petParent(item.practiceId, item.clientPimsId)}>
            View Details<span class="hidden"> of {item.clientName}</span>
          </a>
        ) : null}
        {useRight('close-work') ? (
          <PracticeForm action={`/staff/work/${item.id}/close`}>
            <button class="button button-small">
              Done<span class="hidden">: {item.sentence}</span>
            </button>
          </PracticeForm>
        ) : null}
      </div>
    </li>
  );
}
