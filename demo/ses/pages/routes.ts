import type { FastifyInstance, FastifyReply } from 'fastify';
import { readMail, subjectOf, type AcceptedMail, type MailStore } from '../mails.js';
import type { LocalSesSettings } from '../options.js';
import { listPage } from './list.js';
import { mailPage, missingPage } from './mail.js';
import { css } from './style.js';

const perPage = 50;

/** Policy of our pages: no script, and nothing loaded but the style sheet and the framed email. */
const pagePolicy =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/**
 * Policy of an email, which is untrusted: no script, no form, no plug-in, an origin of its own. Images load only from
 * this machine, so that opening an email notifies nobody. Links open in new tabs.
 */
const mailPolicy =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; " +
  "img-src data: http://localhost:* http://127.0.0.1:*; font-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/** Registers the pages of the mailbox and its JSON API. */
export function registerMailbox(
  app: FastifyInstance,
  deps: {
    mails: MailStore;
    settings: () => LocalSesSettings;
    state: () => { sentLast24Hours: number; accepted: { mails: number } };
  },
): void {
  const { mails } = deps;
  type MailboxRequest = { Querystring: { q?: string; page?: string }; Params: { id: string } };

  function mailsFor(query: MailboxRequest['Querystring']) {
    const search = String(query.q ?? '');
    const pageNumber = Math.max(1, Math.trunc(Number(query.page)) || 1);
    return { search, pageNumber, ...mails.page(search, (pageNumber - 1) * perPage, perPage) };
  }

  app.addHook('onSend', async (_request, reply) => {
    void reply.headers({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });

  app.get<MailboxRequest>('/mailbox', (request, reply) => {
    const { sentLast24Hours, accepted } = deps.state();
    const { maxSendRate, max24HourSend } = deps.settings();
    const limits = { maxSendRate, max24HourSend, sentLast24Hours };
    return html(reply, listPage({ ...mailsFor(request.query), ...limits, accepted: accepted.mails, perPage }));
  });

  app.get<MailboxRequest>('/mailbox.json', (request) => {
    const { total, pageNumber, mails: found } = mailsFor(request.query);
    return { total, page: pageNumber, perPage, mails: found.map(summaryOf) };
  });

  app.get<MailboxRequest>('/mailbox/:id(^\\d+)', async (request, reply) => {
    const mail = mails.get(Number(request.params.id));
    if (!mail) return html(reply.code(404), missingPage());
    return html(reply, mailPage(mail, await readMail(mail)));
  });

  app.get<MailboxRequest>('/mailbox/:id(^\\d+).json', async (request, reply) => {
    const mail = mails.get(Number(request.params.id));
    if (!mail) return reply.code(404).send({ error: 'Email not found.' });
    const { text, html: htmlPart } = await readMail(mail);
    return {
      ...summaryOf(mail),
      headers: mail.headers,
      text,
      html: htmlPart,
      raw: mail.raw.toString('utf8'),
    };
  });

  app.get<MailboxRequest>('/mailbox/:id(^\\d+)/html', async (request, reply) => {
    const mail = mails.get(Number(request.params.id));
    const part = mail && (await readMail(mail)).html;
    if (!part) return html(reply.code(404), missingPage());
    return html(reply, withNewTabs(part), mailPolicy);
  });

  app.get<MailboxRequest>('/mailbox/:id(^\\d+)/source', (request, reply) => {
    const mail = mails.get(Number(request.params.id));
    if (!mail) return html(reply.code(404), missingPage());
    return reply.type('text/plain; charset=utf-8').send(mail.raw);
  });

  app.get('/mailbox.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(css));
}

function html(reply: FastifyReply, text: string, policy = pagePolicy): FastifyReply {
  return reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(text);
}

/** Makes every link open in a new tab, because most pages refuse to load inside a frame. */
function withNewTabs(part: string): string {
  const base = '<base target="_blank">';
  return /<head[^>]*>/i.test(part) ? part.replace(/<head[^>]*>/i, (head) => head + base) : base + part;
}

function summaryOf(mail: AcceptedMail) {
  const { raw, headers: _headers, ...rest } = mail;
  return { ...rest, subject: subjectOf(mail), bytes: raw.length };
}
