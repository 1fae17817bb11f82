import { DateTime } from 'luxon';
import type { QuietHours } from '../settings.js';

/**
 * The end of the quiet hours that `now` lies in, on the practice's own clock; null outside of them. Hours that pass
 * midnight are meant: from 20:00 until 08:00. A clock change is the practice's own too: quiet until its clock says so.
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
