import { customAlphabet } from 'nanoid';

const random = customAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 11);

/** Hands out a new id each time it is called. */
export type NewId = () => string;

/** Tells the time; handed in so that tests and plans can choose it. */
export type Clock = () => Date;

/**
 * A 20-character id: 9 characters of time, 11 random (57 bits), all of `0-9a-z`. Ids made later sort later, so rows
 * inserted together lie together in the database's clustered index.
 */
export function newIds(clock: Clock = () => new Date()): NewId {
  return () => idAt(clock()) + random();
}

/** How the ids made at a time begin: what was made earlier sorts before it, so a primary key finds rows by their age. */
export function idAt(time: Date): string {
  return time.getTime().toString(36).padStart(9, '0');
}

/** The shape of every id made by `newIds`, for parsing at a door. */
export const idPattern = /^[0-9a-z]{20}$/;
