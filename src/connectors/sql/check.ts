import { readEmailField } from '../../domain/client/email-address.js';
import { isLiving } from '../../domain/client/pet.js';
import { petStatusReader, sexCodeReader, speciesReader } from '../codes.js';
import type { CheckReport, Page } from '../contract.js';
import { calendarDate, tomorrow } from '../dates.js';
import type { Row, SqlDriver } from '../drivers/driver.js';
import { isProblem } from '../../lib/problem.js';
import { isDoubleEncoded } from '../../lib/double-encoded.js';
import { readCatalog } from './catalog.js';
import { quote, quoteTable } from './dialect.js';
import type { Mapping } from './mapping/mapping.js';
import { namedTables } from './mapping/mapped-columns.js';
import { proveNames } from './mapping/verify-mapping.js';
import type { Reader } from './reader.js';
import { textOf } from './values.js';

/** Number of clients on the one page that `check` reads. */
const sampleSize = 200;
/** A column with more values than this holds no codes; listing them would show personal data. */
const mostCodes = 25;

export interface CheckParts {
  driver: SqlDriver;
  mapping: Mapping;
  reader: Reader;
  place: string;
  timeZone: string;
}

/** Connects, proves each name of the mapping, counts codes and reads one page. Reports no personal data. */
export async function checkSql(parts: CheckParts, signal: AbortSignal): Promise<CheckReport> {
  const report: CheckReport = { findings: [], problems: [] };
  const { driver, mapping, place } = parts;
  const steps: (() => Promise<boolean>)[] = [
    async () => {
      const catalog = await readCatalog(driver, signal);
      report.findings.push(`Connected (${place}).`);
      const proved = proveNames(driver.dialect, catalog, namedTables(mapping));
      report.findings.push(...proved.findings);
      report.problems.push(...proved.problems);
      return proved.problems.length === 0;
    },
    async () => {
      report.findings.push(...(await counts(parts, signal)));
      return true;
    },
    async () => {
      const pages = parts.reader.clients({ cursor: null, pageSize: sampleSize, signal });
      const first = await pages.next();
      if (first.done !== true) samplePage(first.value, report);
      await pages.return(undefined);
      return true;
    },
  ];
  for (const step of steps) {
    try {
      if (!(await step())) break;
    } catch (error) {
      if (signal.aborted || !isProblem(error)) throw error;
      const { code, message, help } = error;
      report.problems.push({ code, message, ...(help === undefined ? {} : { help }) });
      break;
    }
  }
  return report;
}

/** Counts the rows of each table and the uses of each code, and finds the newest client. */
async function counts({ driver, mapping, timeZone }: CheckParts, signal: AbortSignal): Promise<string[]> {
  const { clients, pets, codes } = mapping;
  const { dialect } = driver;
  const q = (name: string): string => quote(dialect, name);
  const run = (sql: string): Promise<Row[]> => driver.query(sql, [], { signal });
  const total = async (table: string): Promise<number> =>
    Number((await run(`SELECT COUNT(*) AS ${q('n')} FROM ${quoteTable(dialect, table)}`))[0]?.n);

  const findings = [`${await total(clients.table)} rows of clients and ${await total(pets.table)} of pets.`];
  if (clients.createdOn !== null && !clients.createdOn.includes('.')) {
    const sql = `SELECT MAX(t.${q(clients.createdOn)}) AS ${q('newest')} FROM ${quoteTable(dialect, clients.table)} t`;
    const newest = calendarDate((await run(sql))[0]?.newest, tomorrow(new Date(), timeZone));
    findings.push(newest ? `The newest client is from ${newest}.` : 'No client has a usable creation date.');
  }

  const petStatusOf = petStatusReader(codes.petStatus);
  const speciesOf = speciesReader(codes.species);
  const sexCodeOf = sexCodeReader(codes.sex);
  const columns = [
    ...[clients.status, clients.classification, ...flagColumns(clients.inactive, clients.deleted, clients.optOut)].map(
      (column) => ({ table: clients.table, column, known: undefined }),
    ),
    ...[...flagColumns(pets.inactive, pets.deceased, pets.deleted)].map((column) => ({
      table: pets.table,
      column,
      known: undefined,
    })),
    {
      table: pets.table,
      column: pets.status,
      known: (raw: string) => petStatusOf(raw) !== 'unknown',
    },
    {
      table: pets.table,
      column: pets.species,
      known: (raw: string) => speciesOf(raw) !== 'other',
    },
    {
      table: pets.table,
      column: pets.male === null ? pets.sex : null,
      known: (raw: string) => sexCodeOf(raw) !== undefined,
    },
  ];
  const told = new Set<string>();
  for (const { table, column, known } of columns) {
    if (column === null || column.includes('.') || told.has(`${table}.${column}`)) continue;
    told.add(`${table}.${column}`);
    const name = `t.${q(column)}`;
    const sql = `SELECT ${name} AS ${q('code')}, COUNT(*) AS ${q('n')} FROM ${quoteTable(dialect, table)} t GROUP BY ${name}`;
    const rows = await run(sql);
    findings.push(...codeLines(`${table}.${column}`, rows, known));
  }
  return findings;
}

function flagColumns(...flags: Record<string, unknown>[]): string[] {
  return [...new Set(flags.flatMap((each) => Object.keys(each).filter((column) => each[column] !== null)))];
}

function codeLines(name: string, rows: Row[], known: ((raw: string) => boolean) | undefined): string[] {
  if (rows.length > mostCodes && !known) return [`${name}: ${rows.length} different values.`];
  const codes = new Map<string, number>();
  for (const row of rows) {
    const code = typeof row.code === 'boolean' ? (row.code ? '1' : '0') : (textOf(row.code) ?? 'empty');
    codes.set(code, (codes.get(code) ?? 0) + Number(row.n));
  }
  const sorted = [...codes].sort((a, b) => b[1] - a[1]);
  const show = (list: [string, number][]): string =>
    list
      .slice(0, mostCodes)
      .map(([code, n]) => `${code.slice(0, 40)} × ${n}`)
      .join(', ');
  const lines = rows.length > mostCodes ? [`${name}: ${codes.size} different values.`] : [`${name}: ${show(sorted)}.`];
  const strange = known ? sorted.filter(([code]) => code !== 'empty' && !known(code)) : [];
  if (strange.length > 0 && rows.length <= mostCodes) {
    lines.push(`${name}: unknown codes: ${show(strange)}. Add them under \`mapping.codes\`.`);
  }
  return lines;
}

/** Reports how much of the first page is usable, and whether its text was decoded correctly. */
function samplePage({ clients, unreadable }: Page, report: CheckReport): void {
  const all = clients.length + unreadable.length;
  if (all === 0) {
    report.findings.push('There are no clients. If you expect some, check the practice filter and the database.');
    return;
  }
  const share = (part: number): string => `${part} of ${all} (${Math.round((part / all) * 100)} %)`;
  const mailable = clients.filter(({ emails }) => emails.some((field) => readEmailField(field).addresses.length > 0));
  const living = clients.filter(({ pets }) => pets.some(isLiving));
  report.findings.push(
    `Read the first ${all} clients: ${share(mailable.length)} with a usable email, ${share(living.length)} with a living pet, ${share(clients.filter(({ optOut }) => optOut !== null).length)} opted out.`,
  );
  const held = clients.filter(({ unknownStatus }) => unknownStatus !== null).length;
  if (held > 0) report.findings.push(`${share(held)} have an unknown status; they are held.`);
  const reasons = new Map<string, number>();
  for (const { reason } of unreadable) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  for (const [reason, n] of reasons) report.findings.push(`${n} cannot be read: ${reason}.`);

  const damaged = unreadable.filter(({ reason }) => reason.includes('could not decode')).length;
  const twice = clients.filter((client) =>
    [client.firstName, client.lastName, client.spouseLastName, ...client.pets.map((pet) => pet.name)].some(
      (name) => name !== null && isDoubleEncoded(name),
    ),
  ).length;
  letters(damaged, 'have letters that could not be decoded');
  letters(twice, 'have letters that were decoded with the wrong character set, such as "Ã©"');

  // A single damaged row comes from the PIMS; a larger share of them comes from the connection.
  function letters(count: number, what: string): void {
    if (count >= Math.max(2, all / 50)) report.problems.push(wrongLetters(share(count), what));
    else if (count > 0) report.findings.push(`${share(count)} ${what}.`);
  }
}

function wrongLetters(share: string, what: string): CheckReport['problems'][number] {
  return {
    code: 'pims-settings-wrong',
    message: `Of the first clients, ${share} ${what}.`,
    help: "Set the connection's character set (`charset`, or the ODBC driver's own option) to what the database stores, often Windows-1252 or UTF-8, and check again.",
  };
}
