import type { FastifyInstance } from 'fastify';
import type { WebDeps } from '../deps.js';
import { sendHtml } from '../http/html.js';
import { parse } from '../http/parse.js';
import type { Tasks } from '../background-tasks.js';
import { ForgotForm, forgotBody, wrongAddress, type ForgotFormProps } from '../ui/forgot-form.js';
import { Notice } from '../ui/notice.js';
import { Page } from '../ui/page.js';
import { PlainShell } from '../ui/plain-shell.js';
import { sendAccountRecovery } from '../login/account-recovery.js';
import { formToken } from './visitor.js';

/**
 * Serves the "Forgot password" pages. The answer is the same for every address and is sent before the account is looked
 * up, so neither text nor timing reveals whether an account exists. A pet parent who never logged in gets a temporary
 * password; every other pet parent gets a reset link.
 */
export function forgotPages(app: FastifyInstance, deps: WebDeps, tasks: Tasks): void {
  app.get('/app/forgot', async (request, reply) =>
    sendHtml(reply, <ForgotPage csrf={formToken(request, reply)} error={null} email="" />),
  );

  app.post('/app/forgot', async (request, reply) => {
    const { email } = parse(forgotBody, request.body);
    const error = wrongAddress(email);
    if (error !== null) {
      const view = { csrf: formToken(request, reply), error, email };
      return sendHtml(reply, <ForgotPage {...view} />, { status: 422 });
    }
    tasks.afterAnswer(reply, 'forgot password', () => sendAccountRecovery(deps, email, request.ip));
    return sendHtml(reply, <SentPage email={email} />);
  });
}

function ForgotPage(props: ForgotFormProps) {
  return (
    <Page title="Forgot your password? - Pet App" look="pet">
      <PlainShell>
        <h1>Forgot your password?</h1>
        <p class="lead">
          Enter your email address and we will send you an email that lets you log in, even if you have never logged in
          before.
        </p>
        <ForgotForm action="/app/forgot" {...props} />
        <p class="after-form">
          <a href="/app/login">Back to log in</a>
        </p>
      </PlainShell>
    </Page>
  );
}

function SentPage(props: { email: string }) {
  return (
    <Page title="Check your email - Pet App" look="pet">
      <PlainShell>
        <h1>Check your email</h1>
        <Notice tone="info" title={`If ${props.email} has an account, an email is on its way.`}>
          It can take a few minutes. Please also check your spam folder.
        </Notice>
        <p>
          No email? You may have used another address, or your practice has none for you. Please ask your practice; they
          can help you right away.
        </p>
        <p class="after-form">
          <a href="/app/login">Back to log in</a>
        </p>
      </PlainShell>
    </Page>
  );
}
