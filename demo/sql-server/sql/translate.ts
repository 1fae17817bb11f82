import type { ResultColumn } from '../wire/answer.js';
import type { Query } from './ast.js';
import { conditionSql } from './translate-condition.js';
import { expressionSql } from './translate-expression.js';
import { querySql, subquerySql } from './translate-query.js';
import { Translation } from './translation.js';
import type { Rules, TranslationParts } from './translation.js';

const rules: Rules = { expression: expressionSql, condition: conditionSql, subquery: subquerySql };

export interface Translated {
  /** SQL for MariaDB in NO_BACKSLASH_ESCAPES mode. */
  sql: string;
  columns: ResultColumn[];
  /** Tables that the query reads; `reads` has `TABLE.COLUMN` for every column that it names anywhere. */
  tables: string[];
  reads: string[];
  /** Tables that the query would wait for if they were locked. */
  waitsFor: string[];
}

/** Translates one query; throws the `SqlError` that a server would give. */
export function translate(query: Query, parts: Omit<TranslationParts, 'rules'>): Translated {
  const on = new Translation({ ...parts, rules });
  const { sql, columns } = querySql(query, on);
  return { sql, columns, tables: [...on.tables], reads: [...on.columns], waitsFor: [...on.waitsFor] };
}
