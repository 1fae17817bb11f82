/** Dates in TDS: days since 0001-01-01 (date, datetime2) or since 1900-01-01 (datetime). A day in milliseconds. */
const dayLength = 86_400_000;
const year1 = Date.UTC(2000, 0, 1) - 730_119 * dayLength;
const year1900 = Date.UTC(1900, 0, 1);

/** A date and time of day of the format `YYYY-MM-DD hh:mm:ss.fffffff`. */
export interface Moment {
  /** Days since 0001-01-01. */
  day: number;
  /** Units of 100 nanoseconds since midnight. */
  time: number;
}

const digits = (text: string, from: number, to: number): number => Number(text.slice(from, to));

/** Parses `YYYY-MM-DD[ hh:mm:ss[.fffffff]]`, the only format that MariaDB returns. */
export function parseMoment(text: string): Moment {
  const date = Date.UTC(2000, digits(text, 5, 7) - 1, digits(text, 8, 10));
  // Date.UTC reads the years 0 to 99 as 1900 to 1999, so the year is set separately.
  const day =
    (new Date(date).setUTCFullYear(digits(text, 0, 4), digits(text, 5, 7) - 1, digits(text, 8, 10)) - year1) /
    dayLength;
  if (text.length < 19) return { day, time: 0 };
  const seconds = digits(text, 11, 13) * 3600 + digits(text, 14, 16) * 60 + digits(text, 17, 19);
  return { day, time: seconds * 1e7 + Number(text.slice(20, 27).padEnd(7, '0')) };
}

export function formatMoment({ day, time }: Moment): string {
  const date = new Date(year1 + day * dayLength).toISOString().slice(0, 10);
  const seconds = Math.floor(time / 1e7);
  const pad = (value: number, length = 2): string => String(value).padStart(length, '0');
  const clock = `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return `${date} ${clock}.${pad(time % 1e7, 7)}`;
}

/** Converts to `datetime`: days since 1900 and ticks of 1/300 s, so its milliseconds end in 0, 3 or 7. */
export function toTicks({ day, time }: Moment): { days: number; ticks: number } {
  const ticks = Math.round((time * 3) / 1e5);
  const midnight = 300 * 86_400;
  const days = day - (year1900 - year1) / dayLength;
  return ticks === midnight ? { days: days + 1, ticks: 0 } : { days, ticks };
}

export function fromTicks(days: number, ticks: number): Moment {
  return { day: days + (year1900 - year1) / dayLength, time: Math.round((ticks * 1e5) / 3 / 1e4) * 1e4 };
}
