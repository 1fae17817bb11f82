import { sqlErrors } from '../sql-error.js';

export type TokenKind = 'name' | 'quoted' | 'string' | 'number' | 'binary' | 'param' | 'global' | 'op' | 'end';

export interface Token {
  kind: TokenKind;
  /** A name without brackets, a string without quotes, or an operator as written. */
  text: string;
  /** True for strings with the prefix N. */
  wide?: boolean;
}

const patterns: [TokenKind | 'space', RegExp][] = [
  ['space', /\s+|--[^\n]*/y],
  ['quoted', /\[(?:[^\]]|\]\])+\]|"(?:[^"]|"")+"/y],
  ['string', /[Nn]?'(?:[^']|'')*'/y],
  ['binary', /0[xX][0-9a-fA-F]*/y],
  ['number', /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?/y],
  ['global', /@@[A-Za-z_]\w*/y],
  ['param', /@[A-Za-z_@#$\w]+/y],
  ['name', /[\p{L}_#][\p{L}\p{N}_@#$]*/uy],
  ['op', /<>|!=|<=|>=|[-+*/%&|^~=<>(),.;]/y],
];

/** Splits a T-SQL batch into tokens. Anything else (a backtick, `||`, `#` alone) is error 102, as on a server. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    const comment = skipComment(sql, at);
    if (comment > at) {
      at = comment;
      continue;
    }
    const [kind, text] = match(sql, at);
    at += text.length;
    if (kind !== 'space') tokens.push(makeToken(kind, text));
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}

function match(sql: string, at: number): [TokenKind | 'space', string] {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(sql);
    if (found !== null) return [kind, found[0]];
  }
  const character = String.fromCodePoint(sql.codePointAt(at) as number);
  if (character === "'") throw sqlErrors.unclosedQuote(sql.slice(at + 1));
  throw sqlErrors.syntax(character);
}

/** Block comments nest in T-SQL. */
function skipComment(sql: string, from: number): number {
  if (!sql.startsWith('/*', from)) return from;
  let depth = 0;
  for (let at = from; at < sql.length; at++) {
    const pair = sql.slice(at, at + 2);
    if (pair === '/*') depth++;
    if (pair === '*/') depth--;
    if (pair === '/*' || pair === '*/') at++;
    if (depth === 0) return at + 1;
  }
  throw sqlErrors.syntax('/*');
}

function makeToken(kind: TokenKind, text: string): Token {
  if (kind === 'quoted') {
    const close = text.at(-1) as string;
    return { kind, text: text.slice(1, -1).replaceAll(close + close, close) };
  }
  if (kind === 'string') {
    const wide = !text.startsWith("'");
    return { kind, wide, text: text.slice(wide ? 2 : 1, -1).replaceAll("''", "'") };
  }
  return { kind, text };
}
