import type { Source } from './ast.js';
import { isQueryNext } from './cursor.js';
import type { Cursor } from './cursor.js';
import { parseColumnList } from './parse-list.js';

/** Lock hints; here they only decide whether a reader waits for a locked table. */
const lockHints = [
  'NOLOCK',
  'READUNCOMMITTED',
  'READPAST',
  'READCOMMITTED',
  'READCOMMITTEDLOCK',
  'ROWLOCK',
  'PAGLOCK',
  'SNAPSHOT',
];

/** Parses everything after FROM. */
export function parseSources(cursor: Cursor): Source {
  let left = parseJoined(cursor);
  while (cursor.takeOp(',')) left = { kind: 'join', type: 'CROSS', left, right: parseJoined(cursor), on: null };
  return left;
}

function parseJoined(cursor: Cursor): Source {
  let left = parseSource(cursor);
  for (;;) {
    const type = takeJoin(cursor);
    if (type === null) return left;
    const right = parseSource(cursor);
    if (type === 'CROSS') {
      left = { kind: 'join', type, left, right, on: null };
      continue;
    }
    cursor.expectWord('ON');
    left = { kind: 'join', type, left, right, on: cursor.grammar.condition(cursor) };
  }
}

function takeJoin(cursor: Cursor): 'INNER' | 'LEFT' | 'RIGHT' | 'CROSS' | null {
  if (cursor.isWord('FULL') || cursor.isWord('OUTER') || cursor.isWord('CROSS', 'APPLY')) {
    cursor.fail('FULL JOIN and APPLY are not known here');
  }
  if (cursor.takeWord('CROSS', 'JOIN')) return 'CROSS';
  if (cursor.takeWord('JOIN') || cursor.takeWord('INNER', 'JOIN')) return 'INNER';
  for (const side of ['LEFT', 'RIGHT'] as const) {
    if (cursor.takeWord(side, 'JOIN') || cursor.takeWord(side, 'OUTER', 'JOIN')) return side;
  }
  return null;
}

function parseSource(cursor: Cursor): Source {
  if (cursor.peek().text === '(' && cursor.peek().kind === 'op') return parseParenthesised(cursor);
  const path = parsePath(cursor);
  const alias = parseAlias(cursor);
  return { kind: 'table', path, alias, hints: parseHints(cursor) };
}

function parseParenthesised(cursor: Cursor): Source {
  cursor.expectOp('(');
  if (!isQueryNext(cursor)) {
    const inner = parseSources(cursor);
    cursor.expectOp(')');
    return inner;
  }
  const query = cursor.grammar.query(cursor);
  cursor.expectOp(')');
  const alias = parseAlias(cursor);
  // A derived table must be named.
  if (alias === null) cursor.fail();
  return { kind: 'derived', query, alias, columns: parseColumnList(cursor) };
}

/** Parses `table`, `schema.table`, `database.schema.table` or `database..table`. */
export function parsePath(cursor: Cursor): string[] {
  const path = [cursor.expectName()];
  while (cursor.takeOp('.')) path.push(cursor.peek().text === '.' ? 'dbo' : cursor.expectName());
  return path;
}

function parseAlias(cursor: Cursor): string | null {
  return cursor.takeWord('AS') ? cursor.expectName() : cursor.takeName();
}

function parseHints(cursor: Cursor): string[] {
  const hints: string[] = [];
  if (!cursor.isWord('WITH') || cursor.peek(1).text !== '(') return hints;
  cursor.expectWord('WITH');
  cursor.expectOp('(');
  do {
    const word = cursor.expectName().toUpperCase();
    if (!lockHints.includes(word)) cursor.fail(`the hint ${word} is not known here`);
    hints.push(word);
  } while (cursor.takeOp(','));
  cursor.expectOp(')');
  return hints;
}
