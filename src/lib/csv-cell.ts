export type CsvValue = string | number | null | undefined;

/** One line of such cells, with its end. */
export function csvLine(cells: readonly CsvValue[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/**
 * One cell of a CSV file that people open in a spreadsheet. A text that a spreadsheet would take for a formula gets an
 * apostrophe in front: what stands in a PIMS is typed by strangers.
 */
export function csvCell(value: CsvValue): string {
  const text = String(value ?? '');
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
