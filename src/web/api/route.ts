import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Secret } from '../../lib/secret.js';
import type { AllowedPractices } from '../../store/access/allowed-practices.js';
import type { Session } from '../../store/access/sessions.js';

export const apiScopes = {
  'pet-parents:read': 'Read pet parents, their pets and the status of their emails',
  'temporary-passwords:read': 'View temporary passwords before the first login; every view is recorded',
  'pet-parents:write': 'Resend emails, issue new temporary passwords, resync one client',
  'syncs:read': 'Read sync runs',
  'syncs:write': 'Request a resync',
  'logins:on-behalf': 'Log pet parents in from the server of your own Pet App, throttled by their own network address',
} as const;

export type ApiScope = keyof typeof apiScopes;

/**
 * Credential a route requires: `none` (anyone, throttled), `session` (a pet parent with the token of `POST /v1/logins`),
 * `signature` (a Pet App that signs its events), otherwise an API token with that scope.
 */
export type ApiAuth = 'none' | 'session' | 'signature' | ApiScope;

/** The authenticated caller of a request. */
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
  /** Network address of the caller. */
  address: string;
  request: FastifyRequest;
  reply: FastifyReply;
}

export interface ApiResult {
  status: number;
  body?: unknown;
}

interface Described<A extends ApiAuth> {
  /** `operationId` in the OpenAPI document. */
  id: string;
  method: 'get' | 'post';
  /** With `:name` for parameters. */
  path: `/v1/${string}`;
  tag: string;
  summary: string;
  description?: string;
  auth: A;
  /** Successful answers by status. Problems have one form for all routes. */
  answers: Record<number, { description: string; body?: z.ZodType }>;
  /** Problem codes that a client should handle, with their status. */
  problems?: Record<string, number>;
}

/** A route of the API. The same object registers the route and describes it in the OpenAPI document. */
export interface ApiRoute extends Described<ApiAuth> {
  params: z.ZodObject | undefined;
  query: z.ZodObject | undefined;
  body: z.ZodType | undefined;
  handle(call: ApiCall): Promise<ApiResult>;
}

/** Describes a route and types its handler with the declared schemas. */
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

/** Tells whether `Idempotency-Key` applies: to writes with an API token. Never to a password view, which must not be stored. */
export function honoursKeys(one: Pick<ApiRoute, 'auth' | 'method'>): boolean {
  return one.method === 'post' && one.auth.endsWith(':write');
}
