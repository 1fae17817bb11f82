import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../../../lib/problem.js';
import type { BrandingDraft } from '../../../domain/message/branding.js';
import { textIn } from '../../http/parse.js';

/** Largest accepted file in bytes. Above the image limit, so that a slightly too large image gets a proper error message. */
const mostBytes = 2 * 1024 * 1024;
const logos = ['keep', 'address', 'upload', 'none'] as const;

/** Parses multipart forms, only in the scope of `app`: texts as strings, the image as a buffer. */
export async function takeMultipart(app: FastifyInstance): Promise<void> {
  await app.register(multipart, { attachFieldsToBody: 'keyValues', limits: { fileSize: mostBytes, files: 1 } });
  app.setErrorHandler((error: Error) => {
    // The parser's own errors have no status: "Unexpected end of multipart data".
    if ('code' in error || !/multipart/i.test(error.message)) throw error;
    throw new Problem({ code: 'request-invalid', message: 'The form arrived incomplete. Please send it again.' });
  });
}

/** Reads the editor's form. A colour counts only if its choice is `own`; otherwise the default is used. */
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
  // A chosen file counts as an upload, even if its radio button is not selected.
  return { fields, upload, logo: upload.length > 0 ? 'upload' : chosen };
}
