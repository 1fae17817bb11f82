import { SqlError, sqlErrors } from '../sql-error.js';
import type { Condition, Expression } from './ast.js';
import { isQueryNext } from './cursor.js';
import type { Cursor } from './cursor.js';

/** Parses a condition: OR of ANDs of NOTs of comparisons. A bare value is invalid, because T-SQL has no booleans. */
export function parseCondition(cursor: Cursor): Condition {
  let left = parseAnd(cursor);
  while (cursor.takeWord('OR')) left = { kind: 'or', left, right: parseAnd(cursor) };
  return left;
}

function parseAnd(cursor: Cursor): Condition {
  let left = parseNot(cursor);
  while (cursor.takeWord('AND')) left = { kind: 'and', left, right: parseNot(cursor) };
  return left;
}

function parseNot(cursor: Cursor): Condition {
  if (cursor.takeWord('NOT')) return { kind: 'not', operand: parseNot(cursor) };
  if (cursor.takeWord('EXISTS')) {
    cursor.expectOp('(');
    const query = cursor.grammar.query(cursor);
    cursor.expectOp(')');
    return { kind: 'exists', query };
  }
  const start = cursor.mark();
  if (!cursor.takeOp('(')) return parseComparison(cursor);
  // `(` can open a condition or a value, `(a + b) > 1`. If both fail, report the error of the one that got further.
  const asCondition = attempt(cursor, () => {
    const condition = parseCondition(cursor);
    cursor.expectOp(')');
    return condition;
  });
  if (!('error' in asCondition)) return asCondition.value;
  cursor.reset(start);
  const asValue = attempt(cursor, () => parseComparison(cursor));
  if (!('error' in asValue)) return asValue.value;
  throw asCondition.reached > asValue.reached ? asCondition.error : asValue.error;
}

function attempt<T>(cursor: Cursor, parse: () => T): { value: T } | { error: SqlError; reached: number } {
  try {
    return { value: parse() };
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return { error, reached: cursor.mark() };
  }
}

const comparisons = ['=', '<>', '!=', '<=', '>=', '<', '>'];

function parseComparison(cursor: Cursor): Condition {
  const operand = cursor.grammar.expression(cursor);
  const operator = comparisons.find((each) => cursor.takeOp(each));
  if (operator !== undefined) {
    return {
      kind: 'compare',
      operator: operator === '!=' ? '<>' : operator,
      left: operand,
      right: cursor.grammar.expression(cursor),
    };
  }
  if (cursor.takeWord('IS')) {
    const negated = cursor.takeWord('NOT');
    cursor.expectWord('NULL');
    return { kind: 'isNull', operand, negated };
  }
  const negated = cursor.takeWord('NOT');
  if (cursor.takeWord('IN')) return parseIn(cursor, operand, negated);
  if (cursor.takeWord('BETWEEN')) {
    const from = cursor.grammar.expression(cursor);
    cursor.expectWord('AND');
    return { kind: 'between', operand, from, to: cursor.grammar.expression(cursor), negated };
  }
  if (cursor.takeWord('LIKE')) return parseLike(cursor, operand, negated);
  if (negated) cursor.fail();
  const next = cursor.peek();
  throw sqlErrors.notAPredicate(next.kind === 'end' ? 'end of statement' : next.text);
}

function parseIn(cursor: Cursor, operand: Expression, negated: boolean): Condition {
  cursor.expectOp('(');
  if (isQueryNext(cursor)) {
    const query = cursor.grammar.query(cursor);
    cursor.expectOp(')');
    return { kind: 'in', operand, list: query, negated };
  }
  const list: Expression[] = [];
  do list.push(cursor.grammar.expression(cursor));
  while (cursor.takeOp(','));
  cursor.expectOp(')');
  return { kind: 'in', operand, list, negated };
}

function parseLike(cursor: Cursor, operand: Expression, negated: boolean): Condition {
  const pattern = cursor.grammar.expression(cursor);
  if (!cursor.takeWord('ESCAPE')) return { kind: 'like', operand, pattern, escape: null, negated };
  const token = cursor.next();
  if (token.kind !== 'string' || token.text.length !== 1) throw sqlErrors.syntax(token.text);
  return { kind: 'like', operand, pattern, escape: token.text, negated };
}
