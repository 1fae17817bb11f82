import type { FastifyReply } from 'fastify';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';

/** Sends a whole page, or a part of one with `fragment`. Preact escapes all text. */
export function sendHtml(
  reply: FastifyReply,
  node: VNode,
  options: { status?: number; fragment?: boolean } = {},
): FastifyReply {
  const html = renderToString(node);
  return reply
    .status(options.status ?? 200)
    .type('text/html; charset=utf-8')
    .send(options.fragment ? html : `<!doctype html>${html}`);
}
