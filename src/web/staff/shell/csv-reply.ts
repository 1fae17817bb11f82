import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { csvLine, type CsvValue } from '../../../lib/csv-cell.js';

type Lines = readonly (readonly CsvValue[])[];

/**
 * A file for a spreadsheet: formulas disarmed, written page by page however long it is.
 *
 * @param name of the file, without its ending
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
  // The mark tells spreadsheets that this is UTF-8.
  yield `\ufeff${csvLine(head)}`;
  for await (const lines of pages) yield lines.map(csvLine).join('');
}
