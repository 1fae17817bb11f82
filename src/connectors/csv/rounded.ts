import { PimsProblem } from '../errors.js';

/** Detects `1.23457E+11`, a spreadsheet's form of a long number. Other long numbers give the same text. */
export function isRounded(key: string): boolean {
  return /^\d(?:[.,]\d+)?E\+\d+$/i.test(key);
}

/** A spreadsheet keeps 15 digits of a number and zeroes the others (Microsoft, "Excel specifications and limits"). */
const longNumber = /^\d{16,}$/;
const cutNumber = /^\d{15}0+$/;
/** Minimum number of keys that end in zeros; a few may do so by chance. */
const fewestCut = 3;

/** Counts the keys of one column that a spreadsheet rounded. */
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
    message: `${count} rows of ${file} have a number under "${column}" that a spreadsheet rounded, such as 1.23457E+11 or 12345678901234500000. It no longer identifies a record.`,
    help: 'Export the column as text, directly from the practice software, or format it as Text in the spreadsheet before you enter the numbers. A file saved with rounded numbers cannot be repaired.',
    missing: column,
  });
}
