import type { FastifyInstance } from 'fastify';
import { toString as qrCode } from 'qrcode';
import { Problem } from '../../../lib/problem.js';
import type { PracticeInfo, WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { Page } from '../../ui/page.js';
import { When } from '../../ui/when.js';
import { staffLinks } from '../shell/routes.js';
import { personOf, type PersonPath } from './pet-parent.js';
import { notVisible, reveal, type Revealed } from '../../views/reveal.js';
import { usePractice } from '../shell/staff-context.js';
import { staffRequestOf } from '../shell/staff-session.js';

/**
 * Serves the login handout that the front desk prints for a pet parent. It is rendered on request, shown once and not
 * stored, and it counts as a view. The QR code leads to the login page and contains nothing personal.
 */
export function handoutPage(app: FastifyInstance, deps: WebDeps): void {
  app.post('/staff/pet-parents/:practice/:client/slip', async (request, reply) => {
    const staffRequest = staffRequestOf(request, 'see-passwords');
    const { line, account } = await personOf(deps, staffRequest, request.params as PersonPath);
    const { practiceId, accountId } = line;
    if (!accountId || !account) throw new Problem({ code: 'not-found', message: 'There is no account yet.' });
    const [action, screen] = ['handout-printed', 'the login handout'] as const;
    const shown = await reveal(deps, { ...staffRequest, practiceId, accountId, action, screen });
    if (!shown.visible) {
      const code = shown.why === 'issued-elsewhere' ? shown.why : 'already-logged-in';
      throw new Problem({ code, message: notVisible[shown.why] });
    }
    const loginUrl = `${deps.settings.origin}/app/login`;
    const code = await qrCode(loginUrl, { type: 'svg', margin: 0, errorCorrectionLevel: 'M' });
    return sendHtml(
      reply,
      <HandoutPage
        name={line.name}
        email={account.email}
        shown={shown}
        code={code}
        loginUrl={loginUrl}
        info={deps.practice(practiceId)}
        back={staffLinks.petParent(practiceId, line.pimsId)}
      />,
    );
  });
}

function HandoutPage(props: {
  name: string;
  email: string;
  shown: Revealed;
  code: string;
  loginUrl: string;
  info: PracticeInfo | null;
  back: string;
}) {
  const { support } = props.info ?? { support: { phone: null, email: null } };
  return (
    <Page title="Login handout - pims-sync" look="staff" scripts={['login-handout.js']}>
      <nav class="slip-bar no-print" aria-label="Handout">
        <a class="button" href={props.back}>
          Back
        </a>
        <button type="button" class="button button-main" data-print hidden>
          Print
        </button>
      </nav>
      <main id="content" class="slip">
        <p class="slip-practice">{usePractice().name}</p>
        <h1>Your Pet App login</h1>
        <p class="slip-for">For {props.name}</p>
        <div class="slip-columns">
          <dl>
            <dt>Email address</dt>
            <dd class="slip-value">{props.email}</dd>
            <dt>Temporary Password</dt>
            <dd class="slip-value slip-password">{props.shown.password.open()}</dd>
            <dd class="slip-note">Upper or lower case, with or without the dashes.</dd>
          </dl>
          <figure class="slip-code">
            {/* Safe: the QR library renders this from our own URL. */}
            <div role="img" aria-label="QR code of the login page" dangerouslySetInnerHTML={{ __html: props.code }} />
            <figcaption>{props.loginUrl.replace(/^https?:\/\//, '')}</figcaption>
          </figure>
        </div>
        <ol class="slip-steps">
          <li>Point your phone's camera at the code, or type the address below it.</li>
          <li>Log in with the email address and the temporary password.</li>
          <li>Confirm your data and choose your own password.</li>
        </ol>
        <p>
          The temporary password works until{' '}
          <strong>
            <When at={props.shown.expiresAt} dateOnly />
          </strong>
          . Do not show it to others.
        </p>
        {support.phone || support.email ? (
          <p>Questions? {[support.phone, support.email].filter(Boolean).join(' or ')}</p>
        ) : null}
      </main>
    </Page>
  );
}
