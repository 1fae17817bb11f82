import type { FastifyInstance, FastifyReply } from 'fastify';
import { Secret } from '../../lib/secret.js';
import type { WebDeps } from '../deps.js';
import { sendHtml } from '../http/html.js';
import { parse } from '../http/parse.js';
import { resetPassword } from '../login/reset-password.js';
import { Icon } from '../ui/icons.js';
import { Notice } from '../ui/notice.js';
import { Page } from '../ui/page.js';
import { PlainShell } from '../ui/plain-shell.js';
import { TokenForm, tokenFormBody, tokenFormStatus, type TokenFormView } from '../ui/token-form.js';

/** Serves the page behind a reset link. */
export function resetPages(app: FastifyInstance, deps: WebDeps): void {
  const { passwordMinLength } = deps.settings;
  const show = (reply: FastifyReply, view: TokenFormView) =>
    sendHtml(reply, <ResetPage view={view} minLength={passwordMinLength} />, { status: tokenFormStatus(view) });

  app.get('/app/reset', async (_request, reply) => show(reply, {}));

  app.post('/app/reset', async (request, reply) => {
    const { token, password } = parse(tokenFormBody, request.body);
    const result = await resetPassword(deps, new Secret(token), new Secret(password));
    if (result.outcome === 'dead') return show(reply, { dead: true });
    if (result.outcome === 'refused') return show(reply, { token, error: result.why });
    return sendHtml(reply, <ResetDonePage />);
  });
}

function ResetPage({ view, minLength }: { view: TokenFormView; minLength: number }) {
  const hint = `At least ${minLength} characters. Three or four unrelated words work well.`;
  return (
    <Page title="New password - Pet App" look="pet" scripts={['forms.js', 'token.js']}>
      <PlainShell>
        <h1>Choose a new password</h1>
        {view.dead ? (
          <Notice tone="bad" title="This link was already used or has expired.">
            <a href="/app/forgot">Request a new link</a>
          </Notice>
        ) : (
          <p class="lead">You will be logged out everywhere else.</p>
        )}
        <TokenForm action="/app/reset" hint={hint} view={view} />
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
