import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import iconv from 'iconv-lite';
import { PimsProblem } from '../errors.js';

/** The settings of a file's format. */
export interface TableOptions {
  encoding: 'auto' | 'utf-8' | 'windows-1252' | 'utf-16le' | 'utf-16be';
  delimiter: string;
}

/** The format of a file, found by reading all of its bytes. */
export interface Survey {
  size: number;
  encoding: Exclude<TableOptions['encoding'], 'auto'>;
  delimiter: string;
  /** Number of the header among the rows that are not empty, from 1; a title or `sep=;` may precede it. */
  headerRow: number;
  endsWithLine: boolean;
}

/**
 * Reads the whole file to distinguish UTF-8 from Windows-1252. A sample is not enough, because one `é` in the last row
 * can decide. Throws `pims-settings-wrong` if the encoding in the settings is not the file's.
 */
export async function survey(path: string, options: TableOptions, signal: AbortSignal): Promise<Survey> {
  const decoder = new TextDecoder();
  let head: Buffer = Buffer.alloc(0);
  let tail: Buffer = head;
  let [size, beyondAscii, damaged] = [0, 0, 0];
  for await (const chunk of createReadStream(path, { signal }) as AsyncIterable<Buffer>) {
    if (size === 0) head = chunk;
    tail = chunk;
    size += chunk.length;
    const text = decoder.decode(chunk, { stream: true });
    if (text.length === chunk.length && !text.includes('\ufffd')) continue;
    for (const [letter] of text.matchAll(/[^\0-\x7f]/g)) {
      if (letter === '\ufffd') damaged++;
      else beyondAscii++;
    }
  }
  const found = encodingOf(head, damaged > beyondAscii);
  const encoding = options.encoding === 'auto' ? found : options.encoding;
  const differs = found !== encoding && (found !== 'utf-8' || beyondAscii > 0 || encoding.startsWith('utf-16'));
  if (size > 0 && differs)
    throw new PimsProblem({
      code: 'pims-settings-wrong',
      message: `${basename(path)} is not ${encoding}; it looks like ${found}.`,
      help: 'Set `encoding: auto`, or the actual encoding of the export.',
    });
  return { size, encoding, ...layoutOf(iconv.decode(head, encoding), options.delimiter), endsWithLine: isEnded(tail) };
}

/** A byte order mark decides. Without one, a few damaged letters among many of UTF-8 do not change the encoding. */
function encodingOf(head: Buffer, isMostlyDamaged: boolean): Survey['encoding'] {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8';
  if (head.length > 1 && head[1] === 0) return 'utf-16le'; // "C\0l\0i\0": Latin letters without a byte order mark
  return isMostlyDamaged ? 'windows-1252' : 'utf-8';
}

/** Tells whether the file ends with a line break. DOS programs write 0x1A at the end, others fill up with zeros. */
function isEnded(tail: Buffer): boolean {
  const text = tail.toString('latin1');
  const end = text.replace(/[\x1a\0]+$/, '');
  return /[\r\n]$/.test(end) || text.slice(end.length).includes('\x1a');
}

const delimiters = [',', ';', '\t', '|'];

/** Finds the delimiter and the header: the first line with more than one cell, after a line `sep=;` and titles. */
function layoutOf(head: string, wanted: string): Pick<Survey, 'delimiter' | 'headerRow'> {
  const lines = head
    .replace(/^\ufeff/, '')
    .replace(/"(?:[^"]|"")*"/g, 'text')
    .split(/\r\n|\n|\r/)
    .filter((line) => line !== '');
  const named = /^sep=(.)\s*$/i.exec(lines[0] ?? '')?.[1];
  const first = named === undefined ? 0 : 1;
  const candidates = wanted !== 'auto' ? [wanted] : named !== undefined ? [named] : delimiters;
  const count = (line: string, delimiter: string) => line.split(delimiter).length;
  const header = lines.findIndex((line, at) => at >= first && candidates.some((each) => count(line, each) > 1));
  const at = header === -1 || header > first + mostTitles ? first : header;
  const line = lines[at] ?? '';
  const delimiter = candidates.reduce((best, each) => (count(line, each) > count(line, best) ? each : best));
  return { delimiter, headerRow: at + 1 };
}

/** Limit for lines of one cell above the header; more of them are a file of one column. */
const mostTitles = 5;
