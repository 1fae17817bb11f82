import { Problem } from '../lib/problem.js';
import { framesOf, scrub } from '../lib/scrub.js';
import { pino, type DestinationStream, type Logger } from 'pino';

/** Field names that must never be written, wherever they turn up. */
const secretFields = [
  'password',
  'temporaryPassword',
  'newPassword',
  'token',
  'secret',
  'authorization',
  'cookie',
  'connection',
];

const mostWaitingBytes = 1024 * 1024;

/**
 * Writes JSON lines, to standard error when nothing else is said, so that standard output stays for what a command
 * answers. `LOG_LEVEL` sets how much.
 */
export function createLog(level: string, lines: DestinationStream = standardError()): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: loggedError },
      redact: {
        paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[secret]',
      },
    },
    lines,
  );
}

interface LoggedError {
  type: string;
  code?: string;
  message: string;
  help?: string;
  stack: string;
  cause?: LoggedError;
}

/**
 * What the log keeps of an error: these fields and no other. A database driver's error carries the whole statement with
 * its values, a mail's or a request's may carry an address.
 */
export function loggedError(error: unknown, deep = 0): LoggedError {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  return {
    type: error instanceof Error ? error.name : typeof error,
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    message: scrub(error instanceof Error ? error.message : String(error)),
    ...(error instanceof Problem && error.help !== undefined ? { help: error.help } : {}),
    stack: framesOf(error),
    // Deep enough for what wraps what here; a ring of causes ends.
    ...(cause === undefined || cause === null || deep === 3 ? {} : { cause: loggedError(cause, deep + 1) }),
  };
}

function standardError(): DestinationStream {
  const lines = pino.destination({ dest: 2, sync: true, maxLength: mostWaitingBytes });
  // A full disk under the log must not end the work: lines wait in memory, and those that find no room there are lost.
  lines.on('error', () => undefined);
  return lines;
}
