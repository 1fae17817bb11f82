import type { Dialect } from '../drivers/driver.js';

/** Quotes a name of the mapping for this engine; the mapping's patterns allow no quote in a name. */
export function quote(dialect: Dialect, name: string): string {
  if (dialect === 'tsql') return `[${name}]`;
  return dialect === 'mysql' ? `\`${name}\`` : `"${name}"`;
}

/** Quotes a table with an optional owner or database, such as `dbo.CLIENTS`. */
export function quoteTable(dialect: Dialect, table: string): string {
  return table
    .split('.')
    .map((part) => quote(dialect, part))
    .join('.');
}

/** Limits a SELECT to its first `rows` rows. `rest` is the SQL after the word SELECT. */
export function first(dialect: Dialect, rows: number, rest: string): string {
  const top = dialect === 'tsql' || dialect === 'sqlanywhere';
  return top ? `SELECT TOP ${rows} ${rest}` : `SELECT ${rest} LIMIT ${rows}`;
}

/** Casts a column to text, to compare it with a typed value. */
export function asText(dialect: Dialect, column: string): string {
  const types = {
    tsql: 'nvarchar(64)',
    mysql: 'char(64)',
    sqlanywhere: 'varchar(64)',
    postgresql: 'text',
    sqlite: 'text',
  };
  return `RTRIM(CAST(${column} AS ${types[dialect]}))`;
}

/** Writes a number or boolean of the mapping's filters. Text is a parameter instead. */
export function constant(dialect: Dialect, value: number | boolean): string {
  if (typeof value === 'number') return String(value);
  if (dialect === 'postgresql') return value ? 'TRUE' : 'FALSE';
  return value ? '1' : '0';
}

/**
 * Selects every column of every table and view that the login can see, under the names `owner_name`, `table_name`,
 * `column_name`, `column_type`. SQL Anywhere's system views are those of its reference ("SYSTAB", "SYSTABCOL").
 */
export const catalogQuery: Record<Dialect, string> = {
  tsql: `SELECT TABLE_SCHEMA AS owner_name, TABLE_NAME AS table_name, COLUMN_NAME AS column_name, DATA_TYPE AS column_type
  FROM INFORMATION_SCHEMA.COLUMNS ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`,
  mysql: `SELECT TABLE_SCHEMA AS owner_name, TABLE_NAME AS table_name, COLUMN_NAME AS column_name, DATA_TYPE AS column_type
  FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION`,
  postgresql: `SELECT table_schema AS owner_name, table_name AS table_name, column_name AS column_name, data_type AS column_type
  FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
 ORDER BY table_schema, table_name, ordinal_position`,
  sqlanywhere: `SELECT u.user_name AS owner_name, t.table_name AS table_name, c.column_name AS column_name, d.domain_name AS column_type
  FROM SYS.SYSTABCOL c
  JOIN SYS.SYSTAB t ON t.table_id = c.table_id
  JOIN SYS.SYSUSER u ON u.user_id = t.creator
  JOIN SYS.SYSDOMAIN d ON d.domain_id = c.domain_id
 WHERE u.user_name NOT IN ('SYS', 'dbo', 'rs_systabgroup', 'SYS_SPATIAL_ADMIN_ROLE')
 ORDER BY u.user_name, t.table_name, c.column_id`,
  sqlite: `SELECT 'main' AS owner_name, m.name AS table_name, c.name AS column_name, c.type AS column_type
  FROM sqlite_master m JOIN pragma_table_info(m.name) c
 WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`,
};
