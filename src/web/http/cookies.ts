import type { FastifyReply, FastifyRequest } from 'fastify';
import { Secret } from '../../lib/secret.js';

export type CookieName = 'staff' | 'pet-parent' | 'device' | 'csrf';

/**
 * Reads and writes the cookies of the app. Over https their names start with `__Host-`, so that browsers accept them only
 * from this host and only over https. `Lax`, not `Strict`: a link in an email must find its reader signed in.
 */
export function createCookies(origin: string) {
  const secure = origin.startsWith('https:');
  const nameOf = (name: CookieName) => `${secure ? '__Host-' : ''}pims-${name}`;
  const options = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
  return {
    nameOf,
    options,
    /** Returns the session token of a cookie, or null. */
    token(request: FastifyRequest, name: CookieName): Secret | null {
      const value = request.cookies[nameOf(name)];
      return value ? new Secret(value) : null;
    },
    get: (request: FastifyRequest, name: CookieName) => request.cookies[nameOf(name)],
    set(reply: FastifyReply, name: CookieName, value: string, expires?: Date): void {
      reply.setCookie(nameOf(name), value, { ...options, ...(expires ? { expires } : {}) });
    },
    clear(reply: FastifyReply, name: CookieName): void {
      reply.clearCookie(nameOf(name), options);
    },
  };
}

export type Cookies = ReturnType<typeof createCookies>;
