import type { Combined, Expression, Query, Select, SelectItem } from './ast.js';
import type { Cursor } from './cursor.js';
import { parseColumnList, parseOrder } from './parse-list.js';
import { parsePath, parseSources } from './parse-source.js';

/** Parses a whole query: WITH, SELECTs and their combination, ORDER BY and OFFSET. */
export function parseQuery(cursor: Cursor): Query {
  const ctes = parseWith(cursor);
  const body = parseCombined(cursor);
  const orderBy = parseOrder(cursor);
  let offset: Expression | null = null;
  let fetch: Expression | null = null;
  if (orderBy.length > 0 && cursor.takeWord('OFFSET')) {
    offset = cursor.grammar.expression(cursor);
    if (!cursor.takeWord('ROWS')) cursor.expectWord('ROW');
    if (cursor.takeWord('FETCH')) {
      if (!cursor.takeWord('NEXT')) cursor.expectWord('FIRST');
      fetch = cursor.grammar.expression(cursor);
      if (!cursor.takeWord('ROWS')) cursor.expectWord('ROW');
      cursor.expectWord('ONLY');
    }
  }
  return { with: ctes, body, orderBy, offset, fetch };
}

function parseWith(cursor: Cursor): Query['with'] {
  const ctes: Query['with'] = [];
  if (!cursor.takeWord('WITH')) return ctes;
  do {
    const name = cursor.expectName();
    const columns = parseColumnList(cursor);
    cursor.expectWord('AS');
    cursor.expectOp('(');
    ctes.push({ name, columns, query: parseQuery(cursor) });
    cursor.expectOp(')');
  } while (cursor.takeOp(','));
  return ctes;
}

function parseCombined(cursor: Cursor): Select | Combined {
  let left = parseOperand(cursor);
  for (;;) {
    const operator = takeSetOperator(cursor);
    if (operator === null) return left;
    left = { kind: 'combined', operator, left, right: parseOperand(cursor) };
  }
}

function takeSetOperator(cursor: Cursor): Combined['operator'] | null {
  if (cursor.takeWord('UNION')) return cursor.takeWord('ALL') ? 'UNION ALL' : 'UNION';
  if (cursor.takeWord('EXCEPT')) return 'EXCEPT';
  return cursor.takeWord('INTERSECT') ? 'INTERSECT' : null;
}

function parseOperand(cursor: Cursor): Select | Combined {
  if (!cursor.takeOp('(')) return parseSelect(cursor);
  const inner = parseCombined(cursor);
  cursor.expectOp(')');
  return inner;
}

function parseSelect(cursor: Cursor): Select {
  cursor.expectWord('SELECT');
  const distinct = cursor.takeWord('DISTINCT');
  if (!distinct) cursor.takeWord('ALL');
  const top = parseTop(cursor);
  const items: SelectItem[] = [];
  do items.push(parseItem(cursor));
  while (cursor.takeOp(','));
  const into = cursor.takeWord('INTO') ? parsePath(cursor) : null;
  const from = cursor.takeWord('FROM') ? parseSources(cursor) : null;
  const where = cursor.takeWord('WHERE') ? cursor.grammar.condition(cursor) : null;
  const groupBy: Expression[] = [];
  if (cursor.takeWord('GROUP', 'BY')) {
    do groupBy.push(cursor.grammar.expression(cursor));
    while (cursor.takeOp(','));
  }
  const having = cursor.takeWord('HAVING') ? cursor.grammar.condition(cursor) : null;
  return { kind: 'select', distinct, top, items, into, from, where, groupBy, having };
}

/** Parses TOP 10, TOP (10) or TOP (@n); a parameter needs parentheses, as on a server. */
function parseTop(cursor: Cursor): Expression | null {
  if (!cursor.takeWord('TOP')) return null;
  let top: Expression;
  if (cursor.takeOp('(')) {
    top = cursor.grammar.expression(cursor);
    cursor.expectOp(')');
  } else {
    if (cursor.peek().kind !== 'number') cursor.fail();
    top = { kind: 'literal', type: { name: 'int' }, value: cursor.next().text };
  }
  if (cursor.isWord('PERCENT') || cursor.isWord('WITH', 'TIES')) cursor.fail('TOP takes a number of rows only');
  return top;
}

function parseItem(cursor: Cursor): SelectItem {
  if (cursor.takeOp('*')) return { kind: 'star', qualifier: null };
  if (cursor.peek(1).text === '.' && cursor.peek(2).text === '*' && cursor.peek(2).kind === 'op') {
    const qualifier = cursor.expectName();
    cursor.expectOp('.');
    cursor.expectOp('*');
    return { kind: 'star', qualifier };
  }
  if (cursor.peek(1).kind === 'op' && cursor.peek(1).text === '=') {
    // `alias = value` looks like a comparison, but names the column.
    const alias = cursor.takeName();
    if (alias === null) cursor.fail();
    cursor.expectOp('=');
    return { kind: 'value', alias, expression: cursor.grammar.expression(cursor) };
  }
  const expression = cursor.grammar.expression(cursor);
  const alias = cursor.takeWord('AS') ? cursor.expectName() : cursor.takeName();
  return { kind: 'value', expression, alias };
}
