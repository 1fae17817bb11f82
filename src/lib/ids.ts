import { customAlphabet } from 'nanoid';

const random = customAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 11);

/** Returns a new id on each call. */
export type NewId = () => string;

/** Returns the current time. Injected so that tests and plans can choose it. */
export type Clock = () => Date;

/**
 * Creates 20-character ids: 9 characters of time, 11 random (57 bits), all of `0-9a-z`. Later ids sort later, so rows
 * inserted together are close together in the database's clustered index.
 */
export function newIds(clock: Clock = () => new Date()): NewId {
  return () => idAt(clock()) + random();
}

/**
 * Returns the prefix of ids created at a time. Earlier ids sort before it, so a primary key finds rows by their age.
 */
export function idAt(time: Date): string {
  return time.getTime().toString(36).padStart(9, '0');
}

/** Matches every id that `newIds` creates; validates ids from outside. */
export const idPattern = /^[0-9a-z]{20}$/;
