import type { Redis } from 'ioredis';

export interface RedisWatch {
  /** Every command on this Redis database with its arguments, including those of scripts. */
  commands: readonly string[];
  /** Dumps every key with its content. */
  dump(): Promise<string[]>;
  stop(): void;
}

/** Monitors one Redis database from now on. */
export async function watchRedis(redis: Redis): Promise<RedisWatch> {
  const monitor = await redis.monitor();
  const number = String(redis.options.db ?? 0);
  const commands: string[] = [];
  monitor.on('monitor', (_time: string, args: string[], _source: string, database: string) => {
    if (database === number) commands.push(args.join(' '));
  });
  return {
    commands,
    async dump() {
      const entries: string[] = [];
      for await (const keys of redis.scanStream({ count: 500 }) as AsyncIterable<string[]>) {
        for (const key of keys) entries.push(`${key} ${JSON.stringify(await valueOf(redis, key))}`);
      }
      return entries;
    },
    stop: () => monitor.disconnect(),
  };
}

async function valueOf(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'string':
      return redis.get(key);
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.zrange(key, '0', '-1');
    case 'stream':
      return redis.xrange(key, '-', '+');
    default:
      return null;
  }
}
