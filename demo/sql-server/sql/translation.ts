import { sqlErrors } from '../sql-error.js';
import type { ResultColumn } from '../wire/answer.js';
import type { Parameter } from '../wire/parameters.js';
import type { Catalog } from './catalog.js';
import type { SessionFacts } from './functions.js';
import type { Condition, Expression, Query } from './ast.js';
import type { Found, Scope, ScopeColumn } from './scope.js';
import type { Emitted } from './types.js';

/** Which tables and columns a login may read. */
export interface Access {
  maySeeTable(table: string): boolean;
  maySeeColumn(table: string, column: string): boolean;
}

/** A column of a result, with the SQL that yields it where one SELECT alone yields it. */
export interface ResultItem extends ResultColumn {
  sql?: string;
}

/** The parts of the translation that contain each other, so that each file of it can reach the others through here. */
export interface Rules {
  expression(node: Expression, scope: Scope, on: Translation): Emitted;
  condition(node: Condition, scope: Scope, on: Translation): string;
  /** A query inside another; `names` renames its columns. */
  subquery(
    query: Query,
    outer: Scope | null,
    on: Translation,
    names: string[] | null,
  ): { sql: string; columns: ResultItem[] };
}

export interface TranslationParts {
  rules: Rules;
  catalog: Catalog;
  access: Access;
  parameters: Map<string, Parameter>;
  session: SessionFacts;
  sessionId: number;
  /** Milliseconds; -1 waits for ever. */
  lockTimeout: number;
}

/** One statement on its way from T-SQL to MariaDB: what it may name, and what it was seen to read. */
export class Translation {
  readonly #rules: Rules;
  readonly catalog: Catalog;
  readonly access: Access;
  readonly parameters: Map<string, Parameter>;
  readonly session: SessionFacts;
  readonly sessionId: number;
  readonly lockTimeout: number;
  /** Queries named by WITH, by lower-case name. */
  readonly ctes = new Map<string, ScopeColumn[]>();
  readonly tables = new Set<string>();
  readonly columns = new Set<string>();
  /** Tables read without NOLOCK: the ones that a lock would hold up. */
  readonly waitsFor = new Set<string>();
  #names = 0;

  constructor(parts: TranslationParts) {
    this.#rules = parts.rules;
    this.catalog = parts.catalog;
    this.access = parts.access;
    this.parameters = parts.parameters;
    this.session = parts.session;
    this.sessionId = parts.sessionId;
    this.lockTimeout = parts.lockTimeout;
  }

  expression(node: Expression, scope: Scope): Emitted {
    return this.#rules.expression(node, scope, this);
  }

  condition(node: Condition, scope: Scope): string {
    return this.#rules.condition(node, scope, this);
  }

  subquery(query: Query, outer: Scope | null, names: string[] | null = null): { sql: string; columns: ResultItem[] } {
    return this.#rules.subquery(query, outer, this, names);
  }

  /** A name that nothing else has. */
  fresh(): string {
    return `t__${++this.#names}`;
  }

  /** Notes that a column is read, after asking whether this login may. */
  column(found: Found): Emitted {
    const { table } = found.source;
    if (table !== null) {
      if (!this.access.maySeeColumn(table, found.column.name)) {
        throw sqlErrors.columnDenied(found.column.name, table, this.session.database);
      }
      this.columns.add(`${table}.${found.column.name}`);
    }
    return { sql: found.sql, type: found.type };
  }
}
