import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isProblem, Problem } from '../../lib/problem.js';
import { databaseProblem } from '../../store/db/database.js';

/** The status of each problem that a visitor can cause; any other one is ours, 500. */
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

/** How an error answers: a status and words that are fit for whoever sent the request. */
export interface Answerable {
  status: number;
  code: string;
  title: string;
  help: string | undefined;
  /** What is wrong with the request, field by field. */
  errors?: { path: string; message: string }[];
  retryAfterSeconds?: number;
}

/** A problem with more to tell a program than its code. */
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

/** Logs what is ours to mend and turns anything thrown into an answer. A defect's own text is never shown. */
export function answerable(thrown: unknown, request: FastifyRequest): Answerable {
  const error = databaseProblem(thrown);
  if (isProblem(error, 'database-unreachable', 'database-read-only')) {
    request.log.error({ err: error }, 'the database does not answer, or takes no changes');
    return {
      status: 503,
      code: 'unavailable',
      title: 'This is not available for a moment.',
      help: 'Nothing is lost. Please try again in a minute.',
      retryAfterSeconds: 60,
    };
  }
  if (isProblem(error, 'credential-unreadable', 'credential-key-unknown')) {
    request.log.error({ err: error }, 'a temporary password does not open');
    return {
      status: 503,
      code: 'credential-unreadable',
      title: 'We cannot look at temporary passwords for a moment.',
      help: 'It is our fault, nothing was counted, and the password still stands. Please try again in a few minutes.',
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
      title: 'This page was open for too long, or was opened from somewhere else.',
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
  // Ids are ASCII and are compared as such: whoever asks for one with other letters asks for nothing there is.
  if (code === 'ER_CANT_AGGREGATE_2COLLATIONS')
    return { status: 404, code: 'not-found', title: fastifyWords[404] as string, help: undefined };
  request.log.error({ err: error }, 'request failed');
  return {
    status: 500,
    code: 'unexpected',
    title: ours,
    help: 'Try again in a moment. If it stays, tell whoever runs pims-sync.',
  };
}

/** RFC 9457. */
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
  405: 'This address does not take that method.',
  413: 'This is too long to be taken.',
  415: 'This content type is not taken here.',
  429: 'That was too often. Please wait a moment.',
};
