import type { Order } from './ast.js';
import type { Cursor } from './cursor.js';

/** Parses `(a, b)`, the column names of a derived table or a WITH query. */
export function parseColumnList(cursor: Cursor): string[] | null {
  if (!cursor.takeOp('(')) return null;
  const columns: string[] = [];
  do columns.push(cursor.expectName());
  while (cursor.takeOp(','));
  cursor.expectOp(')');
  return columns;
}

/** Parses ORDER BY, in a query or in OVER; empty if there is none. */
export function parseOrder(cursor: Cursor): Order[] {
  const order: Order[] = [];
  if (!cursor.takeWord('ORDER', 'BY')) return order;
  do {
    const expression = cursor.grammar.expression(cursor);
    const descending = cursor.takeWord('DESC');
    if (!descending) cursor.takeWord('ASC');
    order.push({ expression, descending });
  } while (cursor.takeOp(','));
  return order;
}
