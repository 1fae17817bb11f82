/** A text as it is looked for with LIKE, whatever characters are in it. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
