import { readDate, type DateReading } from '../dates.js';

/**
 * Reads the dates people write in exports: ISO, or 3/5/2019 in the order that the settings say, with two or four digits
 * of year. `latest` is the last believable day, `YYYY-MM-DD`.
 */
export function writtenDates(order: 'MDY' | 'DMY', latest: string): (text: string | null) => DateReading {
  return (text) => {
    const parts = text === null ? null : /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?!\d)/.exec(text);
    if (!parts) return readDate(text, latest);
    const [first, second, year] = [parts[1]!, parts[2]!, parts[3]!];
    const [month, day] = order === 'MDY' ? [first, second] : [second, first];
    return readDate(`${century(year, latest)}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`, latest);
  };
}

/** `19` is 2019 and `98` is 1998: the latest century that does not lie ahead. */
function century(year: string, latest: string): string {
  if (year.length === 4) return year;
  const thisCentury = latest.slice(0, 2);
  return thisCentury + year <= latest.slice(0, 4) ? thisCentury + year : `${Number(thisCentury) - 1}${year}`;
}
