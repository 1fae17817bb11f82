import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { errors, isProblem, Problem, type ErrorCode, type ProblemParts } from '../../lib/problem.js';
import { databaseProblem } from '../../store/db/database.js';

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
    parts: ProblemParts & {
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
    const { status } = errors[error.code];
    if (status >= 500) return fault(error, status === 503 ? 'unavailable' : error.code, request);
    return {
      status,
      code: error.code,
      title: error.message,
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
  return fault(error, 'unexpected', request);
}

/** Logs a fault of ours, and answers without its details. */
function fault(error: unknown, code: ErrorCode, request: FastifyRequest): Answerable {
  request.log.error({ err: error }, 'request failed');
  if (code !== 'unavailable')
    return { status: 500, code, title: 'Something went wrong on our side.', help: errors.unexpected.help };
  const { status, help } = errors.unavailable;
  return { status, code, title: 'This is not available at the moment.', help, retryAfterSeconds: 60 };
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

const fastifyWords: Record<number, string> = {
  404: 'There is nothing at this address.',
  405: 'This address does not accept that method.',
  413: 'The request is too large.',
  415: 'This content type is not accepted here.',
  429: 'Too many requests. Please wait a moment.',
};
