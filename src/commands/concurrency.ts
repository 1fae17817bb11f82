import { InvalidArgumentError } from 'commander';
import { queueNames, type QueueName } from '../jobs/catalog.js';

/**
 * Parses the job concurrency: `10` for each queue, or `pims=10,mail=100` with defaults for the others.
 *
 * @throws InvalidArgumentError with the mistake
 */
export function parseConcurrency(text: string): Partial<Record<QueueName, number>> {
  if (!text.includes('=')) {
    const count = toCount(text);
    return Object.fromEntries(queueNames.map((queueName) => [queueName, count]));
  }
  const counts: Partial<Record<QueueName, number>> = {};
  for (const part of text.split(',')) {
    const [name = '', count = '', ...more] = part.split('=').map((word) => word.trim());
    const queueName = queueNames.find((one) => one === name);
    if (!queueName) throw new InvalidArgumentError(`No queue is named "${name}". Queues: ${queueNames.join(', ')}.`);
    if (counts[queueName] !== undefined) throw new InvalidArgumentError(`Queue ${queueName} is named twice.`);
    if (more.length > 0) throw new InvalidArgumentError(`"${part}" is not of the form ${queueName}=10.`);
    counts[queueName] = toCount(count);
  }
  return counts;
}

function toCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text.trim()) && Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidArgumentError(`"${text}" is not a whole number above 0.`);
}
