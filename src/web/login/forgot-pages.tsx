import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Tasks } from '../background-tasks.js';
import { sendHtml } from '../http/html.js';
import { parse } from '../http/parse.js';
import { LoginEmailField, PostForm } from '../ui/form.js';
import { Notice } from '../ui/notice.js';
import { Page } from '../ui/page.js';
import { PlainShell } from '../ui/plain-shell.js';

/** Texts of the "Forgot password" pages of the console or the Pet App. */
export interface ForgotTexts {
  path: string;
  look: 'staff' | 'pet';
  brand: string;
  lead: string;
  /** Follows "an email is on its way". */
  sent: string;
  noEmail: string;
  back: { name: string; href: string };
}

const form = z.object({ email: z.string().trim().max(320).default('') });

/**
 * Serves the "Forgot password" pages. The answer is the same for every address and is sent before the account is looked
 * up, so neither text nor timing reveals whether an account exists.
 */
export function forgotPages(
  app: FastifyInstance,
  tasks: Tasks,
  texts: ForgotTexts,
  send: (email: string, address: string) => Promise<void>,
): void {
  app.get(texts.path, async (_request, reply) => sendHtml(reply, <ForgotPage texts={texts} error={null} email="" />));

  app.post(texts.path, async (request, reply) => {
    const { email } = parse(form, request.body);
    if (!email.includes('@')) {
      const error = 'Please enter your email address.';
      return sendHtml(reply, <ForgotPage texts={texts} error={error} email={email} />, { status: 422 });
    }
    tasks.afterAnswer(reply, 'forgot password', () => send(email, request.ip));
    return sendHtml(reply, <SentPage texts={texts} email={email} />);
  });
}

function ForgotPage({ texts, error, email }: { texts: ForgotTexts; error: string | null; email: string }) {
  return (
    <Page title={`Forgot your password? - ${texts.brand}`} look={texts.look}>
      <PlainShell brand={texts.brand}>
        <h1>Forgot your password?</h1>
        <p class="lead">{texts.lead}</p>
        <PostForm action={texts.path} class="stack">
          <LoginEmailField value={email} error={error} />
          <button class="button button-main button-wide">Send the email</button>
        </PostForm>
        <Back {...texts.back} />
      </PlainShell>
    </Page>
  );
}

function SentPage({ texts, email }: { texts: ForgotTexts; email: string }) {
  return (
    <Page title={`Check your email - ${texts.brand}`} look={texts.look}>
      <PlainShell brand={texts.brand}>
        <h1>Check your email</h1>
        <Notice tone="info" title={`If ${email} has an account, an email is on its way.`}>
          {texts.sent}
        </Notice>
        <p>{texts.noEmail}</p>
        <Back {...texts.back} />
      </PlainShell>
    </Page>
  );
}

function Back({ name, href }: ForgotTexts['back']) {
  return (
    <p class="after-form">
      <a href={href}>{name}</a>
    </p>
  );
}
