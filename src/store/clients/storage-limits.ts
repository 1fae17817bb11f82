import type { Client } from '../../domain/client/client.js';
import type { Pet } from '../../domain/client/pet.js';

/** The width of the columns that hold a key. */
const longestKey = 128;

/**
 * Returns the reason why a client cannot be stored, in a sentence without the client's data; null if it can. Display
 * values are truncated to their column. A truncated key would be another client's, and a dropped date of death would
 * list a dead pet as living. Such a client counts as unreadable on its own; otherwise the database would reject the
 * whole page.
 */
export function storageProblem(client: Client): string | null {
  if (!isKey(client.pimsId)) return `Its key is empty or longer than ${longestKey} characters.`;
  for (const pet of client.pets) {
    const why = whyNotPet(pet);
    if (why) return why;
  }
  return null;
}

function whyNotPet(pet: Pet): string | null {
  if (!isKey(pet.pimsId)) return `One of its pets has a key that is empty or longer than ${longestKey} characters.`;
  if (!isDay(pet.bornOn) || !isDay(pet.diedOn)) return 'One of its pets has a date that does not exist.';
  return null;
}

const isKey = (key: string): boolean => key !== '' && key.length <= longestKey;

function isDay(day: string | null): boolean {
  if (day === null) return true;
  const found = /^([1-9]\d{3})-(\d\d)-(\d\d)$/.exec(day);
  if (!found) return false;
  const [year, month, date] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if (month < 1 || month > 12 || date < 1) return false;
  // Dates up to the 28th need no calendar: an import checks a quarter of a million dates.
  return date <= 28 || date <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
