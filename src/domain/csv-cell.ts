/**
 * One cell of a CSV file that people open in a spreadsheet. A text that a spreadsheet would take for a formula gets an
 * apostrophe in front: what stands in a PIMS is typed by strangers.
 */
export function csvCell(value: string | number | null | undefined): string {
  const text = String(value ?? '');
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
