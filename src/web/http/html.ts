import type { FastifyReply } from 'fastify';
import { h, type VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { PageContext } from '../ui/page-context.js';

/** Sends a whole page, or a part of one with `fragment`. Preact escapes all text. */
export function sendHtml(
  reply: FastifyReply,
  node: VNode,
  options: { status?: number; fragment?: boolean } = {},
): FastifyReply {
  const html = renderToString(h(PageContext.Provider, { value: contextOf(reply) }, node));
  return reply
    .status(options.status ?? 200)
    .type('text/html; charset=utf-8')
    .send(options.fragment ? html : `<!doctype html>${html}`);
}

function contextOf(reply: FastifyReply): PageContext {
  const { request } = reply;
  let token: string | undefined;
  return {
    request,
    csrf: () => (token ??= reply.generateCsrf({ userInfo: request.csrfOwner })),
    timeZone: request.staffRequest?.practice?.timeZone ?? 'UTC',
  };
}
