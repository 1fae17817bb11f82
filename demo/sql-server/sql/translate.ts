import { sqlErrors } from '../sql-error.js';
import type { ResultColumn } from '../wire/answer.js';
import { types, type SqlType } from '../wire/types.js';
import { viewColumns, viewSql, type Catalog, type CatalogColumn, type MaySee } from './catalog.js';
import { quoteName, quoteText, sameName, type Token } from './tokens.js';

export interface TranslationParts {
  catalog: Catalog;
  maySee: MaySee;
  database: string;
  /** Name with its `@`, in lower case -> literal of MariaDB. */
  parameters: Map<string, string>;
}

export interface Translated {
  /** SQL for MariaDB in NO_BACKSLASH_ESCAPES mode. */
  sql: string;
  columns: ResultColumn[];
  /** Tables that the query reads, and `TABLE.COLUMN` for every column that it names anywhere. */
  tables: string[];
  reads: string[];
}

/** One table after FROM or JOIN; `end` is the place of the token after it. */
interface Source {
  alias: string;
  columns: CatalogColumn[];
  /** Null for a view of the system, whose columns everybody may read. */
  table: string | null;
  sql: string;
  end: number;
}

const keywords = new Set(
  'SELECT TOP FROM LEFT INNER JOIN ON WHERE AND OR NOT IS NULL IN GROUP ORDER BY ASC DESC AS DISTINCT'.split(' '),
);
const functions = new Set(['COUNT', 'MAX', 'NULLIF', 'RTRIM', 'CAST']);
const isName = (token: Token | undefined): token is Token =>
  token?.kind === 'quoted' || (token?.kind === 'word' && !keywords.has(token.text.toUpperCase()));
const is = (token: Token | undefined, word: string): boolean =>
  token !== undefined && (token.kind === 'word' || token.kind === 'mark') && token.text.toUpperCase() === word;

/**
 * Translates one SELECT of the shapes that our connectors send: columns, COUNT and MAX of joined tables, with WHERE,
 * GROUP BY and ORDER BY, but no queries inside others. It copies the tokens, replaces names and parameters, and turns
 * TOP into LIMIT. MariaDB itself checks the grammar of the result.
 *
 * @throws SqlError as a server does for an unknown or forbidden name, and 102 for syntax that it does not know
 */
export function translate(tokens: Token[], parts: TranslationParts): Translated {
  const sources = findSources(tokens, parts);
  const all = [...sources.values()];
  const reads = new Set<string>();
  const out: string[] = [];
  const columns: ResultColumn[] = [];
  let item: { name: string; type: SqlType | null } | null = null;
  let [depth, limit, operand] = [0, '', false];

  /** Ends an item of the select list; `next` is the item after it. */
  function endItem(next: typeof item): void {
    if (item) columns.push({ name: item.name, type: item.type ?? types.int });
    item = next;
  }

  function column(qualifier: string | null, name: string): string {
    const { source, column: found } = findColumn(all, qualifier, name);
    if (source.table !== null) {
      const what = `column '${found.name}' of the object '${source.table}'`;
      if (!parts.maySee(source.table, found.name)) throw sqlErrors.denied(230, what, parts.database);
      reads.add(`${source.table}.${found.name}`);
    }
    if (item) {
      item.type ??= found.type;
      if (depth === 0) item.name = found.name;
    }
    return `${quoteName(source.alias)}.${quoteName(found.name)}`;
  }

  /** Translates the tokens that stand for a value, or begin a call, and returns how many there are. */
  function value(at: number, token: Token): number {
    // Two values in a row: the second is a keyword that T-SQL does not have, such as LIMIT.
    if (operand) throw sqlErrors.syntax(token.text);
    const next = tokens[at + 1];
    if (token.kind === 'word' && is(next, '(')) {
      const name = token.text.toUpperCase();
      if (!functions.has(name)) throw sqlErrors.notAFunction(token.text);
      if (item && name === 'COUNT') item.type ??= types.int;
      out.push(`${name}(`);
      depth += 1;
      return 2;
    }
    operand = true;
    const qualified = is(next, '.') ? tokens[at + 2] : undefined;
    out.push(
      isName(qualified)
        ? column(token.text, qualified.text)
        : isName(token)
          ? column(null, token.text)
          : literalOf(token, parts),
    );
    return isName(qualified) ? 3 : 1;
  }

  /** Translates a keyword or a mark and returns how many tokens it takes. */
  function structure(at: number, token: Token): number {
    const word = token.text.toUpperCase();
    const next = tokens[at + 1];
    if (word === 'TOP') {
      const inside = is(next, '(');
      const count = tokens[at + (inside ? 2 : 1)];
      limit = ` LIMIT ${literalOf(count as Token, parts)}`;
      return inside ? 4 : 2;
    }
    if (word === 'AS' && isName(next)) {
      // Inside CAST the name is one of T-SQL's types of text.
      out.push(depth > 0 ? 'AS CHAR' : `AS ${quoteName(next.text)}`);
      if (item && depth === 0) item.name = next.text;
      operand = true;
      return 2;
    }
    if (word === '(' || word === ')') depth += word === '(' ? 1 : -1;
    // Only COUNT(*) may have the star, because a query must name its columns.
    if ((/^[<>=]/.test(word) && !operand) || (word === '*' && depth === 0)) throw sqlErrors.syntax(token.text);
    if (word === 'SELECT') endItem({ name: '', type: null });
    if (word === ',' && depth === 0 && item) endItem({ name: '', type: null });
    if (word === 'FROM') endItem(null);
    operand = word === ')' || word === 'NULL';
    out.push(word);
    return 1;
  }

  for (let at = 0; at < tokens.length;) {
    const source = sources.get(at);
    const token = tokens[at] as Token;
    if (source) {
      out.push(source.sql);
      at = source.end;
    } else if (token.kind === 'mark' || (token.kind === 'word' && !isName(token))) at += structure(at, token);
    else at += value(at, token);
  }
  endItem(null);
  const tables = all.flatMap(({ table }) => table ?? []);
  return { sql: out.join(' ') + limit, columns, tables, reads: [...reads] };
}

function literalOf({ kind, text }: Token, { parameters }: TranslationParts): string {
  if (kind !== 'parameter') return kind === 'string' ? quoteText(text) : text;
  const value = parameters.get(text.toLowerCase());
  if (value === undefined) throw sqlErrors.undeclared(text);
  return value;
}

/** Finds the tables that a query names, by the place of their first token. */
function findSources(tokens: Token[], parts: TranslationParts): Map<number, Source> {
  const sources = new Map<number, Source>();
  for (let at = 0; at < tokens.length; at += 1) {
    if (!is(tokens[at], 'FROM') && !is(tokens[at], 'JOIN')) continue;
    const path: string[] = [];
    let end = at;
    do {
      const token = tokens[end + 1];
      if (!isName(token)) throw sqlErrors.syntax('FROM');
      path.push(token.text);
      end += 2;
    } while (is(tokens[end], '.'));
    const next = tokens[end];
    const alias = isName(next) ? next.text : (path.at(-1) as string);
    sources.set(at + 1, { alias, end: isName(next) ? end + 1 : end, ...openTable(path, alias, parts) });
  }
  return sources;
}

function openTable(
  path: string[],
  alias: string,
  { catalog, maySee, database }: TranslationParts,
): Pick<Source, 'columns' | 'table' | 'sql'> {
  const [name = '', schema = 'dbo', inside = database] = [...path].reverse();
  const as = (sql: string): string => `${sql} AS ${quoteName(alias)}`;
  if (sameName(schema, 'INFORMATION_SCHEMA') && sameName(name, 'COLUMNS')) {
    return { columns: viewColumns, table: null, sql: as(viewSql(catalog, maySee)) };
  }
  const table = sameName(schema, 'dbo') && sameName(inside, database) ? catalog.get(name.toLowerCase()) : undefined;
  if (table === undefined) throw sqlErrors.object(path.join('.'));
  if (!maySee(table.name)) throw sqlErrors.denied(229, `object '${table.name}'`, database);
  return { columns: table.columns, table: table.name, sql: as(quoteName(table.name)) };
}

function findColumn(
  sources: Source[],
  qualifier: string | null,
  name: string,
): { source: Source; column: CatalogColumn } {
  const named = sources.filter(({ alias }) => qualifier === null || sameName(alias, qualifier));
  if (named.length === 0 && qualifier !== null) throw sqlErrors.unbound(`${qualifier}.${name}`);
  const [found, second] = named.flatMap((source) =>
    source.columns.filter((column) => sameName(column.name, name)).map((column) => ({ source, column })),
  );
  if (found === undefined) throw sqlErrors.column(name);
  if (second !== undefined) throw sqlErrors.ambiguous(name);
  return found;
}
