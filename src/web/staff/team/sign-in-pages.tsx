import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { Secret } from '../../../lib/secret.js';
import { endSession } from '../../../store/access/sessions.js';
import type { Cookies } from '../../http/cookies.js';
import type { WebDeps } from '../../deps.js';
import { sendHtml } from '../../http/html.js';
import { parse, textIn } from '../../http/parse.js';
import { LoginEmailField, PasswordField, PostForm } from '../../ui/form.js';
import { Notice } from '../../ui/notice.js';
import { Page } from '../../ui/page.js';
import { PlainShell } from '../../ui/plain-shell.js';
import { waitText } from '../../ui/wait.js';
import { staffLinks } from '../shell/routes.js';
import { signIn } from './sign-in.js';

const signInForm = z.object({
  email: z.string().max(320).default(''),
  password: z.string().max(400).default(''),
  next: z.string().max(500).default(''),
});

/** Serves sign-in to and sign-out of the console. */
export function signInPages(app: FastifyInstance, deps: WebDeps, cookies: Cookies): void {
  const show = (
    reply: FastifyReply,
    { status = 200, ...view }: { email?: string; next: string; flash?: string; status?: number },
  ) => sendHtml(reply, <SignInPage {...view} demo={deps.demo} />, { status });

  app.get('/staff/sign-in', async (request, reply) => {
    const next = textIn(request.query, 'next');
    if (request.staffRequest) return reply.redirect(ownPath(next));
    return show(reply, { next });
  });

  app.post('/staff/sign-in', async (request, reply) => {
    const { email, password, next } = parse(signInForm, request.body);
    const device = cookies.get(request, 'device');
    const result = await signIn(deps, { email, password: new Secret(password), address: request.ip, device });
    if (result.outcome === 'wrong') {
      return show(reply, {
        email,
        next,
        status: 401,
        flash: 'The email address or the password is wrong.',
      });
    }
    if (result.outcome === 'wait') {
      reply.header('retry-after', result.seconds);
      const flash = `Too many attempts. Please wait ${waitText(result.seconds)} and try again.`;
      return show(reply, { email, next, status: 429, flash });
    }
    if (request.staffRequest) await endSession(deps.db, request.staffRequest.token);
    cookies.set(reply, 'staff', result.token.open());
    cookies.set(reply, 'device', result.device, new Date(deps.clock().getTime() + 365 * 86_400_000));
    return reply.redirect(ownPath(next), 303);
  });

  app.post('/staff/sign-out', async (request, reply) => {
    if (request.staffRequest) await endSession(deps.db, request.staffRequest.token);
    cookies.clear(reply, 'staff');
    return reply.redirect('/staff/sign-in', 303);
  });
}

/** Returns `next` if it is a page of the console; otherwise the start page. */
function ownPath(next: string): string {
  return /^\/staff\/[\w~%./?&=-]*$/.test(next) && !next.includes('..') ? next : staffLinks.home;
}

function SignInPage(props: { email?: string; next: string; flash?: string; demo: WebDeps['demo'] }) {
  const { demo } = props;
  return (
    <Page title="Sign in - pims-sync" look="staff" scripts={['forms.js']}>
      <PlainShell brand="pims-sync">
        <h1>Sign in</h1>
        <p class="lead">For the staff of the practice.</p>
        {props.flash ? <Notice tone="bad" title={props.flash} /> : null}
        {demo ? (
          <Notice tone="info" title="This is the demo">
            <p>
              Sign in as <code>{demo.staffEmail}</code> with the password <code>{demo.staffPassword.open()}</code>.
            </p>
          </Notice>
        ) : null}
        <PostForm action="/staff/sign-in" class="stack">
          <input type="hidden" name="next" value={props.next} />
          <LoginEmailField value={props.email} />
          <PasswordField label="Password" name="password" autocomplete="current-password" />
          <button class="button button-main button-wide">Sign in</button>
        </PostForm>
        <p class="after-form">
          <a href="/staff/forgot">Forgot your password?</a>
        </p>
        <p class="after-form">
          Are you a pet parent? <a href="/app/login">Log in to the Pet App</a>
        </p>
      </PlainShell>
    </Page>
  );
}
