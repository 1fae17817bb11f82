import { PimsProblem } from '../errors.js';

/**
 * Problems that all database drivers share. Their texts contain the place ("server PIMS01, database Impromed") and
 * codes, never a driver's own message, because those quote data ("converting the value 'Smith'").
 */
export function loginRefused(place: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-login-refused',
    message: `The PIMS refused the login (${place}).`,
    help: "Check the user name and the password in the practice's `connection`, and that this login may connect from here.",
  });
}

export function mayNotRead(place: string, what: string | undefined): PimsProblem {
  return new PimsProblem({
    code: 'pims-login-refused',
    message: `The login may not read ${what ?? 'a table that the mapping names'} (${place}).`,
    help: "Let the database's owner grant SELECT on it to this login. It needs no other right.",
  });
}

export function noDatabase(place: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-settings-wrong',
    message: `The server has no such database, or this login may not open it (${place}).`,
    help: "Correct `database` in the practice's `connection`. The PIMS's own settings show its name.",
  });
}

export function unreachable(place: string, reason: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-unreachable',
    message: `The PIMS cannot be reached (${place}; ${reason}).`,
    help: 'Check that its server is on, that the host, instance and port are right, and that the firewall allows this machine.',
  });
}

export function connectionLost(place: string, reason: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-unreachable',
    message: `The connection to the PIMS was lost while reading (${place}; ${reason}).`,
    help: 'No data is lost. The sync continues where it stopped once the server can be reached again.',
  });
}

export function busy(place: string, reason: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-busy',
    message: `The PIMS is busy or a table is locked (${place}; ${reason}).`,
    help: 'The sync retries by itself. If this continues, sync outside working hours and backups.',
  });
}

export function tooSlow(timeoutMs: number): PimsProblem {
  return new PimsProblem({
    code: 'pims-busy',
    message: `The PIMS did not answer a query within ${Math.round(timeoutMs / 100) / 10} s.`,
    help: 'It may be busy or locked. The sync retries by itself. If this continues, raise `timeoutSeconds` or sync at a quieter hour.',
  });
}

export function schemaDiffers(missing: string | undefined, kind: 'table' | 'column'): PimsProblem {
  const name = missing ? `${kind} ${missing}` : `a ${kind} that the mapping names`;
  return new PimsProblem({
    code: 'pims-schema-differs',
    message: `The PIMS has no ${name}.`,
    help: `Run "pims-sync check" to see the existing names, then override the ${kind} under \`mapping\` of the practice.`,
    ...(missing === undefined ? {} : { missing }),
  });
}

export function readFailed(place: string, codes: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-read-failed',
    message: `The PIMS refused a query (${place}; ${codes}).`,
    help: 'Run "pims-sync check" for this practice. It proves the connection and the mapping step by step.',
  });
}

const missingTable = [
  /Invalid object name '([^']+)'/i,
  /Table '([^']+)' (?:doesn't exist|not found)/i,
  /no such table: ([\w.$#]+)/i,
  /relation "([^"]+)" does not exist/i,
];
const missingColumn = [
  /Invalid column name '([^']+)'/i,
  /multi-part identifier "([^"]+)" could not be bound/i,
  /Unknown column '([^']+)'/i,
  /Column '([^']+)' not found/i,
  /no such column: ([\w.$# ]+?)(?: \(\d+\))?$/i,
  /column "?([\w.]+)"? does not exist/i,
];
const object =
  /permission was denied on the (?:object|column) '([^']+)'|command denied to user .* for (?:table|column) [`']([^`']+)/i;

/** Finds the missing table or column in a driver's message. Names come from the mapping, so they are safe to show. */
export function missingName(message: string): { kind: 'table' | 'column'; name: string } | undefined {
  for (const [kind, patterns] of [['table', missingTable] as const, ['column', missingColumn] as const]) {
    for (const pattern of patterns) {
      const name = pattern.exec(message)?.[1];
      if (name) return { kind, name };
    }
  }
  return undefined;
}

/** Finds the table or column in a driver's message that the login may not read. */
export function deniedName(message: string): string | undefined {
  const match = object.exec(message);
  return match?.[1] ?? match?.[2];
}
