import type { FastifyPluginAsync } from 'fastify';
import { Problem } from '../../lib/problem.js';
import type { WebDeps } from '../deps.js';

/**
 * Uploaded logos, for whoever opens an email. A picture by address is small in every email, shows in the programs that
 * matter, and its name, written beside it as text, stands there where pictures are off. Put into the email itself it
 * would be sent again to each of 30,000 people, and some programs list it as an attachment.
 */
export function mailLogosPlugin(deps: WebDeps): FastifyPluginAsync {
  return async (app) => {
    app.get('/mail-logos/:id', async (request, reply) => {
      const logo = await deps.brands?.logo((request.params as { id: string }).id);
      if (!logo) throw new Problem({ code: 'not-found', message: 'There is no such picture.' });
      return (
        reply
          .type(logo.type)
          .header('cache-control', 'public, max-age=31536000, immutable')
          // Mail programs on the web show it on pages of theirs.
          .header('cross-origin-resource-policy', 'cross-origin')
          .header('content-security-policy', "default-src 'none'; sandbox")
          .send(logo.bytes)
      );
    });
  };
}
