import { SqlError, sqlErrors } from '../sql-error.js';
import type { ResultColumn } from '../wire/answer.js';
import type { Combined, Expression, Query, Select, SelectItem } from './ast.js';
import { literalSql, quoteName } from './literal.js';
import { Scope, sameName } from './scope.js';
import { namedColumns, sourceSql } from './translate-source.js';
import type { ResultItem, Translation } from './translation.js';
import { commonType } from './types.js';

interface Body {
  sql: string;
  items: ResultItem[];
  scope: Scope | null;
  distinct: boolean;
}

/** Translates the top query of a statement; its columns may share names or have none. */
export function querySql(query: Query, on: Translation): { sql: string; columns: ResultColumn[] } {
  const { sql, items } = queryWith(query, null, on, (_item, at) => `c${at}`);
  return { sql, columns: items };
}

/** Translates a query inside another; ORDER BY is allowed only where it decides which rows are returned. */
export function subquerySql(
  query: Query,
  outer: Scope | null,
  on: Translation,
  names: string[] | null = null,
): { sql: string; columns: ResultItem[] } {
  const top = query.body.kind === 'select' ? query.body.top : null;
  if (query.orderBy.length > 0 && top === null && query.offset === null) throw sqlErrors.orderInside();
  const nameOf = (item: ResultItem, at: number): string => names?.[at] ?? (item.name || `c${at}`);
  const { sql, items } = queryWith(query, outer, on, nameOf);
  if (names !== null && names.length !== items.length) {
    throw new SqlError(8158, 'The query and its column list have different numbers of columns.');
  }
  return {
    sql,
    columns: names === null ? items : items.map((item, at) => ({ ...item, name: names[at] as string })),
  };
}

type NameOf = (item: ResultItem, at: number) => string;

function queryWith(
  query: Query,
  outer: Scope | null,
  on: Translation,
  nameOf: NameOf,
): { sql: string; items: ResultItem[] } {
  const ctes = query.with.map(({ name, columns, query: inner }) => {
    const { sql, columns: items } = subquerySql(inner, null, on, columns);
    on.ctes.set(name.toLowerCase(), namedColumns(items, name));
    return `${quoteName(name)} AS (${sql})`;
  });
  const body = bodySql(query.body, outer, on, nameOf);
  const order = query.orderBy.map(
    ({ expression, descending }) => orderSql(expression, body, on) + (descending ? ' DESC' : ''),
  );
  const sql = [
    ctes.length > 0 ? `WITH ${ctes.join(', ')}` : '',
    body.sql,
    order.length > 0 ? `ORDER BY ${order.join(', ')}` : '',
    limitSql(query, on),
  ];
  return { sql: sql.filter((part) => part !== '').join(' '), items: body.items };
}

function bodySql(body: Select | Combined, outer: Scope | null, on: Translation, nameOf: NameOf): Body {
  if (body.kind === 'select') return selectSql(body, outer, on, nameOf);
  const limited = (side: Select | Combined): Body => {
    const { sql, items } = bodySql(side, outer, on, nameOf);
    const limit = side.kind === 'select' && side.top !== null ? ` LIMIT ${rowCount(side.top, on)}` : '';
    return { sql: `(${sql}${limit})`, items, scope: null, distinct: false };
  };
  const [left, right] = [limited(body.left), limited(body.right)];
  if (left.items.length !== right.items.length) throw sqlErrors.unequalUnion();
  const items = left.items.map(({ name, type }, at) => ({
    name,
    type: commonType([
      { sql: '', type },
      { sql: '', type: (right.items[at] as ResultItem).type },
    ]),
  }));
  return { sql: `${left.sql} ${body.operator} ${right.sql}`, items, scope: null, distinct: false };
}

function selectSql(select: Select, outer: Scope | null, on: Translation, nameOf: NameOf): Body {
  if (select.into !== null) throw sqlErrors.statementDenied('CREATE TABLE', on.session.database);
  const scope = new Scope(outer);
  const from = select.from === null ? '' : `FROM ${sourceSql(select.from, scope, on)}`;
  const items = select.items.flatMap((item) => itemSql(item, scope, on));
  const list = items.map((item, at) => `${item.sql} AS ${quoteName(nameOf(item, at))}`).join(', ');
  const groups = select.groupBy.map((node) => {
    if (node.kind === 'literal')
      throw new SqlError(
        164,
        'Each GROUP BY expression must contain at least one column that is not an outer reference.',
        15,
      );
    return on.expression(node, scope).sql;
  });
  const sql = [
    `SELECT ${select.distinct ? 'DISTINCT ' : ''}${list}`,
    from,
    select.where === null ? '' : `WHERE ${on.condition(select.where, scope)}`,
    groups.length === 0 ? '' : `GROUP BY ${groups.join(', ')}`,
    select.having === null ? '' : `HAVING ${on.condition(select.having, scope)}`,
  ];
  return { sql: sql.filter((part) => part !== '').join(' '), items, scope, distinct: select.distinct };
}

function itemSql(item: SelectItem, scope: Scope, on: Translation): ResultItem[] {
  if (item.kind === 'value') {
    const { sql, type } = on.expression(item.expression, scope);
    const own = item.expression.kind === 'column' ? item.expression.name : '';
    return [{ name: item.alias ?? own, type, sql }];
  }
  const { qualifier } = item;
  const sources =
    qualifier === null ? scope.sources : scope.sources.filter((source) => sameName(source.alias, qualifier));
  if (sources.length === 0) throw sqlErrors.syntax('*');
  return sources.flatMap((source) =>
    source.columns.map((column) => {
      const { sql, type } = on.column(scope.find(source.alias, column.name));
      return { name: column.name, type, sql };
    }),
  );
}

/** Translates ORDER BY: a position, a name of the select list, or, with a single SELECT, any value. */
function orderSql(node: Expression, body: Body, on: Translation): string {
  if (node.kind === 'literal' && node.type.name === 'int') {
    const position = Number(node.value);
    if (position < 1 || position > body.items.length) throw sqlErrors.orderPosition(position);
    return String(position);
  }
  if (node.kind === 'column' && node.qualifier === null) {
    const at = body.items.findIndex((item) => sameName(item.name, node.name));
    if (at >= 0) return body.items[at]?.sql ?? String(at + 1);
  }
  if (body.scope === null) {
    throw new SqlError(
      104,
      'ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT operator.',
    );
  }
  const { sql } = on.expression(node, body.scope);
  if (body.distinct && !body.items.some((item) => item.sql === sql)) {
    throw new SqlError(145, 'ORDER BY items must appear in the select list if SELECT DISTINCT is specified.', 15);
  }
  return sql;
}

/** Translates TOP or OFFSET to LIMIT; the numbers are known at this point. */
function limitSql(query: Query, on: Translation): string {
  const top = query.body.kind === 'select' ? query.body.top : null;
  if (top !== null && query.offset !== null) {
    throw new SqlError(10741, 'A TOP can not be used in the same query or sub-query as a OFFSET.', 15);
  }
  if (top !== null) return `LIMIT ${rowCount(top, on)}`;
  if (query.offset === null) return '';
  const count = query.fetch === null ? '18446744073709551615' : rowCount(query.fetch, on);
  return `LIMIT ${count} OFFSET ${rowCount(query.offset, on)}`;
}

function rowCount(node: Expression, on: Translation): string {
  const { constant } = on.expression(node, new Scope(null));
  if (constant === undefined) throw sqlErrors.syntax('TOP', 'it wants a number or a parameter');
  if (constant === null)
    throw new SqlError(
      1060,
      'The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.',
      15,
    );
  return literalSql(constant, { name: 'bigint' });
}
