import { sqlErrors } from '../sql-error.js';
import type { ResultColumn } from '../wire/answer.js';
import type { Parameter } from '../wire/parameters.js';
import type { Catalog } from './catalog.js';
import type { SessionFacts } from './functions.js';
import type { Condition, Expression, Query } from './ast.js';
import type { Found, Scope, ScopeColumn } from './scope.js';
import type { Emitted } from './types.js';

/** The tables and columns that a login may read. */
export interface Access {
  maySeeTable(table: string): boolean;
  maySeeColumn(table: string, column: string): boolean;
}

/** A result column; with its SQL if a single SELECT yields it. */
export interface ResultItem extends ResultColumn {
  sql?: string;
}

/** The mutually recursive parts of the translation, through which its files reach each other. */
export interface Rules {
  expression(node: Expression, scope: Scope, on: Translation): Emitted;
  condition(node: Condition, scope: Scope, on: Translation): string;
  /** Translates a query inside another; `names` renames its columns. */
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
  /** Milliseconds; -1 waits forever. */
  lockTimeout: number;
}

/** The translation of one statement from T-SQL to MariaDB, with its access rights and a record of what it reads. */
export class Translation {
  readonly #rules: Rules;
  readonly catalog: Catalog;
  readonly access: Access;
  readonly parameters: Map<string, Parameter>;
  readonly session: SessionFacts;
  readonly sessionId: number;
  readonly lockTimeout: number;
  /** Queries of WITH, by lower-case name. */
  readonly ctes = new Map<string, ScopeColumn[]>();
  readonly tables = new Set<string>();
  readonly columns = new Set<string>();
  /** Tables read without NOLOCK, which a lock would block. */
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

  /** Returns an unused name. */
  fresh(): string {
    return `t__${++this.#names}`;
  }

  /** Checks that this login may read a column and records the read. */
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
