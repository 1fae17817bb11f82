/** Type and size of an image, read from its own bytes. */
export interface Picture {
  type: 'png' | 'jpg' | 'gif';
  width: number;
  height: number;
}

/** Formats that people often have but that email programs do not display. */
const others: readonly (readonly [name: string, is: (bytes: Buffer) => boolean])[] = [
  [
    'an SVG drawing',
    (bytes) => /^\s*(<\?xml[^>]*>\s*|<!--[\s\S]*?-->\s*)*<svg[\s>]/i.test(bytes.toString('utf8', 0, 2000)),
  ],
  ['a WebP image', (bytes) => bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP'],
  ['an AVIF or HEIC image', (bytes) => bytes.toString('latin1', 4, 8) === 'ftyp'],
  ['a BMP image', (bytes) => bytes.toString('latin1', 0, 2) === 'BM'],
  ['a TIFF image', (bytes) => /^(II\*\0|MM\0\*)/.test(bytes.toString('latin1', 0, 4))],
  ['a PDF document', (bytes) => bytes.toString('latin1', 0, 5) === '%PDF-'],
];

/**
 * Reads type and size of an image from its bytes and ignores its file name and declared content type. Accepts only the
 * formats that every email program displays: PNG, JPEG and GIF.
 *
 * @returns the image, or a noun phrase for an error message: `a WebP image`, `a damaged PNG image`
 */
export function readPicture(bytes: Buffer): Picture | string {
  const head = bytes.toString('latin1', 0, 8);
  if (head === '\x89PNG\r\n\x1a\n') return png(bytes) ?? 'a damaged PNG image';
  if (/^GIF8[79]a/.test(head)) return gif(bytes) ?? 'a damaged GIF image';
  if (head.startsWith('\xff\xd8\xff')) return jpeg(bytes) ?? 'a damaged JPEG image';
  return others.find(([, is]) => is(bytes))?.[0] ?? 'not a known image format';
}

/** PNG (ISO/IEC 15948): the first chunk is IHDR, the last one IEND. */
function png(bytes: Buffer): Picture | null {
  if (bytes.length < 57 || bytes.toString('latin1', 12, 16) !== 'IHDR' || !bytes.includes('IEND', -12)) return null;
  return sized('png', bytes.readUInt32BE(16), bytes.readUInt32BE(20));
}

/** GIF89a, section 18: the logical screen; section 27: the trailer ends it. */
function gif(bytes: Buffer): Picture | null {
  if (bytes.length < 26 || bytes.at(-1) !== 0x3b) return null;
  return sized('gif', bytes.readUInt16LE(6), bytes.readUInt16LE(8));
}

/** JPEG (ITU T.81): a chain of segments; the size is in the first frame header, SOF0 to SOF15. */
function jpeg(bytes: Buffer): Picture | null {
  if (!bytes.includes(Buffer.from([0xff, 0xd9]), -64)) return null;
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] as number;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return sized('jpg', bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5));
    // Skips a fill byte before a marker, or a segment with its length.
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
}

function sized(type: Picture['type'], width: number, height: number): Picture | null {
  return width > 0 && height > 0 ? { type, width, height } : null;
}
