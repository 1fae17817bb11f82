import { PimsProblem } from '../errors.js';

/** `1.23457E+11`: what a spreadsheet shows of a long number. Other long numbers have become the same text. */
export function isRounded(key: string): boolean {
  return /^\d(?:[.,]\d+)?E\+\d+$/i.test(key);
}

/** A spreadsheet keeps fifteen digits of a number and makes the others zeros (Microsoft, "Excel specifications and limits"). */
const longNumber = /^\d{16,}$/;
const cutNumber = /^\d{15}0+$/;
/** One key may end in zeros by itself. */
const fewestCut = 3;

/** Counts the keys of one column that a spreadsheet has rounded. */
export function countRounded(): { add(key: string | null): void; count(): number } {
  let [exponents, long, cut] = [0, 0, 0];
  return {
    add(key) {
      if (key === null) return;
      if (isRounded(key)) exponents++;
      else if (longNumber.test(key)) {
        long++;
        if (cutNumber.test(key)) cut++;
      }
    },
    count: () => exponents + (cut >= fewestCut && cut * 2 > long ? cut : 0),
  };
}

export function roundedKeys(file: string, column: string, count: number): PimsProblem {
  return new PimsProblem({
    code: 'pims-schema-differs',
    message: `${count} rows of ${file} have a number under "${column}" that a spreadsheet has rounded, like 1.23457E+11 or 12345678901234500000: it no longer says who is meant.`,
    help: 'Export the column as text: straight from the practice software, or format it as Text in the spreadsheet before the numbers are put in. A file that was saved with rounded numbers cannot be repaired.',
    missing: column,
  });
}
