export interface Header {
  name: string;
  value: string;
}

/** Reads the headers of a raw email in order, unfolded but not decoded. Fast, because it never reads the body. */
export function readHeaders(raw: Buffer): Header[] {
  const headers: Header[] = [];
  for (const line of headerBlock(raw).split(/\r?\n/)) {
    const last = headers.at(-1);
    if (/^[ \t]/.test(line) && last) {
      last.value += ` ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon > 0) headers.push({ name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() });
  }
  return headers;
}

/** Returns the values of every header of that name, regardless of case. */
export function headerValues(headers: Header[], name: string): string[] {
  const wanted = name.toLowerCase();
  return headers.filter((header) => header.name.toLowerCase() === wanted).map((header) => header.value);
}

function headerBlock(raw: Buffer): string {
  const windows = raw.indexOf('\r\n\r\n');
  const before = windows === -1 ? raw : raw.subarray(0, windows);
  const unix = before.indexOf('\n\n');
  return (unix === -1 ? before : before.subarray(0, unix)).toString('utf8');
}
