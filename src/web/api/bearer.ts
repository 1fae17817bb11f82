import type { FastifyRequest } from 'fastify';
import { Secret } from '../../lib/secret.js';

/** The token of an `Authorization: Bearer` header; null when there is none that could be ours. */
export function bearerOf(request: FastifyRequest): Secret | null {
  const match = /^Bearer ([\w.~+/=-]{16,200})$/i.exec(request.headers.authorization ?? '');
  return match ? new Secret(match[1] as string) : null;
}
