import { sqlErrors } from '../sql-error.js';
import type { Statement } from './ast.js';
import { createCursor, isQueryNext } from './cursor.js';
import type { Cursor, Grammar } from './cursor.js';
import { tokenize } from './lexer.js';
import { parseCondition } from './parse-condition.js';
import { parseExpression } from './parse-expression.js';
import { parseQuery } from './parse-query.js';
import { parsePath } from './parse-source.js';

const grammar: Grammar = {
  expression: (cursor) => parseExpression(cursor),
  condition: parseCondition,
  query: parseQuery,
};

/** Parses the statements of a batch. A syntax error anywhere refuses the whole batch, as on a server. */
export function parseBatch(sql: string): Statement[] {
  const cursor = createCursor(tokenize(sql), grammar);
  const statements: Statement[] = [];
  for (;;) {
    while (cursor.takeOp(';'));
    if (cursor.peek().kind === 'end') return statements;
    statements.push(parseStatement(cursor));
  }
}

function parseStatement(cursor: Cursor): Statement {
  if (isQueryNext(cursor) || cursor.isWord('WITH')) {
    const query = parseQuery(cursor);
    parseOption(cursor);
    return { kind: 'query', query };
  }
  if (cursor.takeWord('SET')) return parseSet(cursor);
  const write = parseWrite(cursor);
  return write ?? cursor.fail('it reads with SELECT and knows SET, nothing else');
}

/** Skips OPTION (RECOMPILE) and similar hints, which affect the query plan but not the result. */
function parseOption(cursor: Cursor): void {
  if (!cursor.takeWord('OPTION')) return;
  cursor.expectOp('(');
  do {
    const word = cursor.expectName().toUpperCase();
    if (word !== 'RECOMPILE' && word !== 'MAXDOP' && word !== 'FAST')
      cursor.fail(`the option ${word} is not known here`);
    if (word !== 'RECOMPILE') cursor.next();
  } while (cursor.takeOp(','));
  cursor.expectOp(')');
}

const onOff = [
  'ANSI_NULLS',
  'ANSI_NULL_DFLT_ON',
  'ANSI_PADDING',
  'ANSI_WARNINGS',
  'ARITHABORT',
  'CONCAT_NULL_YIELDS_NULL',
  'CURSOR_CLOSE_ON_COMMIT',
  'IMPLICIT_TRANSACTIONS',
  'NOCOUNT',
  'NUMERIC_ROUNDABORT',
  'QUOTED_IDENTIFIER',
  'XACT_ABORT',
];
const valued = ['DATEFIRST', 'DATEFORMAT', 'DEADLOCK_PRIORITY', 'LANGUAGE', 'LOCK_TIMEOUT', 'ROWCOUNT', 'TEXTSIZE'];
const levels = ['READ UNCOMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SNAPSHOT', 'SERIALIZABLE'];

function parseSet(cursor: Cursor): Statement {
  if (cursor.takeWord('TRANSACTION', 'ISOLATION', 'LEVEL')) {
    const level = levels.find((words) => cursor.takeWord(...words.split(' ')));
    return { kind: 'set', option: 'ISOLATION LEVEL', value: level ?? cursor.fail() };
  }
  const option = cursor.next().text.toUpperCase();
  if (onOff.includes(option)) {
    // ON is reserved, so it is a word token and never a name.
    const value = cursor.takeWord('ON') ? 'ON' : cursor.takeWord('OFF') ? 'OFF' : cursor.fail();
    return { kind: 'set', option, value };
  }
  if (!valued.includes(option)) throw sqlErrors.notASetOption(option);
  const sign = cursor.takeOp('-') ? '-' : '';
  return { kind: 'set', option, value: sign + cursor.next().text };
}

/** Parses which object a write statement names; skips the rest, because the statement is refused anyway. */
function parseWrite(cursor: Cursor): Statement | null {
  const rest = (action: string, path: string[]): Statement => {
    while (cursor.peek().kind !== 'end') cursor.next();
    return { kind: 'write', action, path };
  };
  for (const action of ['INSERT', 'UPDATE', 'DELETE', 'MERGE']) {
    if (!cursor.takeWord(action)) continue;
    cursor.takeWord('INTO');
    cursor.takeWord('FROM');
    return rest(action, parsePath(cursor));
  }
  for (const action of ['CREATE', 'ALTER', 'DROP', 'TRUNCATE', 'GRANT', 'BACKUP', 'EXEC', 'EXECUTE', 'USE', 'KILL']) {
    if (!cursor.takeWord(action)) continue;
    const word = cursor.next().text;
    const path = ['EXEC', 'EXECUTE', 'USE', 'KILL'].includes(action) ? [word] : parsePath(cursor);
    return rest(['CREATE', 'ALTER', 'DROP'].includes(action) ? `${action} ${word.toUpperCase()}` : action, path);
  }
  return null;
}
