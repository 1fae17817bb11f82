import { DateTime } from 'luxon';

/**
 * Calendar dates of a PIMS. Many systems store "no date" as a zero date: 1900-01-01 (SQL Server, AVImark's day count),
 * 1899-12-30 (Delphi), 0000-00-00 (MySQL), or as the last day that a type can hold (2079-06-06, 9999-12-31).
 */
const isoDate = /^\d{4}-\d{2}-\d{2}/;
const plainDate = /^(\d{4})(\d{2})(\d{2})$/;
const lastDayZero = '1900-01-01';
const firstEndOfTime = '2079-01-01';

/** A date, null for "no date", or `absurd` for a value that is present but cannot be right. */
export type DateReading = string | null;

/** Tells whether a text stands for no date: `  /  /    `, `-`, `N/A`, `00/00/00`. Another word may mean a date. */
export const meansNoDate = (text: string): boolean => /^([^\p{L}\d]*|n\/?a|none|null|[0\W]+)$/iu.test(text);

/**
 * Reads the calendar date at the start of local date text (`2020-02-03`, `2020-02-03 10:00:00`, `20200203`). Ignores
 * the time and the zone after it, because a birthday has neither. `latest` is the last believable day, `YYYY-MM-DD`.
 */
export function readDate(value: unknown, latest: string): DateReading {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value).trim();
  const iso = isoDate.test(text);
  if (!iso && meansNoDate(text)) return null;
  if (!iso && !plainDate.test(text)) return 'absurd';
  const date = iso ? text.slice(0, 10) : text.replace(plainDate, '$1-$2-$3');
  if (date <= lastDayZero || date >= firstEndOfTime) return null;
  if (date > latest || !exists(date)) return 'absurd';
  return date;
}

/** Like `readDate`, but returns null for an absurd date. */
export function calendarDate(value: unknown, latest: string): string | null {
  const reading = readDate(value, latest);
  return reading === 'absurd' ? null : reading;
}

/** Returns whether a text is an existing calendar day in the form `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  return text.length === 10 && isoDate.test(text) && exists(text);
}

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Returns whether a day exists. Works on characters for speed: it runs for each pet of a practice. */
function exists(date: string): boolean {
  const month = twoDigits(date, 5);
  const day = twoDigits(date, 8);
  if (month < 1 || month > 12 || day < 1) return false;
  if (day <= 28) return true;
  const year = twoDigits(date, 0) * 100 + twoDigits(date, 2);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 && leap ? 29 : (daysOfMonth[month - 1] as number));
}

const zero = 48;
const twoDigits = (text: string, at: number): number =>
  (text.charCodeAt(at) - zero) * 10 + (text.charCodeAt(at + 1) - zero);

/** Returns today in a time zone, `YYYY-MM-DD`. */
export function today(now: Date, timeZone: string): string {
  return dayOf(now.getTime(), timeZone);
}

/** Returns tomorrow in a time zone, `YYYY-MM-DD`: the clocks of two machines may differ by some hours. */
export function tomorrow(now: Date, timeZone: string): string {
  return dayOf(now.getTime() + 86_400_000, timeZone);
}

function dayOf(milliseconds: number, timeZone: string): string {
  return DateTime.fromMillis(milliseconds, { zone: timeZone }).toFormat('yyyy-MM-dd');
}
