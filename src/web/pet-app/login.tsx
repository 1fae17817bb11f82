import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { Secret } from '../../lib/secret.js';
import type { Cookies } from '../http/cookies.js';
import type { WebDeps } from '../deps.js';
import { sendHtml } from '../http/html.js';
import { logIn } from '../login/log-in.js';
import { parse } from '../http/parse.js';
import { endSession } from '../../store/access/sessions.js';
import { LoginEmailField, PasswordField, PostForm } from '../ui/form.js';
import { Notice } from '../ui/notice.js';
import { Page } from '../ui/page.js';
import { PlainShell } from '../ui/plain-shell.js';
import { waitText } from '../ui/wait.js';

const logInForm = z.object({
  email: z.string().max(320).default(''),
  password: z.string().max(400).default(''),
});

/** Days for which a known device is remembered, so that wrong guesses by others do not delay its owner. */
const deviceDays = 365;

type FlashMessage = { tone: 'bad' | 'info'; title: string; more?: string } | null;

/** Serves log-in and log-out. */
export function logInPages(app: FastifyInstance, deps: WebDeps, cookies: Cookies): void {
  const show = (reply: FastifyReply, status = 200, email = '', flash: FlashMessage = null) =>
    sendHtml(reply, <LogInPage email={email} flash={flash} />, { status });

  app.get('/app/login', async (request, reply) => {
    const purpose = request.visitor?.purpose;
    if (purpose) return reply.redirect(purpose === 'full' ? '/app/home' : '/app/first-login');
    return show(reply);
  });

  app.post('/app/login', async (request, reply) => {
    const { email, password } = parse(logInForm, request.body);
    const device = cookies.get(request, 'device');
    const result = await logIn(deps, { email, password: new Secret(password), address: request.ip, device });
    switch (result.outcome) {
      case 'wrong':
        return show(reply, 401, email, wrong);
      case 'wait': {
        const title = `Too many attempts. Please wait ${waitText(result.seconds)}.`;
        reply.header('retry-after', result.seconds);
        return show(reply, 429, email, { tone: 'bad', title, more: waitHelp });
      }
      case 'expired':
        return show(reply, 403, email, expired);
      default: {
        if (request.visitor) await endSession(deps.db, request.visitor.token);
        cookies.set(reply, 'pet-parent', result.token.open(), result.expiresAt);
        const year = new Date(deps.clock().getTime() + deviceDays * 86_400_000);
        cookies.set(reply, 'device', result.device, year);
        return reply.redirect(result.outcome === 'logged-in' ? '/app/home' : '/app/first-login', 303);
      }
    }
  });

  app.post('/app/logout', async (request, reply) => {
    if (request.visitor) await endSession(deps.db, request.visitor.token);
    cookies.clear(reply, 'pet-parent');
    return reply.redirect('/app/login', 303);
  });
}

const wrong: FlashMessage = {
  tone: 'bad',
  title: 'The email address or the password is wrong.',
  more: 'Please check both. A temporary password works in upper or lower case, with or without the dashes.',
};

const waitHelp = 'Or use "Forgot your password?" below to log in at once with an email.';

const expired: FlashMessage = {
  tone: 'info',
  title: 'This temporary password has expired.',
  more: 'We have just sent you an email that lets you log in. It can take a few minutes to arrive.',
};

function LogInPage(props: { email: string; flash: FlashMessage }) {
  return (
    <Page title="Log in - Pet App" look="pet" scripts={['forms.js']}>
      <PlainShell>
        <h1>Welcome</h1>
        <p class="lead">Log in to see your pets and your practice.</p>
        {props.flash ? (
          <Notice tone={props.flash.tone} title={props.flash.title}>
            {props.flash.more}
          </Notice>
        ) : null}
        <PostForm action="/app/login" class="stack">
          <LoginEmailField value={props.email} hint="The address that received your Welcome Email." />
          <PasswordField
            label="Password"
            name="password"
            autocomplete="current-password"
            hint="For your first log-in: the temporary password from your Welcome Email."
          />
          <button class="button button-main button-wide">Log in</button>
        </PostForm>
        <p class="after-form">
          <a href="/app/forgot">Forgot your password?</a>
        </p>
      </PlainShell>
    </Page>
  );
}
