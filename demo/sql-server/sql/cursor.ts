import { sqlErrors } from '../sql-error.js';
import type { Condition, Expression, Query } from './ast.js';
import type { Token } from './lexer.js';

/** T-SQL's reserved words, as far as this parser uses them; none of them is a valid name without brackets. */
const reserved = new Set(
  `ADD ALL ALTER AND ANY AS ASC BACKUP BEGIN BETWEEN BREAK BY CASE CHECK CLOSE COALESCE COLLATE COLUMN COMMIT CONSTRAINT
  CONVERT CREATE CROSS CURRENT CURRENT_TIMESTAMP CURSOR DATABASE DECLARE DEFAULT DELETE DENY DESC DISTINCT DROP ELSE END
  ESCAPE EXCEPT EXEC EXECUTE EXISTS FETCH FOR FOREIGN FROM FULL FUNCTION GOTO GRANT GROUP HAVING HOLDLOCK IF IN INDEX INNER
  INSERT INTERSECT INTO IS JOIN KEY KILL LEFT LIKE MERGE NOT NULL NULLIF OF OFF ON OPTION OR ORDER OUTER OVER PERCENT PIVOT
  PRIMARY PRINT PROC PROCEDURE RETURN REVOKE RIGHT ROLLBACK SELECT SET SOME TABLE THEN TO TOP TRAN TRANSACTION TRUNCATE
  TRY_CONVERT UNION UNIQUE UNPIVOT UPDATE USE VALUES VIEW WHEN WHERE WHILE WITH`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/** A cursor over tokens, shared by the parser files. */
export interface TokenCursor {
  peek(ahead?: number): Token;
  next(): Token;
  /** Returns true if the next tokens are these words, without taking them. */
  isWord(...words: string[]): boolean;
  /** Takes the next tokens if they are these words, in this order. */
  takeWord(...words: string[]): boolean;
  expectWord(...words: string[]): void;
  takeOp(op: string): boolean;
  expectOp(op: string): void;
  /** Takes a name that is not reserved, or one in brackets or double quotes; null if there is none. */
  takeName(): string | null;
  expectName(): string;
  /** Throws error 102 at the next token. */
  fail(reason?: string): never;
  mark(): number;
  reset(mark: number): void;
}

/** The three mutually recursive parts of the grammar, through which the parser files reach each other. */
export interface Grammar {
  expression(cursor: Cursor): Expression;
  condition(cursor: Cursor): Condition;
  query(cursor: Cursor): Query;
}

export interface Cursor extends TokenCursor {
  grammar: Grammar;
}

export const isQueryNext = (cursor: TokenCursor): boolean =>
  cursor.isWord('SELECT') || (cursor.peek().text === '(' && cursor.peek(1).text.toUpperCase() === 'SELECT');

export function createCursor(tokens: Token[], grammar: Grammar): Cursor {
  let at = 0;
  const end = tokens.at(-1) as Token;
  const cursor: Cursor = {
    grammar,
    peek: (ahead = 0) => tokens[at + ahead] ?? end,
    next: () => tokens[at++] ?? end,
    isWord: (...words) =>
      words.every((word, ahead) => {
        const token = cursor.peek(ahead);
        return token.kind === 'name' && token.text.toUpperCase() === word;
      }),
    takeWord(...words) {
      const there = cursor.isWord(...words);
      if (there) at += words.length;
      return there;
    },
    expectWord(...words) {
      for (const word of words) if (!cursor.takeWord(word)) cursor.fail();
    },
    takeOp(op) {
      const there = cursor.peek().kind === 'op' && cursor.peek().text === op;
      if (there) at++;
      return there;
    },
    expectOp(op) {
      if (!cursor.takeOp(op)) cursor.fail();
    },
    takeName() {
      const token = cursor.peek();
      const isName = token.kind === 'quoted' || (token.kind === 'name' && !reserved.has(token.text.toUpperCase()));
      if (!isName) return null;
      at++;
      return token.text;
    },
    expectName: () => cursor.takeName() ?? cursor.fail(),
    fail(reason) {
      const token = cursor.peek();
      if (token.kind === 'name' && reserved.has(token.text.toUpperCase())) throw sqlErrors.keyword(token.text, reason);
      // At the end of input, a server names the last token.
      throw sqlErrors.syntax(token.kind === 'end' ? (tokens[at - 1]?.text ?? '') : token.text, reason);
    },
    mark: () => at,
    reset(mark) {
      at = mark;
    },
  };
  return cursor;
}
