import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isProblem, Problem } from '../../lib/problem.js';
import { databaseProblem } from '../../store/db/database.js';

/** HTTP status of each problem that a caller can cause. Every other problem is answered with 500. */
const statusOf: Record<string, number> = {
  'request-invalid': 400,
  'wrong-credentials': 401,
  'session-needed': 401,
  'signature-wrong': 401,
  'token-needed': 401,
  'not-allowed': 403,
  'form-expired': 403,
  'temporary-password-expired': 403,
  'not-found': 404,
  'account-unknown': 404,
  'run-unknown': 404,
  'already-logged-in': 409,
  'staff-exists': 409,
  'account-closed': 409,
  'cool-down': 409,
  'address-suppressed': 409,
  'uncertain-first': 409,
  'being-sent': 409,
  'not-bounced': 409,
  'not-visible': 409,
  'issued-elsewhere': 409,
  'still-running': 409,
  'reset-token-dead': 410,
  'idempotency-key-reused': 422,
  'password-refused': 422,
  'practice-unknown': 422,
  'too-many-tries': 429,
};

/** HTTP answer to an error: a status, and texts that are safe to show to the caller. */
export interface Answerable {
  status: number;
  code: string;
  title: string;
  help: string | undefined;
  /** Errors of the request by field. */
  errors?: { path: string; message: string }[];
  retryAfterSeconds?: number;
}

/** A problem with more details for a program than its code. */
export class RequestProblem extends Problem {
  readonly errors: { path: string; message: string }[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    parts: ConstructorParameters<typeof Problem>[0] & {
      errors?: { path: string; message: string }[];
      retryAfterSeconds?: number;
    },
  ) {
    super(parts);
    this.errors = parts.errors;
    this.retryAfterSeconds = parts.retryAfterSeconds;
  }
}

/** Turns a thrown value into an answer and logs our own faults. The text of an unexpected error is never shown. */
export function answerable(thrown: unknown, request: FastifyRequest): Answerable {
  const error = databaseProblem(thrown);
  if (isProblem(error, 'database-unreachable', 'database-read-only')) {
    request.log.error({ err: error }, 'database unreachable or read-only');
    return {
      status: 503,
      code: 'unavailable',
      title: 'This is not available for a moment.',
      help: 'Nothing is lost. Please try again in a minute.',
      retryAfterSeconds: 60,
    };
  }
  if (isProblem(error, 'credential-unreadable', 'credential-key-unknown')) {
    request.log.error({ err: error }, 'temporary password cannot be unsealed');
    return {
      status: 503,
      code: 'credential-unreadable',
      title: 'Temporary passwords cannot be read at the moment.',
      help: 'The fault is on our side. This did not count as an attempt, and the password stays valid. Please try again in a few minutes.',
      retryAfterSeconds: 60,
    };
  }
  if (isProblem(error)) {
    const status = statusOf[error.code] ?? 500;
    if (status === 500) request.log.error({ err: error }, 'request failed');
    return {
      status,
      code: error.code,
      title: status === 500 ? ours : error.message,
      help: error.help,
      ...(error instanceof RequestProblem && error.errors ? { errors: error.errors } : {}),
      ...(error instanceof RequestProblem && error.retryAfterSeconds
        ? { retryAfterSeconds: error.retryAfterSeconds }
        : {}),
    };
  }
  const { statusCode, code } = error as FastifyError;
  if (code?.startsWith('FST_CSRF')) {
    return {
      status: 403,
      code: 'form-expired',
      title: 'This page was open for too long, or the request came from another site.',
      help: 'Nothing was changed. Go back, reload the page and try again.',
    };
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return {
      status: statusCode,
      code: 'request-invalid',
      title: fastifyWords[statusCode] ?? 'The request cannot be read.',
      help: undefined,
    };
  }
  // Ids are compared as ASCII. An id with other characters cannot exist.
  if (code === 'ER_CANT_AGGREGATE_2COLLATIONS')
    return { status: 404, code: 'not-found', title: fastifyWords[404] as string, help: undefined };
  request.log.error({ err: error }, 'request failed');
  return {
    status: 500,
    code: 'unexpected',
    title: ours,
    help: 'Try again in a moment. If it happens again, tell the operator of pims-sync.',
  };
}

/** Sends a problem as RFC 9457 describes. */
export function sendProblem(reply: FastifyReply, answer: Answerable): FastifyReply {
  if (answer.retryAfterSeconds) reply.header('retry-after', answer.retryAfterSeconds);
  return reply
    .status(answer.status)
    .type('application/problem+json')
    .send({
      type: `urn:pims-sync:problem:${answer.code}`,
      title: answer.title,
      status: answer.status,
      code: answer.code,
      ...(answer.help ? { detail: answer.help } : {}),
      ...(answer.errors ? { errors: answer.errors } : {}),
    });
}

const ours = 'Something went wrong on our side.';

const fastifyWords: Record<number, string> = {
  404: 'There is nothing at this address.',
  405: 'This address does not accept that method.',
  413: 'The request is too large.',
  415: 'This content type is not accepted here.',
  429: 'Too many requests. Please wait a moment.',
};
