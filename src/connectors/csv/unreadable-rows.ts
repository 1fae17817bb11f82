import type { Unreadable } from '../contract.js';

/** The unreadable rows, reported on the first page. Lists at most 1000, because a wrong file can have a million. */
export class UnreadableRows {
  static readonly most = 1000;
  #first: Unreadable[] = [];
  #more = 0;

  #rounded = 0;

  add(file: string, row: number, reason: string, mayBe: string[] | null): void {
    if (this.#first.length < UnreadableRows.most) this.#first.push({ reference: `${file} row ${row}`, reason, mayBe });
    else this.#more++;
  }

  /** Adds a row whose original key is lost because a spreadsheet rounded it. */
  addRounded(file: string, row: number, key: string): void {
    this.#rounded++;
    this.add(file, row, 'Its key was rounded by a spreadsheet; export the column as text.', [key]);
  }

  all(): Unreadable[] {
    const rounded = {
      reference: 'rounded keys',
      reason: `${this.#rounded} rows have a key that a spreadsheet rounded, and may belong to any client.`,
      mayBe: null,
    };
    const more = {
      reference: 'more rows',
      reason: `${this.#more} more rows cannot be read.`,
      // The keys of these rows are not kept.
      mayBe: null,
    };
    return [...this.#first, ...(this.#more > 0 ? [more] : []), ...(this.#rounded > 0 ? [rounded] : [])];
  }
}
