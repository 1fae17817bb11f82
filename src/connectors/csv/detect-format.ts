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
  endsWithLine: boolean;
}

/**
 * Reads the whole file to distinguish UTF-8 from Windows-1252. A sample is not enough, because one `é` in the last row
 * can decide. Throws `pims-settings-wrong` if the encoding in the settings is not the file's.
 */
export async function survey(path: string, options: TableOptions, signal: AbortSignal): Promise<Survey> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let head: Buffer = Buffer.alloc(0);
  let [size, last, utf8, beyondAscii] = [0, 0, true, false];
  for await (const chunk of createReadStream(path, { signal }) as AsyncIterable<Buffer>) {
    if (size === 0) head = chunk;
    size += chunk.length;
    last = chunk[chunk.length - 1]!;
    if (!utf8) continue;
    try {
      beyondAscii = decoder.decode(chunk, { stream: true }).length !== chunk.length || beyondAscii;
    } catch {
      utf8 = false;
    }
  }
  const found = encodingOf(head, utf8);
  const encoding = options.encoding === 'auto' ? found : options.encoding;
  const differs = found !== encoding && (found !== 'utf-8' || beyondAscii || encoding.startsWith('utf-16'));
  if (size > 0 && differs)
    throw new PimsProblem({
      code: 'pims-settings-wrong',
      message: `${basename(path)} is not ${encoding}; it looks like ${found}.`,
      help: 'Set `encoding: auto`, or the actual encoding of the export.',
    });
  // UTF-16 ends a line with 0A 00 or 00 0A.
  const endsWithLine = [0x0a, 0x0d].includes(last) || (encoding === 'utf-16le' && last === 0);
  const delimiter = options.delimiter === 'auto' ? delimiterOf(iconv.decode(head, encoding)) : options.delimiter;
  return { size, encoding, delimiter, endsWithLine };
}

function encodingOf(head: Buffer, utf8: boolean): Survey['encoding'] {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  if (head.length > 1 && head[1] === 0) return 'utf-16le'; // "C\0l\0i\0": Latin letters without a byte order mark
  return utf8 ? 'utf-8' : 'windows-1252';
}

/** Returns the common delimiter that occurs most often in the header line outside quotes. */
function delimiterOf(head: string): string {
  const [line = ''] = head.replace(/"(?:[^"]|"")*"/g, '').split(/\r?\n|\r/);
  const count = (delimiter: string) => line.split(delimiter).length;
  return [',', ';', '\t', '|'].reduce((best, each) => (count(each) > count(best) ? each : best));
}
