/**
 * Removes possibly personal data from an error's text: addresses, quoted values and URLs with credentials. Database and
 * driver errors quote the row that failed, and job errors are stored in Redis and logs.
 */
export function scrub(text: string): string {
  return text
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s/@]+@/gi, '[credentials]@')
    .replace(/[^\s'"<>,;]+@[^\s'"<>,;]+/g, '[address]')
    .replace(/'(?:[^'\\]|\\.|'')*'/g, "'[value]'")
    .replace(/\b(pwd|password|uid|user)\s*=\s*[^;\s]+/gi, '$1=[hidden]')
    .slice(0, 1000);
}

/** Returns the stack frames of an error without the leading lines, which repeat its message. */
export function framesOf(error: unknown, most = 12): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, most)
    .join('\n');
}
