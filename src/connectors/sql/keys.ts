import type { Parameter, Value } from '../drivers/driver.js';
import { textOf } from './values.js';

export type KeyType = Parameter['type'];

/** Returns a key in our form: digits, an upper-case GUID, or clean text. Null if there is none. */
export function keyOf(value: Value | undefined, type: KeyType): string | null {
  if (type === 'integer' && typeof value === 'number') return String(value);
  const clean = textOf(value);
  if (clean === null) return null;
  if (type === 'integer') return clean.includes('.') ? clean.replace(/\.0+$/, '') : clean;
  if (type !== 'guid') return clean;
  return (clean.startsWith('{') ? clean.slice(1, -1) : clean).toUpperCase();
}

/** Returns a key as the PIMS stores it, to continue after it: a text key keeps its padding. `clean` is our form. */
export function rawKey(value: Value, type: KeyType, clean: string): Parameter {
  return { type, value: type === 'text' ? String(value) : clean };
}

/** Indexes clients by key, to find a pet's owner. Ignores case in text keys, as many databases do. */
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
