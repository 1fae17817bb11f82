import { Problem } from '../lib/problem.js';
import { framesOf, scrub } from '../lib/scrub.js';
import { pino, type DestinationStream, type Logger } from 'pino';

/** Field names that are never logged, at the top level or up to two levels below it. */
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
 * Writes JSON lines, by default to standard error, so that standard output contains only a command's results.
 * `LOG_LEVEL` sets the level.
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
 * Selects the fields of an error that are logged; all others are dropped. A database driver's error contains the whole
 * statement with its values, and an email's or a request's error may contain an address.
 */
function loggedError(error: unknown, deep = 0): LoggedError {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  return {
    type: error instanceof Error ? error.name : typeof error,
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    message: scrub(error instanceof Error ? error.message : String(error)),
    ...(error instanceof Problem && error.help !== undefined ? { help: error.help } : {}),
    stack: framesOf(error),
    // Logs three levels of causes, the deepest nesting this program creates. The limit also ends a cycle of causes.
    ...(cause === undefined || cause === null || deep === 3 ? {} : { cause: loggedError(cause, deep + 1) }),
  };
}

function standardError(): DestinationStream {
  const lines = pino.destination({ dest: 2, sync: true, maxLength: mostWaitingBytes });
  // A full disk must not stop the process: up to 1 MiB of lines waits in memory, and further lines are lost.
  lines.on('error', () => undefined);
  return lines;
}
