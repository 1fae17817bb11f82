import type { SqlType } from '../wire/type-info.js';

/** An expression for a value. T-SQL separates values and conditions, and so do these types. */
export type Expression =
  | { kind: 'literal'; type: SqlType; value: string | Buffer | null }
  | { kind: 'parameter'; name: string }
  | { kind: 'global'; name: string }
  | { kind: 'column'; qualifier: string | null; name: string }
  | { kind: 'unary'; operator: '-' | '+' | '~'; operand: Expression }
  | { kind: 'binary'; operator: string; left: Expression; right: Expression }
  | {
      kind: 'call';
      name: string;
      arguments: Expression[];
      star: boolean;
      distinct: boolean;
      over: Over | null;
    }
  | { kind: 'cast'; operand: Expression; type: SqlType; style: number | null; orNull: boolean }
  | { kind: 'case'; operand: Expression | null; branches: Branch[]; otherwise: Expression | null }
  | { kind: 'iif'; condition: Condition; then: Expression; otherwise: Expression }
  | { kind: 'collate'; operand: Expression; collation: string }
  | { kind: 'subquery'; query: Query };

export interface Branch {
  when: Condition | Expression;
  then: Expression;
}

export interface Over {
  partition: Expression[];
  order: Order[];
}

export type Condition =
  | { kind: 'and' | 'or'; left: Condition; right: Condition }
  | { kind: 'not'; operand: Condition }
  | { kind: 'compare'; operator: string; left: Expression; right: Expression }
  | { kind: 'isNull'; operand: Expression; negated: boolean }
  | { kind: 'in'; operand: Expression; list: Expression[] | Query; negated: boolean }
  | { kind: 'between'; operand: Expression; from: Expression; to: Expression; negated: boolean }
  | { kind: 'like'; operand: Expression; pattern: Expression; escape: string | null; negated: boolean }
  | { kind: 'exists'; query: Query };

export interface Order {
  expression: Expression;
  descending: boolean;
}

export type SelectItem =
  { kind: 'star'; qualifier: string | null } | { kind: 'value'; expression: Expression; alias: string | null };

export type Source =
  | { kind: 'table'; path: string[]; alias: string | null; hints: string[] }
  | { kind: 'derived'; query: Query; alias: string; columns: string[] | null }
  | {
      kind: 'join';
      type: 'INNER' | 'LEFT' | 'RIGHT' | 'CROSS';
      left: Source;
      right: Source;
      on: Condition | null;
    };

export interface Select {
  kind: 'select';
  distinct: boolean;
  top: Expression | null;
  items: SelectItem[];
  /** Target of SELECT ... INTO, which makes a table; parsed so that it can be refused. */
  into: string[] | null;
  from: Source | null;
  where: Condition | null;
  groupBy: Expression[];
  having: Condition | null;
}

export interface Combined {
  kind: 'combined';
  operator: 'UNION' | 'UNION ALL' | 'EXCEPT' | 'INTERSECT';
  left: Select | Combined;
  right: Select | Combined;
}

export interface Query {
  with: { name: string; columns: string[] | null; query: Query }[];
  body: Select | Combined;
  orderBy: Order[];
  offset: Expression | null;
  fetch: Expression | null;
}

export type Statement =
  | { kind: 'query'; query: Query }
  | { kind: 'set'; option: string; value: string }
  /** A statement that writes; parsed so that it can be refused as a server would refuse it. */
  | { kind: 'write'; action: string; path: string[] };
