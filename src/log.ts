import { pino, type Logger } from 'pino';

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

/**
 * Writes JSON lines to standard error, so that standard output stays for what a command answers. `LOG_LEVEL` sets how
 * much.
 */
export function createLog(level: string): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[secret]',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
