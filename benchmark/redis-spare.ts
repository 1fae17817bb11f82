import { Redis } from 'ioredis';
import { ToolProblem } from '../demo/tool-problem.js';
import { Secret } from '../src/lib/secret.js';

/** A database number of a Redis, used by this benchmark alone. */
export interface SpareRedis {
  url: Secret;
  /** Memory that the whole Redis uses, in MiB. */
  memoryMib(): Promise<number>;
  /** Empties the database but keeps its number reserved. */
  empty(): Promise<void>;
  /** Empties the database and releases its number. */
  giveBack(): Promise<void>;
}

const claim = 'pims-sync-spare';
const numbers = [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1];

/**
 * Reserves an empty database number, so that a benchmark's queues never mix with real ones.
 *
 * @throws Problem `no-spare-redis` if every number holds data
 */
export async function spareRedis(url: Secret): Promise<SpareRedis> {
  const redis = new Redis(url.open(), { maxRetriesPerRequest: 1 });
  const empty = async (): Promise<void> => {
    await redis.flushdb();
    await redis.set(claim, '1');
  };
  try {
    for (const number of numbers) {
      await redis.select(number);
      if ((await redis.set(claim, '1', 'NX')) === null) continue;
      if ((await redis.dbsize()) === 1) {
        const own = new URL(url.open());
        own.pathname = `/${number}`;
        return {
          url: new Secret(own.href),
          async memoryMib() {
            return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]) / 1024 / 1024;
          },
          empty,
          async giveBack() {
            await redis.flushdb();
            redis.disconnect();
          },
        };
      }
      await redis.del(claim);
    }
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  redis.disconnect();
  throw new ToolProblem({
    code: 'no-spare-redis',
    message: 'None of the databases 1 to 15 of this Redis is empty.',
    help: 'Point REDIS_URL at a Redis that the benchmark may use.',
  });
}
