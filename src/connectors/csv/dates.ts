import { meansNoDate, readDate, type DateReading } from '../dates.js';

/**
 * Returns a reader for dates in exports: ISO, or 3/5/2019 in the order of the settings, with a year of two or four
 * digits. `latest` is the last believable day, `YYYY-MM-DD`.
 */
export function writtenDates(order: 'MDY' | 'DMY', latest: string): (text: string | null) => DateReading {
  return (text) => {
    if (text === null || meansNoDate(text)) return null;
    const parts = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?!\d)/.exec(text);
    if (!parts) return readDate(text, latest);
    const [first, second, year] = [parts[1]!, parts[2]!, parts[3]!];
    const [month, day] = order === 'MDY' ? [first, second] : [second, first];
    return readDate(`${century(year, latest)}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`, latest);
  };
}

/** Completes a two-digit year to the latest year that is not in the future: `19` to 2019 and `98` to 1998. */
function century(year: string, latest: string): string {
  if (year.length === 4) return year;
  const thisCentury = latest.slice(0, 2);
  return thisCentury + year <= latest.slice(0, 4) ? thisCentury + year : `${Number(thisCentury) - 1}${year}`;
}
