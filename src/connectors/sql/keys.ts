import type { Parameter, Value } from '../drivers/driver.js';
import { textOf } from './values.js';

export type KeyType = Parameter['type'] & ('integer' | 'text' | 'guid');

/** A key as our side knows it: digits, an upper-case GUID, or clean text. Null when there is none. */
export function keyOf(value: Value | undefined, type: KeyType): string | null {
  if (type === 'integer' && typeof value === 'number') return String(value);
  const clean = textOf(value);
  if (clean === null) return null;
  if (type === 'integer') return clean.includes('.') ? clean.replace(/\.0+$/, '') : clean;
  if (type !== 'guid') return clean;
  return (clean.startsWith('{') ? clean.slice(1, -1) : clean).toUpperCase();
}

/** A key as the PIMS holds it, to go on behind it: padding belongs to a text key. `clean` is the same as our side knows it. */
export function rawKey(value: Value, type: KeyType, clean: string): Parameter {
  return { type, value: type === 'text' ? String(value) : clean };
}

/** Finds the client that a pet's owner column means; databases often compare keys without regard to case. */
export function createKeyIndex<T>(type: KeyType): {
  set(key: string, value: T): void;
  get(key: string): T | undefined;
} {
  const exact = new Map<string, T>();
  const folded = new Map<string, T | undefined>();
  return {
    set(key, value) {
      exact.set(key, value);
      if (type !== 'text') return;
      const low = key.toLowerCase();
      folded.set(low, folded.has(low) ? undefined : value);
    },
    get: (key) => exact.get(key) ?? (type === 'text' ? folded.get(key.toLowerCase()) : undefined),
  };
}
