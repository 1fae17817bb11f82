import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { confirmListed } from '../../../store/decisions/undone-facts.js';
import { listTasks, closeTask, type OpenTask } from '../../../store/pet-parents/tasks.js';
import { enqueueEvaluation } from '../../enqueue.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse } from '../../http/parse.js';
import { PostForm } from '../../ui/form.js';
import { Chip, Empty, type Tone } from '../../ui/notice.js';
import { When } from '../../ui/when.js';
import { practiceQuery, staffLinks, withQuery } from '../shell/routes.js';
import { may, mustBeAllowed } from '../team/rights.js';
import { StaffShell } from '../shell/staff-shell.js';
import {
  redirectWithProblem,
  readFlashMessage,
  redirectWithMessage,
  type FlashMessage,
} from '../shell/flash-messages.js';
import { FlashNotice } from '../shell/flash-notice.js';
import { staffFormToken, staffRequestOf, type PracticeChoice, type StaffRequest } from '../shell/staff-session.js';

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
    const staffRequest = staffRequestOf(request);
    const { practice } = staffRequest;
    if (!practice) return reply.redirect(staffLinks.petParents);
    const items = await listTasks(deps.db, staffRequest.allowed, practice.id, mostShown);
    const csrf = staffFormToken(request, reply);
    const view = { staffRequest, practice, items, csrf, flash: readFlashMessage(request), now: deps.clock() };
    return sendHtml(reply, <WorkPage {...view} />);
  });

  app.post('/staff/work/:item/close', async (request, reply) => {
    const staffRequest = staffRequestOf(request);
    mustBeAllowed(staffRequest.staff.role, 'close-work');
    const { item } = request.params as { item: string };
    await closeTask(deps.db, staffRequest.allowed, item, staffRequest.actor, deps.clock());
    return redirectWithMessage(reply, withQuery(staffLinks.work, practiceQuery(staffRequest)), 'closed');
  });

  app.post('/staff/work/confirm-changes', async (request, reply) => {
    const staffRequest = staffRequestOf(request);
    mustBeAllowed(staffRequest.staff.role, 'run-campaigns');
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

function WorkPage(props: {
  staffRequest: StaffRequest;
  practice: PracticeChoice;
  csrf: string;
  items: OpenTask[];
  flash: FlashMessage | null;
  now: Date;
}) {
  const { staffRequest, practice, items } = props;
  return (
    <StaffShell staffRequest={staffRequest} csrf={props.csrf} tab="work" title="Tasks">
      <div class="page-head">
        <div>
          <h1>Tasks</h1>
          <p class="lead">
            Questions that only staff can resolve. Most tasks close automatically once the practice software is correct.
          </p>
        </div>
      </div>
      <FlashNotice flash={props.flash} />
      <ConfirmChanges {...props} />
      {items.length === 0 ? (
        <Empty title="No open tasks" />
      ) : (
        <ul class="rows rows-cards">
          {items.map((item) => (
            <Item key={item.id} item={item} practice={practice} staffRequest={staffRequest} csrf={props.csrf} />
          ))}
        </ul>
      )}
      {items.length === mostShown ? <p class="muted">This page shows the {mostShown} oldest tasks.</p> : null}
    </StaffShell>
  );
}

/** Confirms all changes in the PIMS at once, for example after a restored backup that turns out to be right. */
function ConfirmChanges({ staffRequest, practice, items, csrf, now }: Parameters<typeof WorkPage>[0]) {
  const count = items.filter(({ kind }) => kind === 'undone-in-pims').length;
  if (count < 2 || !may(staffRequest.staff.role, 'run-campaigns')) return null;
  return (
    <PostForm
      action="/staff/work/confirm-changes"
      csrf={csrf}
      class="actions-row"
      confirm="Are all changes marked “Change to confirm” right? These clients may then be invited, and emails may again name pets that the practice software lists as living."
    >
      <input type="hidden" name="practice" value={practice.id} />
      <input type="hidden" name="until" value={now.toISOString()} />
      <button class="button">Confirm all changes in the practice software</button>
    </PostForm>
  );
}

function Item({
  item,
  practice,
  staffRequest,
  csrf,
}: {
  item: OpenTask;
  practice: PracticeChoice;
  staffRequest: StaffRequest;
  csrf: string;
}) {
  const { name, tone } = kinds[item.kind] ?? { name: item.kind.replaceAll('-', ' '), tone: 'quiet' };
  return (
    <li>
      <div>
        <p>
          <Chip tone={tone}>{name}</Chip> <strong>{item.clientName}</strong>
        </p>
        <p class="break">{item.sentence}</p>
        <p class="timeline-when">
          <When at={item.openedAt} timeZone={practice.timeZone} dateOnly />
        </p>
      </div>
      <div class="row-actions">
        {item.clientPimsId ? (
          <a class="button button-small" href={staffLinks.petParent(practice.id, item.clientPimsId)}>
            View Details<span class="hidden"> of {item.clientName}</span>
          </a>
        ) : null}
        {may(staffRequest.staff.role, 'close-work') ? (
          <PostForm action={`/staff/work/${item.id}/close`} csrf={csrf}>
            <input type="hidden" name="practice" value={practice.id} />
            <button class="button button-small">
              Done<span class="hidden">: {item.sentence}</span>
            </button>
          </PostForm>
        ) : null}
      </div>
    </li>
  );
}
