import { DateTime } from 'luxon';
import type { QuietHours } from '../settings.js';

/**
 * Returns the end of the quiet hours that contain `now`, or null outside of them. Hours may span midnight, such as
 * 20:00 to 08:00. Times follow the practice's own clock, also across a clock change.
 */
export function quietUntil(now: Date, timeZone: string, quiet: QuietHours | null): Date | null {
  if (!quiet || quiet.from === quiet.until) return null;
  const local = DateTime.fromJSDate(now, { zone: timeZone });
  const clock = local.toFormat('HH:mm');
  const overnight = quiet.from > quiet.until;
  const inside = overnight ? clock >= quiet.from || clock < quiet.until : clock >= quiet.from && clock < quiet.until;
  if (!inside) return null;
  const [hour, minute] = quiet.until.split(':').map(Number) as [number, number];
  const day = overnight && clock >= quiet.from ? local.plus({ days: 1 }) : local;
  return day.set({ hour, minute, second: 0, millisecond: 0 }).toJSDate();
}
