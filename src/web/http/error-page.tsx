import type { FastifyReply } from 'fastify';
import { sendHtml } from './html.js';
import type { Answerable } from './problems.js';
import { Page } from '../ui/page.js';
import { PlainShell } from '../ui/plain-shell.js';

/** Sends a page with the error and the next step. */
export function errorPage(reply: FastifyReply, answer: Answerable): FastifyReply {
  if (answer.retryAfterSeconds) reply.header('retry-after', answer.retryAfterSeconds);
  return sendHtml(
    reply,
    <Page title={answer.title} look="pet">
      <PlainShell>
        <p class="eyebrow">{answer.status === 404 ? 'Not found' : `Error ${answer.status}`}</p>
        <h1>{answer.title}</h1>
        {answer.help ? <p class="lead">{answer.help}</p> : null}
        <p>
          <a class="button" href="/">
            Go to the start page
          </a>
        </p>
      </PlainShell>
    </Page>,
    { status: answer.status },
  );
}
