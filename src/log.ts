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

const mostWaitingBytes = 1024 * 1024;

/**
 * Writes JSON lines to standard error, so that standard output stays for what a command answers. `LOG_LEVEL` sets how
 * much.
 */
export function createLog(level: string): Logger {
  const lines = pino.destination({ dest: 2, sync: true, maxLength: mostWaitingBytes });
  // A full disk under the log must not end the work: lines wait in memory, and those that find no room there are lost.
  lines.on('error', () => undefined);
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
    lines,
  );
}
