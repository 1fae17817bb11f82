import type { FastifyPluginAsync } from 'fastify';
import { Problem } from '../../lib/problem.js';
import type { WebDeps } from '../deps.js';

/**
 * Serves uploaded logos to readers of emails. A linked image keeps every email small and shows in the common email
 * programs; where images are off, the practice's name is shown as text. An embedded image would be sent again to each of
 * 30,000 people, and some programs list it as an attachment.
 */
export function mailLogosPlugin(deps: WebDeps): FastifyPluginAsync {
  return async (app) => {
    app.get('/mail-logos/:id', async (request, reply) => {
      const logo = await deps.branding?.logo((request.params as { id: string }).id);
      if (!logo) throw new Problem({ code: 'not-found', message: 'There is no such image.' });
      return (
        reply
          .type(logo.type)
          .header('cache-control', 'public, max-age=31536000, immutable')
          // Webmail programs show the image on their own pages.
          .header('cross-origin-resource-policy', 'cross-origin')
          .header('content-security-policy', "default-src 'none'; sandbox")
          .send(logo.bytes)
      );
    });
  };
}
