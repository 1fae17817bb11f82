import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { WebDeps } from '../deps.js';
import { sendHtml } from '../html.js';
import { parse } from '../parse.js';
import type { Tasks } from '../tasks.js';
import { Field, PostForm } from '../ui/form.js';
import { Notice } from '../ui/notice.js';
import { Page } from '../ui/page.js';
import { PlainShell } from '../ui/plain-shell.js';
import { mailWayIn } from '../way-in.js';
import { formToken } from './visitor.js';

const forgotForm = z.object({ email: z.string().trim().max(320).default('') });

/**
 * Forgot password. Whatever was typed, the answer is the same and is sent before anyone is looked up, so neither its
 * words nor its time tell who has an account. Who never logged in gets a new temporary password, everyone else a link.
 */
export function forgotPages(app: FastifyInstance, deps: WebDeps, tasks: Tasks): void {
  app.get('/app/forgot', async (request, reply) =>
    sendHtml(reply, <ForgotPage csrf={formToken(request, reply)} error={null} email="" />),
  );

  app.post('/app/forgot', async (request, reply) => {
    const { email } = parse(forgotForm, request.body);
    if (!email.includes('@')) {
      const error = 'Please type your email address.';
      return sendHtml(reply, <ForgotPage csrf={formToken(request, reply)} error={error} email={email} />, {
        status: 422,
      });
    }
    tasks.afterAnswer(reply, 'forgot password', () => mailWayIn(deps, email, request.ip));
    return sendHtml(reply, <SentPage email={email} />);
  });
}

function ForgotPage(props: { csrf: string; error: string | null; email: string }) {
  return (
    <Page title="Forgot your password? - Pet App" look="pet">
      <PlainShell>
        <h1>Forgot your password?</h1>
        <p class="lead">
          Tell us your email address and we send you a fresh way in. It works if you have never logged in,
          too.
        </p>
        <PostForm action="/app/forgot" csrf={props.csrf} class="stack">
          <Field
            label="Email address"
            name="email"
            type="email"
            autocomplete="username"
            inputmode="email"
            value={props.email}
            error={props.error}
          />
          <button class="button button-main button-wide">Send the email</button>
        </PostForm>
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
          Nothing there? You may have used another address, or your practice has none for you. Please ask
          them; they can help you at once.
        </p>
        <p class="after-form">
          <a href="/app/login">Back to log in</a>
        </p>
      </PlainShell>
    </Page>
  );
}
