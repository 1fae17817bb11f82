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
 * Forgot password. Whatever was typed, the answer is the same and is sent before anyone is looked up, so neither its
 * words nor its time tell who has an account. Who never logged in gets a new temporary password, everyone else a link.
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
          Tell us your email address and we send you a fresh way in. It works if you have never logged in, too.
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
          It can take a few minutes. Look in the spam folder, too.
        </Notice>
        <p>
          Nothing there? You may have used another address, or your practice has none for you. Please ask them; they can
          help you at once.
        </p>
        <p class="after-form">
          <a href="/app/login">Back to log in</a>
        </p>
      </PlainShell>
    </Page>
  );
}
