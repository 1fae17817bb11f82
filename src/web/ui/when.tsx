import { usePage } from './page-context.js';

const formats = new Map<string, Intl.DateTimeFormat>();

/** Formats date and time in the practice's time zone: `Mar 3, 2026, 2:10 AM`. */
export function dateTimeText(at: Date, timeZone: string): string {
  return format(timeZone, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
}

/** Formats a date in the practice's time zone: `Mar 3, 2026`. */
export function dateText(at: Date, timeZone: string): string {
  return format(timeZone, { dateStyle: 'medium' }).format(at);
}

/** Formats a calendar date of the PIMS, `YYYY-MM-DD`, which must not shift with the time zone. */
export function calendarText(date: string): string {
  return format('UTC', { dateStyle: 'medium' }).format(new Date(`${date}T00:00:00Z`));
}

/** A time in the practice's time zone, with the machine-readable value. */
export function When({ at, dateOnly = false }: { at: Date; dateOnly?: boolean }) {
  const { timeZone } = usePage();
  return <time datetime={at.toISOString()}>{dateOnly ? dateText(at, timeZone) : dateTimeText(at, timeZone)}</time>;
}

/** Formats an age in words: `3 minutes ago`, `yesterday`. */
export function agoText(at: Date, now: Date): string {
  const seconds = Math.round((now.getTime() - at.getTime()) / 1000);
  if (seconds < 60) return 'just now';
  const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  if (seconds < 3600) return relative.format(-Math.floor(seconds / 60), 'minute');
  if (seconds < 86_400) return relative.format(-Math.floor(seconds / 3600), 'hour');
  return relative.format(-Math.floor(seconds / 86_400), 'day');
}

function format(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${timeZone} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', { timeZone, ...options });
  formats.set(key, made);
  return made;
}
