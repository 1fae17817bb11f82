import { PimsProblem } from '../errors.js';
import * as problems from './problems.js';

const lost = ['PROTOCOL_CONNECTION_LOST', 'ECONNRESET', 'EPIPE', 'ECONNREFUSED', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'];
const away = ['EHOSTUNREACH', 'ENETUNREACH', 'ENOENT', 'PROTOCOL_SEQUENCE_TIMEOUT'];

/** Turns an error of mysql2 into a problem. The numbers are those of MySQL's and MariaDB's error references. */
export function mysqlProblem(error: unknown, place: string, connected: boolean): unknown {
  if (error instanceof PimsProblem || typeof error !== 'object' || error === null) return error;
  const { code = '', errno = 0, message = '' } = error as { code?: string; errno?: number; message?: string };
  const is = (...numbers: number[]): boolean => numbers.includes(errno);

  if (is(1049, 1044)) return problems.noDatabase(place);
  if (is(1045, 1698, 1862)) return problems.loginRefused(place);
  if (is(1146, 1051, 1054))
    return problems.schemaDiffers(problems.missingName(message)?.name, is(1054) ? 'column' : 'table');
  if (is(1142, 1143, 1370)) return problems.mayNotRead(place, problems.deniedName(message));
  // 1040, 1203 and 1226: too many connections; 1969 and 3024: statement time limit; 1205 and 1213: locks.
  if (is(1205, 1213, 1040, 1203, 1226, 1969, 3024, 3572)) return problems.busy(place, code);
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return noTls(place);
  if (/certificate|self[- ]signed/i.test(message)) return tlsDiffers(place);
  if (
    is(2006, 2013, 1053, 1927) ||
    lost.includes(code) ||
    away.includes(code) ||
    /closed state|connection.*closed/i.test(message)
  ) {
    return connected ? problems.connectionLost(place, code || 'closed') : problems.unreachable(place, code);
  }
  return code.startsWith('ER_') || errno > 0 ? problems.readFailed(place, code) : error;
}

function noTls(place: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-settings-wrong',
    message: `The PIMS's server offers no TLS (${place}).`,
    help: 'The login was not sent. Turn on TLS at the server, or, on a network you trust, set `tls: false`.',
  });
}

function tlsDiffers(place: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-settings-wrong',
    message: `A trusted TLS connection to the PIMS's server failed (${place}).`,
    help: 'Set `certificateAuthority` to a PEM file of its authority, or, on a network you trust, set `trustServerCertificate: true` or `tls: false`.',
  });
}
