import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { csvLine, type CsvValue } from '../../../lib/csv-cell.js';

type Lines = readonly (readonly CsvValue[])[];

/**
 * Streams a CSV file page by page, with spreadsheet formulas disarmed.
 *
 * @param name file name without its extension
 */
export function sendCsv(
  reply: FastifyReply,
  name: string,
  head: readonly string[],
  pages: AsyncIterable<Lines>,
): FastifyReply {
  return reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${name}.csv"`)
    .send(Readable.from(textOf(head, pages)));
}

async function* textOf(head: readonly string[], pages: AsyncIterable<Lines>) {
  // The byte order mark tells spreadsheets that the file is UTF-8.
  yield `\ufeff${csvLine(head)}`;
  for await (const lines of pages) yield lines.map(csvLine).join('');
}
