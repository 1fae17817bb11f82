export type CsvValue = string | number | null | undefined;

/** Formats the cells as one CSV line, with its line break. */
export function csvLine(cells: readonly CsvValue[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/**
 * Formats one cell of a CSV file that people open in a spreadsheet. A text that a spreadsheet would read as a formula
 * gets a leading apostrophe, because strangers type the data in a PIMS.
 */
function csvCell(value: CsvValue): string {
  const text = String(value ?? '');
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
