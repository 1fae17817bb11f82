import type { Client } from '../../domain/client/client.js';
import type { Pet } from '../../domain/client/pet.js';

/** As wide as the columns that hold a key. */
const longestKey = 128;

/**
 * Why a client cannot be kept as a row, in a sentence without data of the client; null when it can. What is only shown is
 * cut to its column. A key that is cut would be another one's, and a date of death that is dropped would bring a pet back
 * to life: such a client is unreadable, alone, where the database would refuse the whole page.
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
  if (!isDay(pet.bornOn) || !isDay(pet.diedOn)) return 'One of its pets has a date that is none.';
  return null;
}

const isKey = (key: string): boolean => key !== '' && key.length <= longestKey;

function isDay(day: string | null): boolean {
  if (day === null) return true;
  const found = /^([1-9]\d{3})-(\d\d)-(\d\d)$/.exec(day);
  if (!found) return false;
  const [year, month, date] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if (month < 1 || month > 12 || date < 1) return false;
  // Most need no calendar: an import asks a quarter of a million times.
  return date <= 28 || date <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
