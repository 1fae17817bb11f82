/** Calendar dates are `YYYY-MM-DD` strings: they sort and compare as text, and no time zone can shift them. */
const shape = /^(\d{4})-(\d{2})-(\d{2})$/;
const latest = '9999-12-31';

/** Returns the date if it exists in the calendar, else null: `2024-02-30` and `soon` give null. */
export function realDate(text: string | null): string | null {
  const parts = text === null ? null : shape.exec(text);
  if (!parts) return null;
  const date = new Date(Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3])));
  // Date.UTC reads the years 0 to 99 as 1900 to 1999 and rolls February 30 over to March; the comparison rejects both.
  return date.toISOString().startsWith(text!) ? text : null;
}

/** Adds `days` to a real date; the result is never later than the year 9999. */
export function addDays(date: string, days: number): string {
  const moved = new Date(`${date}T00:00:00Z`);
  moved.setUTCDate(moved.getUTCDate() + days);
  return textOf(moved);
}

/** Adds `months` to a real date. If the target month is too short, returns its last day. */
export function addMonths(date: string, months: number): string {
  const moved = new Date(`${date}T00:00:00Z`);
  const day = moved.getUTCDate();
  moved.setUTCMonth(moved.getUTCMonth() + months);
  if (moved.getUTCDate() !== day) moved.setUTCDate(0);
  return textOf(moved);
}

function textOf(date: Date): string {
  return date.getUTCFullYear() > 9999 ? latest : date.toISOString().slice(0, 10);
}
