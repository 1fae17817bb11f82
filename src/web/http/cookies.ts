import type { FastifyReply, FastifyRequest } from 'fastify';
import { Secret } from '../../lib/secret.js';

type CookieName = 'staff' | 'pet-parent' | 'device' | 'csrf';

export interface Cookies {
  nameOf(name: CookieName): string;
  readonly options: { path: string; httpOnly: boolean; sameSite: 'lax'; secure: boolean };
  /** Returns the session token of a cookie, or null. */
  token(request: FastifyRequest, name: CookieName): Secret | null;
  get(request: FastifyRequest, name: CookieName): string | undefined;
  set(reply: FastifyReply, name: CookieName, value: string, expires?: Date): void;
  clear(reply: FastifyReply, name: CookieName): void;
}

/**
 * Reads and writes the cookies of the app. Over https their names start with `__Host-`, so that browsers accept them only
 * from this host and only over https. `Lax`, not `Strict`: a link in an email must find its reader signed in.
 */
export function createCookies(origin: string): Cookies {
  const secure = origin.startsWith('https:');
  const nameOf = (name: CookieName) => `${secure ? '__Host-' : ''}pims-${name}`;
  const options = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
  return {
    nameOf,
    options,
    token(request, name) {
      const value = request.cookies[nameOf(name)];
      return value ? new Secret(value) : null;
    },
    get: (request, name) => request.cookies[nameOf(name)],
    set(reply, name, value, expires) {
      reply.setCookie(nameOf(name), value, { ...options, ...(expires ? { expires } : {}) });
    },
    clear(reply, name) {
      reply.clearCookie(nameOf(name), options);
    },
  };
}
