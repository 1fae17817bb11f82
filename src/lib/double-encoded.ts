/** Returns whether UTF-8 was read as Windows-1252, as in `JosÃ©`: a connection or an export names the wrong character set. */
export function isDoubleEncoded(text: string): boolean {
  return /[ÂÃ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€/.test(text);
}
