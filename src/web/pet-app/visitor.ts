import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Secret } from '../../lib/secret.js';
import { findSession, type Session } from '../../store/access/sessions.js';
import type { Cookies } from '../http/cookies.js';
import type { WebDeps } from '../deps.js';
import { petParentLife } from '../login/session-life.js';

/** The pet parent behind a request to the Pet App pages. */
export interface Visitor {
  accountId: string;
  purpose: Session['purpose'];
  token: Secret;
  /** Key that the CSRF tokens of forms are bound to. */
  key: string;
}

export async function readVisitor(deps: WebDeps, cookies: Cookies, request: FastifyRequest): Promise<Visitor | null> {
  const token = cookies.token(request, 'pet-parent');
  if (!token) return null;
  const session = await findSession(deps.db, token, 'pet-parent', petParentLife(deps.settings), deps.clock);
  if (!session) return null;
  const key = createHash('sha256').update(`form ${token.open()}`).digest('base64url');
  return { accountId: session.subjectId, purpose: session.purpose, token, key };
}

/** Returns the visitor if their session has this purpose; otherwise redirects them to their own page and returns null. */
export function visitorFor(purpose: Session['purpose'], request: FastifyRequest, reply: FastifyReply): Visitor | null {
  const { visitor } = request;
  if (visitor?.purpose === purpose) return visitor;
  reply.redirect(!visitor ? '/app/login' : visitor.purpose === 'full' ? '/app/home' : '/app/first-login', 303);
  return null;
}

declare module 'fastify' {
  interface FastifyRequest {
    visitor: Visitor | null;
  }
}
