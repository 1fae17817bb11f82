import type { FastifyRequest } from 'fastify';
import { Secret } from '../../lib/secret.js';

/** Returns the token of an `Authorization: Bearer` header, or null if it is missing or has the wrong form. */
export function bearerOf(request: FastifyRequest): Secret | null {
  const match = /^Bearer ([\w.~+/=-]{16,200})$/i.exec(request.headers.authorization ?? '');
  return match ? new Secret(match[1] as string) : null;
}
