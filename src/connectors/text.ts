import iconv from 'iconv-lite';

/**
 * Text from old client-server databases has padded CHAR columns, NULs from fixed records, Windows-1252 bytes 0x80-0x9F
 * that were read as Latin-1, and decomposed accents. SQL Anywhere describes CHAR as fixed length over ODBC and often
 * stores Windows-1252 (SQL Anywhere 12 reference, "CHAR and WSQLTYPE").
 */
const needsWork = /[\0\u0080-\u009f]|[^\0-\u00ff]|^\s|\s$/;
const c1 = /[\u0080-\u009f]/g;
const beyondLatin1 = /[^\0-\u00ff]/;

/** Characters of the bytes 0x80-0x9F in Windows-1252; the five undefined bytes map to empty text. */
const windows1252 = Array.from({ length: 32 }, (_, at) => iconv.decode(Buffer.from([0x80 + at]), 'win1252')).map(
  (char) => (char === '\ufffd' || /[\u0080-\u009f]/.test(char) ? '' : char),
);

const space = 0x20;
const lastAscii = 0x7e;

/** Returns whether text is printable ASCII without surrounding spaces. Most text is, and needs no cleaning. */
function isPlain(text: string): boolean {
  const last = text.length - 1;
  if (last < 0 || text.charCodeAt(0) === space || text.charCodeAt(last) === space) return false;
  for (let at = 0; at <= last; at += 1) {
    const code = text.charCodeAt(at);
    if (code < space || code > lastAscii) return false;
  }
  return true;
}

/** Trims, drops NULs, repairs Windows-1252 punctuation, composes accents (NFC). Empty text is null. */
export function cleanText(text: string): string | null {
  if (isPlain(text)) return text;
  let clean = text;
  if (needsWork.test(text)) {
    clean = text.replaceAll('\0', '').replace(c1, (char) => windows1252[char.charCodeAt(0) - 0x80] ?? '');
    if (beyondLatin1.test(clean)) clean = clean.normalize('NFC');
    clean = clean.trim();
  }
  return clean === '' ? null : clean;
}

/** Decodes bytes of a text column whose character set the driver did not decode: UTF-8 if valid, else Windows-1252. */
export function decodeBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Node's own windows-1252 decoder reads Latin-1 in some versions.
    return iconv.decode(Buffer.from(bytes), 'win1252');
  }
}

/** Returns whether the connection replaced undecodable bytes. The letters are lost; a retry cannot help. */
export function isDamaged(text: string): boolean {
  return text.includes('\ufffd');
}
