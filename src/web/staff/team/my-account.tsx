import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Secret } from '../../../lib/secret.js';
import { record } from '../../../store/access/audit.js';
import { inTransaction } from '../../../store/db/database.js';
import { findResetToken, useResetToken } from '../../../store/access/reset-tokens.js';
import { openSession } from '../../../store/access/sessions.js';
import { actorOf, findStaffLogin, loadStaff, setStaffPassword, type Staff } from '../../../store/access/staff.js';
import { takeAttempt } from '../../../store/access/throttles.js';
import type { Cookies } from '../../http/cookies.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse } from '../../http/parse.js';
import { hashPassword, refusePassword, verifyPassword } from '../../login/passwords.js';
import { logInThrottles } from '../../login/throttle-rules.js';
import { Field, PasswordField, PostForm } from '../../ui/form.js';
import { PageHead } from '../../ui/page-head.js';
import { Notice } from '../../ui/notice.js';
import { Page } from '../../ui/page.js';
import { PlainShell } from '../../ui/plain-shell.js';
import { TokenForm, tokenFormBody, tokenFormStatus, type TokenFormView } from '../../ui/token-form.js';
import { waitText } from '../../ui/wait.js';
import { staffLinks } from '../shell/routes.js';
import { StaffShell } from '../shell/staff-shell.js';
import { redirectWithMessage } from '../flash/flash-messages.js';
import { FlashNotice } from '../flash/flash-notice.js';
import { staffRequestOf } from '../shell/staff-session.js';

/** Minimum length of a staff password. Staff can see other people's passwords without a second factor, so NIST's 15 (SP 800-63B-4). */
const staffPasswordLength = 15;

const hint = `At least ${staffPasswordLength} characters. Four unrelated words work well.`;

const form = z.object({
  current: z.string().max(400).default(''),
  password: z.string().max(400).default(''),
});

/** Serves the page behind an invitation link, where staff set a first or a new password. */
export function invitationPages(app: FastifyInstance, deps: WebDeps): void {
  const show = (reply: FastifyReply, view: TokenFormView) =>
    sendHtml(reply, <InvitationPage view={view} />, { status: tokenFormStatus(view) });

  app.get('/staff/invitation', async (_request, reply) => show(reply, {}));

  app.post('/staff/invitation', async (request, reply) => {
    const { token: typed, password: chosen } = parse(tokenFormBody, request.body);
    const [token, password] = [new Secret(typed), new Secret(chosen)];
    const staffId = await findResetToken(deps.db, 'staff', token, deps.clock());
    const loaded = staffId && (await loadStaff(deps.db, staffId));
    if (!loaded) return show(reply, { dead: true });
    const refusal = refuse(loaded.staff, password);
    if (refusal) return show(reply, { token: typed, error: refusal });
    const passwordHash = await hashPassword(password);
    const now = deps.clock();
    const done = await inTransaction(deps.db, async (trx) => {
      if ((await useResetToken(trx, 'staff', token, now)) !== loaded.staff.id) return false;
      await setStaffPassword(trx, loaded.staff.id, passwordHash);
      await record(trx, { actor: actorOf(loaded.staff), action: 'staff-password-set' }, now);
      return true;
    });
    return done ? reply.redirect('/staff/sign-in', 303) : show(reply, { dead: true });
  });
}

/** Serves the page where signed-in staff change their password. */
export function ownPasswordPages(app: FastifyInstance, deps: WebDeps, cookies: Cookies): void {
  const show = (request: FastifyRequest, reply: FastifyReply, errors: { current?: string; password?: string }) => {
    return sendHtml(
      reply,
      <StaffShell tab="pet-app" title="My password" scripts={['forms.js']}>
        <PageHead title="My password" />
        <FlashNotice />
        <section class="card narrow">
          <PostForm action="/staff/account" class="stack">
            <Field
              label="Email address"
              name="email"
              type="email"
              autocomplete="username"
              value={staffRequestOf(request).staff.email}
              readonly
            />
            <PasswordField
              label="Current password"
              name="current"
              autocomplete="current-password"
              error={errors.current}
            />
            <PasswordField
              label="New password"
              name="password"
              autocomplete="new-password"
              error={errors.password}
              hint={hint}
            />
            <button class="button button-main">Change password</button>
          </PostForm>
        </section>
      </StaffShell>,
      { status: errors.current || errors.password ? 422 : 200 },
    );
  };

  app.get('/staff/account', async (request, reply) => show(request, reply, {}));

  app.post('/staff/account', async (request, reply) => {
    const { staff, actor, address } = staffRequestOf(request);
    const { current, password } = parse(form, request.body);
    const { counted } = logInThrottles(deps, 'staff', `change ${staff.id}`, address, undefined);
    const wait = await inTransaction(deps.db, (trx) => takeAttempt(trx, counted, deps.clock()));
    if (wait > 0) return show(request, reply, { current: `Too many attempts. Please wait ${waitText(wait)}.` });
    const login = await findStaffLogin(deps.db, staff.email);
    if (!(await verifyPassword(login?.passwordHash ?? null, new Secret(current)))) {
      return show(request, reply, { current: 'This is not your current password.' });
    }
    const refusal = refuse(staff, new Secret(password));
    if (refusal) return show(request, reply, { password: refusal });
    const passwordHash = await hashPassword(new Secret(password));
    const now = deps.clock();
    const session = await inTransaction(deps.db, async (trx) => {
      await setStaffPassword(trx, staff.id, passwordHash);
      await record(trx, { actor, action: 'staff-password-set' }, now);
      const subject = { kind: 'staff', subjectId: staff.id, purpose: 'full' } as const;
      return openSession(trx, subject, deps.settings.sessions.staff, now);
    });
    cookies.set(reply, 'staff', session.token.open());
    return redirectWithMessage(reply, '/staff/account', 'password-set');
  });
}

function refuse(staff: Staff, password: Secret): string | null {
  return refusePassword(password, {
    minLength: staffPasswordLength,
    about: [staff.name, staff.email],
    isTemporary: () => false,
  });
}

function InvitationPage({ view }: { view: TokenFormView }) {
  return (
    <Page title="Your password - pims-sync" look="staff" scripts={['forms.js', 'token.js']}>
      <PlainShell brand="pims-sync">
        <h1>Choose your password</h1>
        {view.dead ? (
          <Notice tone="bad" title="This link was already used or has expired.">
            <a href="/staff/forgot">Request a new link by email</a>, or ask an owner of your practice.
          </Notice>
        ) : (
          <p class="lead">You sign in to the console with this password and your email address.</p>
        )}
        <TokenForm action="/staff/invitation" hint={hint} view={view} />
        <p class="after-form">
          <a href={staffLinks.petParents}>Go to sign in</a>
        </p>
      </PlainShell>
    </Page>
  );
}
