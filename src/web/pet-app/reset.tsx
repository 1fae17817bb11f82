import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Secret } from '../../lib/secret.js';
import type { WebDeps } from '../deps.js';
import { sendHtml } from '../http/html.js';
import { parse } from '../http/parse.js';
import { resetPassword } from '../login/reset-password.js';
import { PostForm, PasswordField } from '../ui/form.js';
import { Icon } from '../ui/icons.js';
import { Notice } from '../ui/notice.js';
import { Page } from '../ui/page.js';
import { PlainShell } from '../ui/plain-shell.js';
import { TokenField } from '../ui/token-field.js';
import { formToken } from './visitor.js';

const resetForm = z.object({
  token: z.string().trim().max(400).default(''),
  password: z.string().max(400).default(''),
});

/**
 * Serves the page behind a reset link. The token is the part after `#`, which browsers never send, so it appears in no
 * log, referrer or proxy, and an email scanner that follows the link consumes nothing. A small script moves the token from
 * the address bar into the form; without scripts the pet parent pastes it into a field.
 */
export function resetPages(app: FastifyInstance, deps: WebDeps): void {
  const show = (
    request: FastifyRequest,
    reply: FastifyReply,
    view: { token?: string; error?: string; dead?: boolean },
  ) => {
    const status = view.dead ? 410 : view.error ? 422 : 200;
    const { passwordMinLength } = deps.settings;
    const page = {
      csrf: formToken(request, reply),
      token: view.token ?? '',
      error: view.error ?? null,
      dead: view.dead ?? false,
    };
    return sendHtml(reply, <ResetPage {...page} minLength={passwordMinLength} />, { status });
  };

  app.get('/app/reset', async (request, reply) => show(request, reply, {}));

  app.post('/app/reset', async (request, reply) => {
    const form = parse(resetForm, request.body);
    const result = await resetPassword(deps, new Secret(form.token), new Secret(form.password));
    if (result.outcome === 'dead') return show(request, reply, { dead: true });
    if (result.outcome === 'refused') return show(request, reply, { token: form.token, error: result.why });
    return sendHtml(reply, <ResetDonePage />);
  });
}

function ResetPage(props: { csrf: string; token: string; error: string | null; dead: boolean; minLength: number }) {
  return (
    <Page title="New password - Pet App" look="pet" scripts={['forms.js', 'token.js']}>
      <PlainShell>
        <h1>Choose a new password</h1>
        {props.dead ? (
          <Notice tone="bad" title="This link was already used or has expired.">
            <a href="/app/forgot">Request a new link</a>
          </Notice>
        ) : (
          <p class="lead">You will be logged out everywhere else.</p>
        )}
        <PostForm action="/app/reset" csrf={props.csrf} class="stack">
          <TokenField token={props.token} />
          <PasswordField
            label="New password"
            name="password"
            autocomplete="new-password"
            error={props.error}
            hint={`At least ${props.minLength} characters. Three or four unrelated words work well.`}
          />
          <button class="button button-main button-wide">Save password</button>
        </PostForm>
      </PlainShell>
    </Page>
  );
}

function ResetDonePage() {
  return (
    <Page title="Password changed - Pet App" look="pet">
      <PlainShell>
        <div class="done-mark">
          <Icon name="check" />
        </div>
        <h1>Your new password is set</h1>
        <p class="lead">Log in with it now.</p>
        <a class="button button-main button-wide" href="/app/login">
          Log in
        </a>
      </PlainShell>
    </Page>
  );
}
