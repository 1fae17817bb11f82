import { sqlErrors } from '../sql-error.js';

export interface Token {
  kind: 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'mark';
  /** A name without brackets, a string without quotes, or the text as written. */
  text: string;
}

const patterns: [Token['kind'] | 'space', RegExp][] = [
  ['space', /\s+/y],
  ['quoted', /\[[^\]]+\]/y],
  ['string', /N?'(?:[^']|'')*'/y],
  ['number', /-?\d+(?:\.\d+)?/y],
  ['parameter', /@\w+/y],
  ['word', /[A-Za-z_]\w*/y],
  ['mark', /<>|<=|>=|[=<>(),.;*]/y],
];

/** Splits T-SQL into tokens. Anything else, such as a backtick, is error 102, as on a server. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < sql.length;) {
    const [kind, text] = match(sql, at);
    at += text.length;
    if (kind === 'quoted') tokens.push({ kind, text: text.slice(1, -1) });
    else if (kind === 'string')
      tokens.push({ kind, text: text.slice(text.indexOf("'") + 1, -1).replaceAll("''", "'") });
    else if (kind !== 'space') tokens.push({ kind, text });
  }
  return tokens;
}

function match(sql: string, at: number): [Token['kind'] | 'space', string] {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(sql);
    if (found !== null) return [kind, found[0]];
  }
  throw sqlErrors.syntax(sql.charAt(at));
}

/** Quotes a text for MariaDB in NO_BACKSLASH_ESCAPES mode, where only the quote itself is doubled. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
export const quoteBytes = (bytes: Buffer): string => `X'${bytes.toString('hex')}'`;
export const sameName = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();
