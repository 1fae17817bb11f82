import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Secret } from '../../lib/secret.js';
import type { AllowedPractices } from '../../store/access/allowed-practices.js';
import type { Session } from '../../store/access/sessions.js';

export const apiScopes = {
  'pet-parents:read': 'Read pet parents, their pets and what became of their mails',
  'temporary-passwords:read': 'See temporary passwords while nobody has logged in with them; every view is recorded',
  'pet-parents:write': 'Resend emails, issue new temporary passwords, resync one client',
  'syncs:read': 'Read sync runs',
  'syncs:write': 'Ask for a resync',
  'logins:on-behalf': 'Log people in from the server of your own Pet App, each counted by their own network address',
} as const;

export type ApiScope = keyof typeof apiScopes;

/**
 * Who may call: `none` anyone (throttled), `session` a pet parent with the token of `POST /v1/logins`, `signature` a
 * Pet App that signs its events, else an API token with that scope.
 */
export type ApiAuth = 'none' | 'session' | 'signature' | ApiScope;

/** Whoever the request turned out to come from. */
export type Caller<A extends ApiAuth> = A extends 'session'
  ? { session: Session; token: Secret }
  : A extends ApiScope
    ? { tokenId: string; name: string; practiceId: string; allowed: AllowedPractices }
    : null;

type Out<T> = T extends z.ZodType ? z.output<T> : undefined;

export interface ApiCall<A extends ApiAuth = ApiAuth, P = unknown, Q = unknown, B = unknown> {
  caller: Caller<A>;
  params: P;
  query: Q;
  body: B;
  /** The network address it came from. */
  address: string;
  request: FastifyRequest;
  reply: FastifyReply;
}

export interface ApiResult {
  status: number;
  body?: unknown;
}

interface Described<A extends ApiAuth> {
  /** Its name in the OpenAPI document. */
  id: string;
  method: 'get' | 'post';
  /** With `:name` for parameters. */
  path: `/v1/${string}`;
  tag: string;
  summary: string;
  description?: string;
  auth: A;
  /** What it answers when all went well, by status; problems are the same everywhere. */
  answers: Record<number, { description: string; body?: z.ZodType }>;
  /** Codes of problems worth knowing, with their status. */
  problems?: Record<string, number>;
}

/** One thing the API does: what registers the route and what describes it are this same object. */
export interface ApiRoute extends Described<ApiAuth> {
  params: z.ZodObject | undefined;
  query: z.ZodObject | undefined;
  body: z.ZodType | undefined;
  handle(call: ApiCall): Promise<ApiResult>;
}

/** Describes a route and gives its handler the types of what it declares. */
export function route<
  A extends ApiAuth,
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(
  described: Described<A> & {
    params?: P;
    query?: Q;
    body?: B;
    handle(call: ApiCall<A, Out<P>, Out<Q>, Out<B>>): Promise<ApiResult>;
  },
): ApiRoute {
  return described as unknown as ApiRoute;
}

/** Whether `Idempotency-Key` counts: for writes with an API token. A view of a password is done again, and kept nowhere. */
export function honoursKeys(one: Pick<ApiRoute, 'auth' | 'method'>): boolean {
  return one.method === 'post' && one.auth.endsWith(':write');
}
