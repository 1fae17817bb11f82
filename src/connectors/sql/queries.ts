import type { Dialect, Parameter } from '../drivers/driver.js';
import { asText, constant, first, quote, quoteTable } from './dialect.js';
import type { Mapping } from './mapping/mapping.js';
import type { Selection } from './selection.js';

export interface Query {
  sql: string;
  parameters: Parameter[];
}

/** The clients whose rows to read: from after one key up to another, or a list of keys. */
export type Span = { after: Parameter | null; last: Parameter } | { keys: Parameter[] };

export interface Queries {
  page(after: Parameter | null, rows: number): Query;
  /** Counts the rows after a key, up to the end of the table. */
  rest(after: Parameter | null): Query;
  /** Counts the rows without a key, which are on no page. */
  keyless(): Query;
  byKey(key: Parameter): Query;
  byDisplayId(id: string): Query | null;
  /** Reads pets by their owner column. Null if the mapping has none. */
  pets(span: Span): Counted | null;
  /** Reads pets by the ownerships table. Null if the mapping has none. */
  ownerships(span: Span): Counted | null;
}

/** The columns that the mapping names, by table. */
export interface Selections {
  client: Selection;
  pet: Selection;
  ownership: Selection | null;
}

export interface Counted {
  rows: Query;
  /** Counts by an index on the owner, without joins. */
  quick: Query;
  /** Counts exactly the rows that `rows` returns. */
  exact: Query;
}

/** Name of the result column that queries add to those of the mapping. */
export const ownerColumn = 'owner';

/**
 * Creates the SQL that reads a mapping in one dialect: plain SELECTs of named columns. Pages continue by key and not by
 * offset, because an offset shifts when staff add a client during the read.
 */
export function createQueries(mapping: Mapping, dialect: Dialect, selections: Selections): Queries {
  const { clients, pets, ownerships } = mapping;
  const { client, pet, ownership } = selections;
  const q = (name: string): string => quote(dialect, name);
  const key = client.own(clients.key);
  const clientTable = quoteTable(dialect, clients.table);
  const petTable = quoteTable(dialect, pets.table);
  const base = filter();

  function filter(): { conditions: string[]; parameters: Parameter[] } {
    const parameters: Parameter[] = [];
    const conditions = Object.entries(clients.where).flatMap(([column, wanted]) => {
      if (wanted === null) return [];
      const values = (Array.isArray(wanted) ? wanted : [wanted]).map((value) => {
        if (typeof value !== 'string') return constant(dialect, value);
        parameters.push({ type: 'text', value });
        return '?';
      });
      const [only] = values;
      return [`${client.own(column)} ${values.length === 1 ? `= ${only}` : `IN (${values.join(', ')})`}`];
    });
    return { conditions, parameters };
  }

  function behind(after: Parameter | null): Query {
    const conditions = [...base.conditions];
    const parameters = [...base.parameters];
    if (after) {
      conditions.push(`${key} > ?`);
      parameters.push(after);
    } else conditions.push(`${key} IS NOT NULL`);
    return { sql: ` WHERE ${conditions.join(' AND ')}`, parameters };
  }

  const clientRows = (where: string): string => `${client.list()}\n  FROM ${clientTable} c${client.joined()}\n${where}`;

  function one(condition: string, parameters: Parameter[]): Query {
    const conditions = [...base.conditions, condition];
    const where = ` WHERE ${conditions.join(' AND ')} ORDER BY ${key}`;
    return { sql: first(dialect, 2, clientRows(where)), parameters: [...base.parameters, ...parameters] };
  }

  /** Selects rows of pets by the column `owner` of the table `main`, with the queries that count them. */
  function counted(list: string, owner: string, main: string, from: string, joined: string, span: Span): Counted {
    const where = spanWhere(owner, span);
    const rows = `SELECT ${owner} AS ${q(ownerColumn)}, ${list}\n  FROM ${from}${joined}\n WHERE ${where.sql}`;
    const countOf = (tables: string): Query => ({
      sql: `SELECT COUNT(*) AS ${q('n')}\n  FROM ${tables}\n WHERE ${where.sql}`,
      parameters: where.parameters,
    });
    return {
      rows: { sql: rows, parameters: where.parameters },
      quick: countOf(main),
      exact: countOf(`${from}${joined}`),
    };
  }

  return {
    page(after, rows) {
      const { sql, parameters } = behind(after);
      return { sql: first(dialect, rows, clientRows(`${sql} ORDER BY ${key}`)), parameters };
    },
    rest(after) {
      const { sql, parameters } = behind(after);
      return { sql: `SELECT COUNT(*) AS ${q('n')} FROM ${clientTable} c${sql}`, parameters };
    },
    keyless() {
      const where = [...base.conditions, `${key} IS NULL`].join(' AND ');
      return {
        sql: `SELECT COUNT(*) AS ${q('n')} FROM ${clientTable} c WHERE ${where}`,
        parameters: base.parameters,
      };
    },
    byKey: (wanted) => one(`${key} = ?`, [wanted]),
    byDisplayId(id) {
      if (clients.displayId === null || clients.displayId.includes('.')) return null;
      return one(`${asText(dialect, client.own(clients.displayId))} = ?`, [{ type: 'text', value: id }]);
    },
    pets(span) {
      if (pets.owner === null) return null;
      return counted(pet.list(), `p.${q(pets.owner)}`, `${petTable} p`, `${petTable} p`, pet.joined(), span);
    },
    ownerships(span) {
      if (ownerships === null || ownership === null) return null;
      const main = `${quoteTable(dialect, ownerships.table)} o`;
      const from = `${main}\n  JOIN ${petTable} p ON p.${q(pets.key)} = o.${q(ownerships.pet)}`;
      const list = [ownership.list(), pet.list()].filter((each) => each !== '').join(', ');
      return counted(list, `o.${q(ownerships.client)}`, main, from, pet.joined(), span);
    },
  };
}

function spanWhere(column: string, span: Span): Query {
  if ('keys' in span) {
    return { sql: `${column} IN (${span.keys.map(() => '?').join(', ')})`, parameters: span.keys };
  }
  return span.after
    ? { sql: `${column} > ? AND ${column} <= ?`, parameters: [span.after, span.last] }
    : { sql: `${column} <= ?`, parameters: [span.last] };
}
