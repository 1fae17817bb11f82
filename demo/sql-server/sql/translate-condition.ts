import { SqlError, sqlErrors } from '../sql-error.js';
import type { Condition, Expression } from './ast.js';
import { familyOf, quoteText } from './literal.js';
import type { Scope } from './scope.js';
import type { Translation } from './translation.js';
import { commonType, converted } from './types.js';
import type { Emitted } from './types.js';

/** Translates a condition to MariaDB SQL, in parentheses. */
export function conditionSql(node: Condition, scope: Scope, on: Translation): string {
  const value = (inner: Expression): Emitted => on.expression(inner, scope);
  switch (node.kind) {
    case 'and':
    case 'or':
      return `(${conditionSql(node.left, scope, on)} ${node.kind.toUpperCase()} ${conditionSql(node.right, scope, on)})`;
    case 'not':
      return `(NOT ${conditionSql(node.operand, scope, on)})`;
    case 'isNull':
      return `(${value(node.operand).sql} IS ${node.negated ? 'NOT ' : ''}NULL)`;
    case 'exists':
      return `EXISTS (${on.subquery(node.query, scope).sql})`;
    case 'compare': {
      const [left, right] = matched([value(node.left), value(node.right)]);
      return `(${left} ${node.operator} ${right})`;
    }
    case 'between': {
      const [operand, from, to] = matched([value(node.operand), value(node.from), value(node.to)]);
      return `(${operand} ${node.negated ? 'NOT ' : ''}BETWEEN ${from} AND ${to})`;
    }
    case 'in':
      return inSql(node, scope, on);
    case 'like':
      return likeSql(node, scope, on);
  }
}

/**
 * Converts the sides of a comparison to their common type. Refuses to compare a text column with a number or a date:
 * SQL Server would convert the column row by row and fail at the first text that is not one.
 */
function matched(values: Emitted[]): string[] {
  const type = commonType(values);
  for (const value of values) {
    const family = familyOf(value.type);
    if (value.constant !== undefined || family === familyOf(type)) continue;
    if (family === 'text' && familyOf(type) === 'number') throw sqlErrors.notANumber('of a text column', type.name);
    if (family === 'text' && familyOf(type) === 'date') throw sqlErrors.notADate();
    throw sqlErrors.typesClash(value.type.name, type.name);
  }
  return values.map((value) => converted(value, type));
}

function inSql(node: Extract<Condition, { kind: 'in' }>, scope: Scope, on: Translation): string {
  const operand = on.expression(node.operand, scope);
  const not = node.negated ? 'NOT ' : '';
  if (Array.isArray(node.list)) {
    const [first, ...rest] = matched([operand, ...node.list.map((each) => on.expression(each, scope))]);
    return `(${first} ${not}IN (${rest.join(',')}))`;
  }
  const { sql, columns } = on.subquery(node.list, scope);
  if (columns.length !== 1) {
    throw new SqlError(
      116,
      'Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.',
    );
  }
  // MariaDB allows no LIMIT directly inside IN (...), so the subquery is wrapped once more.
  return `(${operand.sql} ${not}IN (SELECT * FROM (${sql}) AS ${on.fresh()}))`;
}

function likeSql(node: Extract<Condition, { kind: 'like' }>, scope: Scope, on: Translation): string {
  const operand = on.expression(node.operand, scope);
  const pattern = on.expression(node.pattern, scope);
  // [a-z] is a character class in T-SQL and plain text in MariaDB.
  if (typeof pattern.constant === 'string' && pattern.constant.includes('[')) {
    throw sqlErrors.syntax('[', 'LIKE knows % and _ only');
  }
  const escape = node.escape === null ? '' : ` ESCAPE ${quoteText(node.escape)}`;
  return `(${operand.sql} ${node.negated ? 'NOT ' : ''}LIKE ${pattern.sql}${escape})`;
}
