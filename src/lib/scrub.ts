/**
 * Takes out of an error's text what may be personal: addresses, quoted values and URLs with credentials. Database and
 * driver errors repeat the row they choked on, and job errors are stored in Redis and logs.
 */
export function scrub(text: string): string {
  return text
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s/@]+@/gi, '[credentials]@')
    .replace(/[^\s'"<>,;]+@[^\s'"<>,;]+/g, '[address]')
    .replace(/'(?:[^'\\]|\\.|'')*'/g, "'[value]'")
    .replace(/\b(pwd|password|uid|user)\s*=\s*[^;\s]+/gi, '$1=[hidden]')
    .slice(0, 1000);
}

/** Where an error was thrown: its stack without its first lines, which repeat its text. */
export function framesOf(error: unknown, most = 12): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, most)
    .join('\n');
}
