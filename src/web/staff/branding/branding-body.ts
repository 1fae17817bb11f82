import type { FastifyInstance } from 'fastify';
import { Problem } from '../../../lib/problem.js';
import type { BrandingDraft } from '../../deps.js';
import { textIn } from '../../http/parse.js';

/** Larger than the largest picture taken, so that one a little too large is refused in words. */
const mostBytes = 2 * 1024 * 1024;
const logos = ['keep', 'address', 'upload', 'none'] as const;

/** Lets forms with a picture in them be read, by the parser that Node brings; only in the scope that asks for it. */
export function takeMultipart(app: FastifyInstance): void {
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit: mostBytes },
    async (request: { headers: Record<string, unknown> }, body: string | Buffer) => {
      const headers = { 'content-type': String(request.headers['content-type']) };
      const form = await new Response(new Uint8Array(body as Buffer), { headers }).formData().catch(() => {
        throw new Problem({
          code: 'request-invalid',
          message: 'The form did not arrive whole. Please send it again.',
        });
      });
      const fields: [string, string | Buffer][] = [];
      for (const [name, value] of form) {
        fields.push([name, typeof value === 'string' ? value : Buffer.from(await value.arrayBuffer())]);
      }
      return Object.fromEntries(fields);
    },
  );
}

/** What somebody typed into the editor. `own` beside a colour says that it counts; without, it is left to us. */
export function draftOf(body: unknown): BrandingDraft {
  const given = body as Record<string, unknown> | null | undefined;
  const names = Object.keys(given ?? {}).filter((name) =>
    /^(name|fromName|replyTo|(support|brand|texts)\.[\w.-]+)$/.test(name),
  );
  const fields = Object.fromEntries(names.map((name) => [name, textIn(body, name)]));
  for (const colour of ['brand.textColour', 'brand.bandColour']) {
    if (textIn(body, `${colour}-by`) !== 'own') fields[colour] = '';
  }
  const upload = Buffer.isBuffer(given?.['upload']) ? given['upload'] : Buffer.alloc(0);
  const chosen = logos.find((one) => one === textIn(body, 'logo')) ?? 'keep';
  // Whoever chose a picture wants it, also without pressing the button beside it.
  return { fields, upload, logo: upload.length > 0 ? 'upload' : chosen };
}
