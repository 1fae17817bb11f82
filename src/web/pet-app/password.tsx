import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { isProblem } from '../../lib/problem.js';
import { Secret } from '../../lib/secret.js';
import type { Cookies } from '../http/cookies.js';
import type { WebDeps } from '../deps.js';
import { finish, profileOf } from '../login/finish-first-login.js';
import { sendHtml } from '../http/html.js';
import { parse } from '../http/parse.js';
import { Field, PasswordField, PostForm } from '../ui/form.js';
import { Page } from '../ui/page.js';
import { PlainShell } from '../ui/plain-shell.js';
import { Steps } from './steps.js';
import { visitorFor, type Visitor } from './visitor.js';

const passwordForm = z.object({ password: z.string().max(400).default('') });

/** Last step of the first login: a new password. */
export function passwordPages(app: FastifyInstance, deps: WebDeps, cookies: Cookies): void {
  const show = async (reply: FastifyReply, visitor: Visitor, error: string | null) => {
    const { email, practices } = await profileOf(deps, visitor.accountId);
    const view = { email, practice: practices[0]?.name, minLength: deps.settings.passwordMinLength, error };
    return sendHtml(reply, <PasswordPage {...view} />, { status: error ? 422 : 200 });
  };

  app.get('/app/first-login/password', async (request, reply) => {
    const visitor = visitorFor('first-login', request, reply);
    return visitor ? show(reply, visitor, null) : reply;
  });

  app.post('/app/first-login/password', async (request, reply) => {
    const visitor = visitorFor('first-login', request, reply);
    if (!visitor) return reply;
    const { password } = parse(passwordForm, request.body);
    try {
      const session = await finish(deps, visitor.accountId, null, new Secret(password));
      cookies.set(reply, 'pet-parent', session.token.open(), session.expiresAt);
      return reply.redirect('/app/done', 303);
    } catch (error) {
      if (isProblem(error, 'password-refused')) return show(reply, visitor, error.message);
      throw error;
    }
  });
}

function PasswordPage(props: { email: string; practice: string | undefined; minLength: number; error: string | null }) {
  return (
    <Page title="Your password - Pet App" look="pet" scripts={['forms.js']}>
      <PlainShell brand={props.practice}>
        <Steps at={2} />
        <h1>Choose your password</h1>
        <p class="lead">From now on you log in with this password. The temporary password stops working.</p>
        <PostForm action="/app/first-login/password" class="stack">
          <Field label="Email address" name="email" type="email" autocomplete="username" value={props.email} readonly />
          <PasswordField
            label="New password"
            name="password"
            autocomplete="new-password"
            error={props.error}
            hint={`At least ${props.minLength} characters. Three or four unrelated words are easy to remember and hard to guess.`}
          />
          <button class="button button-main button-wide">Save and finish</button>
        </PostForm>
        <p class="after-form">
          <a href="/app/first-login/pets">Back</a>
        </p>
      </PlainShell>
    </Page>
  );
}
