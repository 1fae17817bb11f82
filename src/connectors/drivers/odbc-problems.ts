import { PimsProblem } from '../errors.js';
import { OdbcProcessEnded } from './odbc-process.js';
import * as problems from './problems.js';

interface Diagnostic {
  state: string;
  code: number;
  message: string;
}

/**
 * Turns an ODBC error into a problem, first by SQLSTATE, then by the engine's own code if its SQLSTATE is generic.
 * SQL Anywhere's codes are those of its "Error messages" reference (-103 login, -83 database, -141 table, -143 column,
 * -210 and -684 locked, -306 deadlock, -121 permission); SQLite's are its result codes (5 busy, 6 locked).
 */
export function odbcProblem(error: unknown, place: string, connected: boolean): unknown {
  if (error instanceof PimsProblem) return error;
  if (error instanceof OdbcProcessEnded)
    return connected ? problems.connectionLost(place, error.message) : problems.unreachable(place, error.message);
  const diagnostics = (error as { odbcErrors?: Diagnostic[] } | null)?.odbcErrors;
  if (!Array.isArray(diagnostics)) return connected ? error : notAnswering(error, place);
  const states = diagnostics.map((each) => each.state);
  const codes = diagnostics.map((each) => Math.abs(each.code));
  const text = diagnostics.map((each) => each.message).join('\n');
  const has = (...wanted: string[]): boolean => states.some((state) => wanted.includes(state));
  const hasCode = (...wanted: number[]): boolean => codes.some((code) => wanted.includes(code));
  const label = `SQLSTATE ${states[0] ?? 'unknown'}, code ${diagnostics[0]?.code ?? 'unknown'}`;

  if (has('IM002', 'IM003', 'IM004') || /Can't open lib/i.test(text)) return driverMissing(place);
  if (has('28000', '28P01') || hasCode(103, 1045, 18456) || /password authentication failed|login failed/i.test(text)) {
    return problems.loginRefused(place);
  }
  if (hasCode(1049, 1044, 4060) || (!connected && hasCode(83)) || /database "[^"]*" does not exist/i.test(text)) {
    return problems.noDatabase(place);
  }
  const missing = problems.missingName(text);
  if (missing) return problems.schemaDiffers(missing.name, missing.kind);
  if (has('42S02') || hasCode(141)) return problems.schemaDiffers(undefined, 'table');
  if (has('42S22') || hasCode(143)) return problems.schemaDiffers(undefined, 'column');
  if (has('42501') || hasCode(121, 229, 230, 1142, 1143) || /permission denied/i.test(text)) {
    return problems.mayNotRead(place, problems.deniedName(text));
  }
  if (
    has('HYT00', '40001', '40P01', '55P03', '57014', '42W18') ||
    hasCode(210, 306, 684, 1205, 1213, 1222) ||
    (hasCode(5, 6) && /locked|busy/i.test(text))
  ) {
    return problems.busy(place, label);
  }
  if (!connected) return problems.unreachable(place, label);
  // 2006 and 2013 are MariaDB's "gone away" and "lost connection", which its driver reports as HY000.
  if (
    has('08001', '08003', '08007', '08S01', 'HYT01') ||
    hasCode(2006, 2013) ||
    /connection.*(lost|closed|reset)|not connected/i.test(text)
  ) {
    return problems.connectionLost(place, label);
  }
  return problems.readFailed(place, label);
}

/** Makes the problem of a server that does not answer from the socket's system code. */
function notAnswering(error: unknown, place: string): unknown {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (name === 'AbortError' || code === 'ABORT_ERR') return problems.unreachable(place, 'no answer');
  return typeof code === 'string' && /^E[A-Z]/.test(code) && !code.startsWith('ERR_')
    ? problems.unreachable(place, code)
    : error;
}

/** Does not quote the driver manager's message, which contains a connection string that it cannot parse. */
function driverMissing(place: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-driver-missing',
    message: `This machine has no such ODBC driver or data source (${place}).`,
    help: 'Run "odbcinst -q -d" to list the installed drivers and "odbcinst -q -s" for the data sources. Install the PIMS database\'s own client, or correct `driver` or `dsn` in the practice\'s `connection`.',
  });
}
