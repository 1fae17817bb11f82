import { inspect } from 'node:util';

const hidden = '[secret]';

/**
 * A text that must never be printed by accident: it appears as `[secret]` in JSON, logs, templates, errors and
 * `inspect`. Call `open()` only where the text is emailed, shown or checked.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  open(): string {
    return this.#text;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [Symbol.toPrimitive](): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}
