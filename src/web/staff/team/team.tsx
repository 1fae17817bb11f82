import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { invitationHours } from '../../../domain/message/message-kinds.js';
import { readAddress } from '../../../domain/client/email-address.js';
import { isProblem } from '../../../lib/problem.js';
import type { Secret } from '../../../lib/secret.js';
import {
  createStaff,
  requireStaffOf,
  setStaffDisabled,
  staffOf,
  type StaffOfPractices,
} from '../../../store/access/staff.js';
import { emailIsSetUp } from '../../../store/messages/sending-state.js';
import { lastStaffEmails, type StaffEmailStatus } from '../../../store/messages/urgent-messages.js';
import type { WebDeps } from '../../deps.js';
import { line } from '../../api/schemas.js';
import { sendHtml } from '../../http/html.js';
import { CopyButton } from '../../ui/copy-button.js';
import { Field } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { PageHead } from '../../ui/page-head.js';
import { Notice } from '../../ui/notice.js';
import { invite, mailInvitation } from './invitations.js';
import { practiceQuery, staffLinks, withQuery } from '../shell/routes.js';
import { PersonRow } from './team-row.js';
import { roleNames } from './rights.js';
import { StaffShell } from '../shell/staff-shell.js';
import { redirectWithMessage } from '../flash/flash-messages.js';
import { FlashNotice } from '../flash/flash-notice.js';
import { PracticeForm } from '../shell/practice-form.js';
import { usePractice } from '../shell/staff-context.js';
import { staffRequestOf, type PracticeChoice, type StaffRequest } from '../shell/staff-session.js';
import { textIn, messagesOf } from '../../http/parse.js';

const roles = ['front-desk', 'manager', 'owner'] as const;

const newStaffForm = z.object({
  name: line(200).min(1, 'Please enter a name.'),
  email: line(254).refine((text) => typeof readAddress(text) === 'object', 'This is not an email address.'),
  role: z.enum(roles),
});

type Errors = Partial<Record<'name' | 'email', string>>;

/** Serves the staff list, where owners invite staff and end their access. */
export function peoplePages(app: FastifyInstance, deps: WebDeps): void {
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    view: {
      errors?: Errors;
      typed?: { name: string; email: string };
      link?: { name: string; url: Secret };
      status?: number;
    },
  ) => {
    const people = await staffOf(deps.db, staffRequestOf(request).allowed);
    const mails = await lastStaffEmails(
      deps.db,
      people.map(({ id }) => id),
    );
    const canMail = await emailIsSetUp(deps.db);
    const page = {
      people,
      mails,
      canMail,
      errors: view.errors ?? {},
      typed: view.typed ?? { name: '', email: '' },
      link: view.link ?? null,
    };
    return sendHtml(reply, <PeoplePage {...page} />, { status: view.status ?? 200 });
  };
  const owner = (request: FastifyRequest): StaffRequest & { practice: PracticeChoice } => {
    const staffRequest = staffRequestOf(request, 'manage-staff');
    return {
      ...staffRequest,
      practice: {
        ...(staffRequest.practice as PracticeChoice),
        id: staffRequest.allowed.require(staffRequest.practice?.id ?? ''),
      },
    };
  };

  const mailTo = async (
    reply: FastifyReply,
    staffRequest: StaffRequest,
    practice: PracticeChoice,
    to: Parameters<typeof mailInvitation>[1],
  ) => {
    const wait = await mailInvitation(deps, to, staffRequest.actor, practice.id, staffRequest.address);
    const here = withQuery(staffLinks.people, practiceQuery(staffRequest));
    return redirectWithMessage(reply, here, wait > 0 ? 'staff-mail-wait' : 'staff-mailed');
  };

  app.get(staffLinks.people, async (request, reply) => {
    owner(request);
    return show(request, reply, {});
  });

  app.post('/staff/people', async (request, reply) => {
    const staffRequest = owner(request);
    const { actor, practice } = staffRequest;
    const parsed = newStaffForm.safeParse(request.body);
    const typed = {
      name: textIn(request.body, 'name'),
      email: textIn(request.body, 'email'),
    };
    if (!parsed.success) {
      const errors = messagesOf(parsed.error);
      return show(request, reply, { errors, typed, status: 422 });
    }
    try {
      const staff = { ...parsed.data, practiceIds: [practice.id], passwordHash: null };
      const { staffId } = await createStaff(deps.db, staff, staffRequest.act);
      if (textIn(request.body, 'by') === 'mail') {
        const to = { id: staffId, email: parsed.data.email, hasPassword: false };
        return await mailTo(reply, staffRequest, practice, to);
      }
      const url = await invite(deps, staffId, actor, practice.id);
      return await show(request, reply, { link: { name: parsed.data.name, url } });
    } catch (error) {
      if (!isProblem(error, 'staff-exists')) throw error;
      return show(request, reply, { errors: { email: error.message }, typed, status: 409 });
    }
  });

  app.post('/staff/people/:staff/link', async (request, reply) => {
    const { actor, practice, allowed } = owner(request);
    const { staff } = request.params as { staff: string };
    const { name } = await requireStaffOf(deps.db, staff, allowed);
    return show(request, reply, { link: { name, url: await invite(deps, staff, actor, practice.id) } });
  });

  app.post('/staff/people/:staff/mail', async (request, reply) => {
    const staffRequest = owner(request);
    const { staff } = request.params as { staff: string };
    const to = await requireStaffOf(deps.db, staff, staffRequest.allowed);
    return mailTo(reply, staffRequest, staffRequest.practice, to);
  });

  app.post('/staff/people/:staff/:access', async (request, reply) => {
    const staffRequest = owner(request);
    const { staff, access } = request.params as { staff: string; access: string };
    // Keeps owners from locking themselves out by mistake.
    if (staff !== staffRequest.staff.id) {
      await setStaffDisabled(deps.db, staff, access === 'end', staffRequest.allowed, staffRequest.act);
    }
    return redirectWithMessage(reply, withQuery(staffLinks.people, practiceQuery(staffRequest)), 'staff-changed');
  });
}

function PeoplePage(props: {
  people: StaffOfPractices[];
  mails: ReadonlyMap<string | null, StaffEmailStatus>;
  /** Whether emails can be sent; otherwise owners hand links over. */
  canMail: boolean;
  errors: Errors;
  typed: { name: string; email: string };
  link: { name: string; url: Secret } | null;
}) {
  const { people, link } = props;
  return (
    <StaffShell tab="people" title="Staff">
      <PageHead title="Staff" />
      <FlashNotice />
      {link ? (
        <Notice tone="good" title={`Give ${link.name} this link.`}>
          <p>It works once, for {invitationHours} hours, and is not shown again. Send it in a secure way.</p>
          <p>
            <code id="invitation" class="break">
              {link.url.open()}
            </code>{' '}
            <CopyButton of="invitation" />
          </p>
        </Notice>
      ) : null}
      <ul class="rows rows-cards">
        {people.map((person) => (
          <PersonRow
            key={person.id}
            person={person}
            mail={props.mails.get(person.id) ?? null}
            canMail={props.canMail}
          />
        ))}
      </ul>
      <section class="card section-gap narrow" aria-labelledby="new-staff">
        <h2 id="new-staff">Invite someone to {usePractice().name}</h2>
        <PracticeForm action="/staff/people" class="stack">
          <Field label="Name" name="name" autocomplete="off" value={props.typed.name} error={props.errors.name} />
          <Field
            label="Email address"
            name="email"
            type="email"
            autocomplete="off"
            value={props.typed.email}
            error={props.errors.email}
          />
          <div class="field">
            <label for="role">Role</label>
            <select id="role" name="role" aria-describedby="role-hint">
              {roles.map((role) => (
                <option key={role} value={role}>
                  {roleNames[role]}
                </option>
              ))}
            </select>
            <p class="hint" id="role-hint">
              The front desk helps single pet parents. Managers also approve, pause and export. Owners also manage
              staff.
            </p>
          </div>
          {props.canMail ? (
            <div class="stack">
              <button class="button button-main" name="by" value="mail">
                <Icon name="mail" /> Send the invitation
              </button>
              <button class="button" name="by" value="link">
                Create a link to hand over
              </button>
            </div>
          ) : (
            <>
              <p class="hint">Email is not set up yet, so you get a link to hand over.</p>
              <button class="button button-main" name="by" value="link">
                <Icon name="plus" /> Create an invitation
              </button>
            </>
          )}
        </PracticeForm>
      </section>
    </StaffShell>
  );
}
