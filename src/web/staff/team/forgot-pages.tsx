import type { FastifyInstance } from 'fastify';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse } from '../../http/parse.js';
import type { Tasks } from '../../background-tasks.js';
import { ForgotForm, forgotBody, wrongAddress, type ForgotFormProps } from '../../ui/forgot-form.js';
import { Notice } from '../../ui/notice.js';
import { Page } from '../../ui/page.js';
import { PlainShell } from '../../ui/plain-shell.js';
import { sendStaffRecovery } from './invitations.js';
import { staffFormToken } from '../shell/staff-session.js';

/**
 * Serves the "Forgot password" pages for staff. As for pet parents, the answer is the same for every address and is sent
 * before the lookup, so neither text nor timing reveals who works here.
 */
export function staffForgotPages(app: FastifyInstance, deps: WebDeps, tasks: Tasks): void {
  app.get('/staff/forgot', async (request, reply) =>
    sendHtml(reply, <ForgotPage csrf={staffFormToken(request, reply)} error={null} email="" />),
  );

  app.post('/staff/forgot', async (request, reply) => {
    const { email } = parse(forgotBody, request.body);
    const error = wrongAddress(email);
    if (error !== null) {
      const view = { csrf: staffFormToken(request, reply), error, email };
      return sendHtml(reply, <ForgotPage {...view} />, { status: 422 });
    }
    tasks.afterAnswer(reply, 'staff forgot password', () => sendStaffRecovery(deps, email, request.ip));
    return sendHtml(reply, <SentPage email={email} />);
  });
}

function ForgotPage(props: ForgotFormProps) {
  return (
    <Page title="Forgot your password? - pims-sync" look="staff">
      <PlainShell brand="pims-sync">
        <h1>Forgot your password?</h1>
        <p class="lead">Enter your email address. We will send you a link to set a new password.</p>
        <ForgotForm action="/staff/forgot" {...props} />
        <p class="after-form">
          <a href="/staff/sign-in">Back to sign in</a>
        </p>
      </PlainShell>
    </Page>
  );
}

function SentPage(props: { email: string }) {
  return (
    <Page title="Check your email - pims-sync" look="staff">
      <PlainShell brand="pims-sync">
        <h1>Check your email</h1>
        <Notice tone="info" title={`If ${props.email} has an account, an email is on its way.`}>
          The link in it works once. Please also check your spam folder.
        </Notice>
        <p>No email? An owner of your practice can create a new link for you under Practice &gt; Staff.</p>
        <p class="after-form">
          <a href="/staff/sign-in">Back to sign in</a>
        </p>
      </PlainShell>
    </Page>
  );
}
