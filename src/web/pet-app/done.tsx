import type { FastifyInstance } from 'fastify';
import type { WebDeps } from '../deps.js';
import { profileOf } from '../login/finish-first-login.js';
import { sendHtml } from '../http/html.js';
import { Icon } from '../ui/icons.js';
import { Page } from '../ui/page.js';
import { PlainShell } from '../ui/plain-shell.js';
import { visitorFor } from './visitor.js';

/** Last page of the first login. */
export function donePage(app: FastifyInstance, deps: WebDeps): void {
  app.get('/app/done', async (request, reply) => {
    const visitor = visitorFor('full', request, reply);
    if (!visitor) return reply;
    const { firstName, practices } = await profileOf(deps, visitor.accountId);
    return sendHtml(reply, <DonePage firstName={firstName} practice={practices[0]?.name} />);
  });
}

function DonePage(props: { firstName: string | null; practice: string | undefined }) {
  return (
    <Page title="All done - Pet App" look="pet">
      <PlainShell brand={props.practice}>
        <div class="done-mark">
          <Icon name="check" />
        </div>
        <h1>All done{props.firstName ? `, ${props.firstName}` : ''}</h1>
        <p class="lead">
          Your new password is set and you are logged in. The temporary password has been cleared: nobody can see or use
          it any more.
        </p>
        <a class="button button-main button-wide" href="/app/home">
          Go to my pets
        </a>
      </PlainShell>
    </Page>
  );
}
