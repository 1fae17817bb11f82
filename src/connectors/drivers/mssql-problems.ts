import { PimsProblem } from '../errors.js';
import * as problems from './problems.js';

interface TdsError {
  code?: string;
  number?: number;
  message?: string;
  originalError?: {
    code?: string;
    number?: number;
    message?: string;
    info?: { number?: number; message?: string };
  };
}

/** Code of our own error if `encrypt` is set and the server has no TLS. */
export const noTlsCode = 'ENOTLS';

/** Turns an error of the SQL Server driver into a problem. The numbers are those of SQL Server's sys.messages. */
export function mssqlProblem(
  error: unknown,
  place: string,
  connected: boolean,
  loginErrors: ReadonlySet<number> = new Set(),
): unknown {
  if (error instanceof PimsProblem || typeof error !== 'object' || error === null) return error;
  const { code = '', originalError, ...rest } = error as TdsError;
  const number = rest.number ?? originalError?.number ?? originalError?.info?.number ?? 0;
  const text = messages(error);
  const is = (...numbers: number[]): boolean => numbers.includes(number);
  const label = number > 0 ? `SQL Server error ${number}` : code || 'no code';

  if (code === noTlsCode) return noTls(place);
  if (code === 'EENCRYPT') return needsTls(place);
  if (is(4060, 911) || (!connected && loginErrors.has(4060))) return problems.noDatabase(place);
  if (is(18456, 18452, 18486, 18487, 18488) || code === 'ELOGIN') return problems.loginRefused(place);
  if (is(207, 208, 4104)) {
    return problems.schemaDiffers(problems.missingName(text)?.name, is(208) ? 'table' : 'column');
  }
  if (is(229, 230, 916)) return problems.mayNotRead(place, problems.deniedName(text));
  if (is(1222, 1205, 17809, 10928, 10929)) return problems.busy(place, label);
  if (/self[- ]signed|unable to verify|certificate|altnames/i.test(text)) return untrusted(place);
  if (/unsupported protocol|wrong version|no protocols available|handshake|tlsv1 alert/i.test(text))
    return oldTls(place);
  if (['ESOCKET', 'ECONNCLOSED', 'ETIMEOUT', 'EINSTLOOKUP', 'ENOTOPEN', 'ECONNRESET', 'ENOCONN'].includes(code)) {
    if (!connected)
      return place.includes('\\') ? noInstance(place) : problems.unreachable(place, systemCode(text) ?? code);
    return code === 'ETIMEOUT' ? problems.busy(place, code) : problems.connectionLost(place, systemCode(text) ?? code);
  }
  if (code === 'ECANCEL') return problems.busy(place, code);
  return code === 'EREQUEST' || number > 0 ? problems.readFailed(place, label) : error;
}

/** Joins the messages of an error and its causes; the cause with the code may be several levels deep. */
function messages(error: unknown, depth = 0): string {
  if (typeof error !== 'object' || error === null || depth > 5) return '';
  const { message, originalError, cause, errors } = error as Record<string, unknown>;
  const inner = [originalError, cause, ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
  return [String(message), ...inner.map((each) => messages(each, depth + 1))].join('\n');
}

const systemCode = (text: string): string | undefined =>
  /\bE(?:CONN|HOST|NET|ADDR|NOTFOUND|TIMEDOUT|AI_AGAIN|PIPE)\w*/.exec(text)?.[0];

function noInstance(place: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-unreachable',
    message: `The PIMS cannot be reached (${place}).`,
    help: "Check the host and the instance. The SQL Server Browser must run and answer on UDP port 1434. If it does not, set the instance's own `port`.",
  });
}

function untrusted(place: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-settings-wrong',
    message: `This machine does not trust the certificate of the PIMS's server (${place}).`,
    help: 'Set `certificateAuthority` to a PEM file of its authority, or, on a network you trust, set `trustServerCertificate: true`.',
  });
}

function noTls(place: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-settings-wrong',
    message: `The PIMS's server offers no TLS (${place}).`,
    help: 'The login was not sent. Turn on encryption at the server. If it has none, set `encrypt: false` on a network you trust.',
  });
}

function needsTls(place: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-settings-wrong',
    message: `The PIMS's server accepts only encrypted connections (${place}).`,
    help: "Set `encrypt: true` in the practice's `connection`.",
  });
}

function oldTls(place: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-settings-wrong',
    message: `The PIMS's server and this machine have no TLS version in common (${place}).`,
    help: 'For a server from before 2016, set `oldTls: true`. If it has no TLS at all, set `encrypt: false` on a network you trust.',
  });
}
