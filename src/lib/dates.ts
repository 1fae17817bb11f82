/** Calendar dates are `YYYY-MM-DD` strings: they sort and compare as text, and have no time zone to get wrong. */
const shape = /^(\d{4})-(\d{2})-(\d{2})$/;
const latest = '9999-12-31';

/** The date when it is a real one, else null: `2024-02-30` and `soon` are null. */
export function realDate(text: string | null): string | null {
  const parts = text === null ? null : shape.exec(text);
  if (!parts) return null;
  const date = new Date(Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3])));
  // Date.UTC reads the years 0 to 99 as 1900 to 1999 and rolls the 30th of February over; both fail here.
  return date.toISOString().startsWith(text!) ? text : null;
}

/** `days` after a real date; never later than the year 9999. */
export function addDays(date: string, days: number): string {
  const moved = new Date(`${date}T00:00:00Z`);
  moved.setUTCDate(moved.getUTCDate() + days);
  return textOf(moved);
}

/** `months` after a real date, on the last day of a month that is too short. */
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
