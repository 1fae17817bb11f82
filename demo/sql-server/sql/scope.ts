import { sqlErrors } from '../sql-error.js';
import type { SqlType } from '../wire/type-info.js';
import { quoteName } from './literal.js';

export interface ScopeColumn {
  name: string;
  type: SqlType;
}

/** One source after FROM. */
export interface ScopeSource {
  alias: string;
  columns: ScopeColumn[];
  /** The table, if the source is one; reads of its columns are checked and recorded. */
  table: string | null;
}

export interface Found {
  sql: string;
  type: SqlType;
  source: ScopeSource;
  column: ScopeColumn;
}

/** The sources of one SELECT and of the queries around it. */
export class Scope {
  readonly sources: ScopeSource[] = [];
  readonly outer: Scope | null;

  constructor(outer: Scope | null) {
    this.outer = outer;
  }

  add(source: ScopeSource): void {
    this.sources.push(source);
  }

  /** Finds a column as T-SQL does: inner sources first, names regardless of case. */
  find(qualifier: string | null, name: string): Found {
    const found = this.#findHere(qualifier, name) ?? this.#findOutside(qualifier, name);
    if (found !== null) return found;
    throw qualifier === null ? sqlErrors.column(name) : sqlErrors.unbound(`${qualifier}.${name}`);
  }

  #findOutside(qualifier: string | null, name: string): Found | null {
    if (this.outer === null) return null;
    return this.outer.#findHere(qualifier, name) ?? this.outer.#findOutside(qualifier, name);
  }

  #findHere(qualifier: string | null, name: string): Found | null {
    const sources =
      qualifier === null ? this.sources : this.sources.filter((source) => sameName(source.alias, qualifier));
    const hits = sources.flatMap((source) =>
      source.columns.filter((column) => sameName(column.name, name)).map((column) => ({ source, column })),
    );
    if (hits.length > 1) throw sqlErrors.ambiguous(name);
    const [hit] = hits;
    if (hit === undefined) {
      // A source of that name ends the search, because it does not have the column.
      if (qualifier !== null && sources.length > 0) throw sqlErrors.column(name);
      return null;
    }
    return {
      ...hit,
      type: hit.column.type,
      sql: `${quoteName(hit.source.alias)}.${quoteName(hit.column.name)}`,
    };
  }
}

export const sameName = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();
