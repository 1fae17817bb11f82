import type { Backing, RawRow } from './backing.js';
import type { Answer, Channel } from './channel.js';
import type { FaultSwitch } from './faults.js';
import { SqlError, sqlErrors } from './sql-error.js';
import type { Statement } from './sql/ast.js';
import type { Catalog } from './sql/catalog.js';
import type { SessionFacts } from './sql/functions.js';
import { translate } from './sql/translate.js';
import type { Translated } from './sql/translate.js';
import type { Access } from './sql/translation.js';
import { writeColumns, writeRowStart } from './wire/answer.js';
import type { Parameter } from './wire/parameters.js';
import { valueWriter } from './wire/values.js';

/** The parts of a session that a statement needs. */
export interface RunContext {
  channel: Channel;
  answer: Answer;
  backing: Backing;
  access: Access;
  faults: FaultSwitch;
  facts: SessionFacts;
  sessionId: number;
  options: Map<string, string>;
  signal: AbortSignal;
  /** Returns the catalog; `fresh` reads it again, to find a new table or column. */
  catalog(fresh: boolean): Promise<Catalog>;
  note(statement: { tables: string[]; columns: string[] }): void;
}

/** Runs one statement and writes its rows; returns their number, or null for a statement without a result. */
export async function runStatement(
  statement: Statement,
  parameters: Parameter[],
  context: RunContext,
): Promise<bigint | null> {
  if (statement.kind === 'set') {
    context.options.set(statement.option, statement.value);
    return null;
  }
  if (statement.kind === 'write') throw await refusal(statement, context);
  const byName = new Map(parameters.map((parameter) => [parameter.name.toLowerCase(), parameter]));
  const lockTimeout = Number(context.options.get('LOCK_TIMEOUT') ?? -1);
  const parts = {
    access: context.access,
    parameters: byName,
    session: context.facts,
    sessionId: context.sessionId,
    lockTimeout,
  };
  let translated: Translated;
  try {
    translated = translate(statement.query, { ...parts, catalog: await context.catalog(false) });
  } catch (error) {
    if (!isUnknownName(error)) throw error;
    translated = translate(statement.query, { ...parts, catalog: await context.catalog(true) });
  }
  context.note({ tables: translated.tables, columns: translated.reads });
  return sendRows(translated, lockTimeout, context);
}

const isUnknownName = (error: unknown): boolean => error instanceof SqlError && [207, 208, 4104].includes(error.number);

async function sendRows(translated: Translated, lockTimeout: number, context: RunContext): Promise<bigint> {
  const { answer, channel, signal } = context;
  const uncommitted = context.options.get('ISOLATION LEVEL') === 'READ UNCOMMITTED';
  const { cutAfterRows } = await context.faults.strike({
    tables: translated.tables,
    waitsFor: uncommitted ? [] : translated.waitsFor,
    lockTimeout,
    sessionId: context.sessionId,
    channel,
    signal,
  });
  const { out } = answer;
  writeColumns(out, translated.columns);
  const writers = translated.columns.map(({ type }) => valueWriter(type));
  let rows = 0n;
  const onRow = (row: RawRow): Promise<void> | undefined => {
    writeRowStart(out);
    if (cutAfterRows !== null && rows >= BigInt(cutAfterRows)) {
      // Send half a row, so that the client cannot take the rows before it for the whole result.
      answer.flush();
      channel.cut();
      return undefined;
    }
    for (const [at, write] of writers.entries()) write(out, row[at] ?? null);
    rows++;
    return answer.pace() ? undefined : answer.drained();
  };
  try {
    await context.backing.stream(translated.sql, onRow, signal);
  } catch (error) {
    if (isUnknownName(error)) await context.catalog(true);
    throw error;
  }
  return rows;
}

/** Returns the refusal of a write: the error of a login without the permission. The stand-in never writes. */
async function refusal(statement: Extract<Statement, { kind: 'write' }>, context: RunContext): Promise<SqlError> {
  const { action, path } = statement;
  const { database } = context.facts;
  const name = path.at(-1) ?? '';
  if (action === 'EXEC' || action === 'EXECUTE') return sqlErrors.noProcedure(name);
  if (action === 'USE') {
    return new SqlError(911, `Database '${name}' does not exist. Make sure that the name is entered correctly.`);
  }
  if (['INSERT', 'UPDATE', 'DELETE', 'MERGE'].includes(action)) {
    const table = (await context.catalog(false)).get(name.toLowerCase());
    return table === undefined ? sqlErrors.object(path.join('.')) : sqlErrors.tableDenied(action, table.name, database);
  }
  if (action.startsWith('CREATE')) return sqlErrors.statementDenied(action, database);
  if (action.startsWith('DROP')) {
    return new SqlError(
      3701,
      `Cannot drop the object '${name}', because it does not exist or you do not have permission.`,
      11,
      5,
    );
  }
  return new SqlError(
    1088,
    `Cannot find the object "${name}" because it does not exist or you do not have permissions.`,
  );
}
