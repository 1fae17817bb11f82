export interface Header {
  name: string;
  value: string;
}

/** The headers of a raw mail in order, unfolded, not decoded. Cheap: the body is never looked at. */
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

/** The values of every header of that name, whatever its case. */
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
