import { InvalidArgumentError } from 'commander';
import { lanes, type Lane } from '../jobs/catalog.js';

/**
 * Reads how many jobs run at a time: `10` for each lane, or `pims=10,mail=100` where the others keep the usual.
 *
 * @throws InvalidArgumentError with what is wrong
 */
export function parseConcurrency(text: string): Partial<Record<Lane, number>> {
  if (!text.includes('=')) {
    const count = toCount(text);
    return Object.fromEntries(lanes.map((lane) => [lane, count]));
  }
  const counts: Partial<Record<Lane, number>> = {};
  for (const part of text.split(',')) {
    const [name = '', count = '', ...more] = part.split('=').map((word) => word.trim());
    const lane = lanes.find((one) => one === name);
    if (!lane) throw new InvalidArgumentError(`No lane is named "${name}". Lanes: ${lanes.join(', ')}.`);
    if (counts[lane] !== undefined) throw new InvalidArgumentError(`It names ${lane} twice.`);
    if (more.length > 0) throw new InvalidArgumentError(`"${part}" is not of the form ${lane}=10.`);
    counts[lane] = toCount(count);
  }
  return counts;
}

function toCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text.trim()) && Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidArgumentError(`"${text}" is not a whole number above 0.`);
}
