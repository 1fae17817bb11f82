import { imageSize } from 'image-size';

/** Type and size of an image, read from its own bytes. */
export interface Picture {
  type: 'png' | 'jpg' | 'gif';
  width: number;
  height: number;
}

/** Formats that every email program displays: how a file of each begins, and what its last bytes contain. */
const shown = [
  { type: 'png', name: 'PNG', begins: /^\x89PNG\r\n\x1a\n/, ends: 'IEND', lastBytes: 12 },
  { type: 'gif', name: 'GIF', begins: /^GIF8[79]a/, ends: '\x3b', lastBytes: 1 },
  { type: 'jpg', name: 'JPEG', begins: /^\xff\xd8\xff/, ends: '\xff\xd9', lastBytes: 64 },
] as const;

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
  const format = shown.find(({ begins }) => begins.test(head));
  if (!format) return others.find(([, is]) => is(bytes))?.[0] ?? 'not a known image format';
  const { type, name, ends, lastBytes } = format;
  try {
    const { width, height } = imageSize(bytes);
    if (bytes.includes(ends, -lastBytes, 'latin1') && width > 0 && height > 0) return { type, width, height };
  } catch {
    // The header is incomplete.
  }
  return `a damaged ${name} image`;
}
