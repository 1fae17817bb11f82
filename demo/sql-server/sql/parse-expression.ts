import { SqlError } from '../sql-error.js';
import type { SqlType } from '../wire/type-info.js';
import type { Branch, Expression, Over } from './ast.js';
import { isQueryNext } from './cursor.js';
import type { Cursor } from './cursor.js';
import { parseOrder } from './parse-list.js';
import { parseType } from './parse-type.js';

const levels = [
  ['+', '-', '&', '^', '|'],
  ['*', '/', '%'],
];

/** Parses a value. T-SQL has two levels of operators between values; the bit-wise ones are on the level of + and -. */
export function parseExpression(cursor: Cursor, level = 0): Expression {
  const operators = levels[level];
  if (operators === undefined) return parseUnary(cursor);
  let left = parseExpression(cursor, level + 1);
  for (let operator = takeOneOf(cursor, operators); operator !== null; operator = takeOneOf(cursor, operators)) {
    left = { kind: 'binary', operator, left, right: parseExpression(cursor, level + 1) };
  }
  return left;
}

function takeOneOf(cursor: Cursor, operators: string[]): string | null {
  return operators.find((operator) => cursor.takeOp(operator)) ?? null;
}

function parseUnary(cursor: Cursor): Expression {
  const operator = takeOneOf(cursor, ['-', '+', '~']) as '-' | '+' | '~' | null;
  if (operator !== null) return { kind: 'unary', operator, operand: parseUnary(cursor) };
  const operand = parsePrimary(cursor);
  return cursor.takeWord('COLLATE') ? { kind: 'collate', operand, collation: cursor.expectName() } : operand;
}

function parsePrimary(cursor: Cursor): Expression {
  const token = cursor.peek();
  if (token.kind === 'string') return literal(cursor, textType(token.text, token.wide === true), token.text);
  if (token.kind === 'number') return literal(cursor, numberType(token.text), token.text);
  if (token.kind === 'binary') {
    const bytes = Buffer.from(token.text.slice(2), 'hex');
    return literal(cursor, { name: 'varbinary', length: Math.max(1, bytes.length) }, bytes);
  }
  if (token.kind === 'param') return { kind: 'parameter', name: cursor.next().text };
  if (token.kind === 'global') return { kind: 'global', name: cursor.next().text.toUpperCase() };
  if (cursor.takeOp('(')) {
    const inner: Expression = isQueryNext(cursor)
      ? { kind: 'subquery', query: cursor.grammar.query(cursor) }
      : parseExpression(cursor);
    cursor.expectOp(')');
    return inner;
  }
  return parseWord(cursor);
}

function literal(cursor: Cursor, type: SqlType, value: string | Buffer | null): Expression {
  cursor.next();
  return { kind: 'literal', type, value };
}

const textType = (text: string, wide: boolean): SqlType =>
  wide
    ? { name: 'nvarchar', length: text.length > 4000 ? -1 : Math.max(1, text.length) }
    : { name: 'varchar', length: text.length > 8000 ? -1 : Math.max(1, text.length) };

function numberType(text: string): SqlType {
  if (/e/i.test(text)) return { name: 'float' };
  const [whole = '', fraction] = text.split('.');
  if (fraction === undefined && Number(text) <= 2147483647) return { name: 'int' };
  const scale = fraction?.length ?? 0;
  return { name: 'decimal', precision: Math.max(1, whole.replace(/^0+/, '').length + scale), scale };
}

function parseWord(cursor: Cursor): Expression {
  if (cursor.isWord('NULL')) return literal(cursor, { name: 'int' }, null);
  if (cursor.takeWord('CASE')) return parseCase(cursor);
  for (const name of ['CAST', 'TRY_CAST', 'CONVERT', 'TRY_CONVERT']) {
    if (cursor.isWord(name) && cursor.peek(1).text === '(') return parseCast(cursor, name);
  }
  if (cursor.takeWord('CURRENT_TIMESTAMP')) return call('GETDATE', []);
  const reservedFunction = ['COALESCE', 'NULLIF', 'LEFT', 'RIGHT'].find((word) => cursor.isWord(word));
  const name = reservedFunction !== undefined ? cursor.next().text : cursor.expectName();
  if (cursor.takeOp('(')) return parseCall(cursor, name.toUpperCase());
  return parseColumn(cursor, name);
}

/** Parses `column`, `table.column` or `schema.table.column`. */
function parseColumn(cursor: Cursor, first: string): Expression {
  const path = [first];
  while (cursor.takeOp('.')) path.push(cursor.expectName());
  return { kind: 'column', name: path.at(-1) as string, qualifier: path.at(-2) ?? null };
}

const call = (name: string, args: Expression[]): Expression => ({
  kind: 'call',
  name,
  arguments: args,
  star: false,
  distinct: false,
  over: null,
});

function parseCall(cursor: Cursor, name: string): Expression {
  if (name === 'IIF') return parseIif(cursor);
  const star = cursor.takeOp('*');
  const distinct = !star && cursor.takeWord('DISTINCT');
  const args: Expression[] = [];
  if (!star && !cursor.takeOp(')')) {
    do args.push(parseArgument(cursor, name, args.length));
    while (cursor.takeOp(','));
    cursor.expectOp(')');
  } else if (star) {
    cursor.expectOp(')');
  }
  return { kind: 'call', name, arguments: args, star, distinct, over: parseOver(cursor) };
}

/** Parses an argument. DATEADD and similar functions take a bare word first: DATEADD(day, 1, x). */
function parseArgument(cursor: Cursor, name: string, position: number): Expression {
  if (position === 0 && ['DATEADD', 'DATEDIFF', 'DATEPART', 'DATENAME'].includes(name)) {
    return {
      kind: 'literal',
      type: { name: 'varchar', length: 30 },
      value: cursor.expectName().toLowerCase(),
    };
  }
  return parseExpression(cursor);
}

function parseIif(cursor: Cursor): Expression {
  const condition = cursor.grammar.condition(cursor);
  cursor.expectOp(',');
  const then = parseExpression(cursor);
  cursor.expectOp(',');
  const otherwise = parseExpression(cursor);
  cursor.expectOp(')');
  return { kind: 'iif', condition, then, otherwise };
}

function parseOver(cursor: Cursor): Over | null {
  if (!cursor.takeWord('OVER')) return null;
  cursor.expectOp('(');
  const partition: Expression[] = [];
  if (cursor.takeWord('PARTITION', 'BY')) {
    do partition.push(parseExpression(cursor));
    while (cursor.takeOp(','));
  }
  const order = parseOrder(cursor);
  cursor.expectOp(')');
  return { partition, order };
}

function parseCast(cursor: Cursor, name: string): Expression {
  cursor.next();
  cursor.expectOp('(');
  const orNull = name.startsWith('TRY_');
  if (name.endsWith('CAST')) {
    const operand = parseExpression(cursor);
    cursor.expectWord('AS');
    const type = parseType(cursor);
    cursor.expectOp(')');
    return { kind: 'cast', operand, type, style: null, orNull };
  }
  const type = parseType(cursor);
  cursor.expectOp(',');
  const operand = parseExpression(cursor);
  let style: number | null = null;
  if (cursor.takeOp(',')) {
    const token = cursor.next();
    if (token.kind !== 'number') throw new SqlError(102, `Incorrect syntax near '${token.text}'.`, 15);
    style = Number(token.text);
  }
  cursor.expectOp(')');
  return { kind: 'cast', operand, type, style, orNull };
}

function parseCase(cursor: Cursor): Expression {
  const operand = cursor.isWord('WHEN') ? null : parseExpression(cursor);
  const branches: Branch[] = [];
  while (cursor.takeWord('WHEN')) {
    const when = operand === null ? cursor.grammar.condition(cursor) : parseExpression(cursor);
    cursor.expectWord('THEN');
    branches.push({ when, then: parseExpression(cursor) });
  }
  if (branches.length === 0) cursor.fail();
  const otherwise = cursor.takeWord('ELSE') ? parseExpression(cursor) : null;
  cursor.expectWord('END');
  return { kind: 'case', operand, branches, otherwise };
}
