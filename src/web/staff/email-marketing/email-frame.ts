import { renderToString } from 'preact-render-to-string';
import type { FastifyReply } from 'fastify';
import { h } from 'preact';

/** Builds the content security policy of an email: its own styles and images, but no scripts, forms or frames. */
const policy = (origin: string): string =>
  `default-src 'none'; style-src 'unsafe-inline'; img-src https: data: ${origin}; sandbox; frame-ancestors 'self'; base-uri 'none'; form-action 'none'`;

/** Sends an email, or an explanation instead of it, into a frame of the console. */
export function sendFrame(reply: FastifyReply, html: string, origin: string): FastifyReply {
  return reply
    .header('content-security-policy', policy(origin))
    .header('x-frame-options', 'SAMEORIGIN')
    .type('text/html; charset=utf-8')
    .send(html);
}

const head =
  'font:14px/1.5 system-ui,sans-serif;padding:10px 16px;margin:0;background:#fff;color:#1b2420;border-bottom:1px solid #b9bfb8;overflow-wrap:anywhere;text-align:left';

/** Adds the header lines that an email program shows above the email. */
export function withHead(html: string, rows: readonly (readonly [string, string])[]): string {
  const lines = rows.map(([name, value]) => h('div', null, [`${name}: `, h('strong', null, value)]));
  // Not a `div`, because the email's own dark-mode styles apply to every `div`.
  const block = renderToString(h('section', { 'aria-label': 'Email headers', style: head }, lines));
  return html.replace(/<body[^>]*>/, (body) => `${body}${block}`);
}

/** Builds a page of text for the frame. */
export function textFrame(title: string, lang: string, body: Parameters<typeof h>[2]): string {
  const style =
    'body{font:15px/1.55 system-ui,sans-serif;margin:0;padding:16px;overflow-wrap:anywhere}pre{white-space:pre-wrap;font:14px/1.55 ui-monospace,monospace;margin:0}ul{padding-left:1.2em}';
  const page = h('html', { lang }, [
    h('head', null, [
      h('title', null, title),
      h('meta', { name: 'color-scheme', content: 'light dark' }),
      h('style', null, style),
    ]),
    h('body', null, body),
  ]);
  return `<!doctype html>${renderToString(page)}`;
}
