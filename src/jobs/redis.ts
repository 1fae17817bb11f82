import { Redis } from 'ioredis';
import { Problem } from '../domain/problem.js';
import type { Secret } from '../domain/secret.js';

/** All keys of ours share one hash tag, so that a Redis cluster keeps each queue's keys together. */
export const keyPrefix = '{pims-sync}';

/** Within so long Redis answers who asks, or is taken for away. */
const answersWithinMs = 2000;
/** A line that was silent for so long is given up for a new one: a firewall may have dropped it without a word. */
const silentForMs = 5000;

/**
 * A connection for asking: it fails at once when Redis is away, and soon when it is silent, so that a person's request
 * never hangs on the queue. What was to be asked is in the database, and a sweep asks again.
 */
export function askingConnection(url: Secret, onError: (error: Error) => void): Redis {
  return watched(
    new Redis(url.open(), {
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      lazyConnect: true,
      commandTimeout: answersWithinMs,
      socketTimeout: silentForMs,
    }),
    onError,
  );
}

/** A connection for a worker: it waits and comes back however long Redis is away. */
export function workingConnection(url: Secret, onError: (error: Error) => void): Redis {
  return watched(new Redis(url.open(), { maxRetriesPerRequest: null, lazyConnect: true }), onError);
}

/**
 * Proves that Redis answers and would not drop jobs. Returns a warning, or null.
 *
 * @throws Problem `redis-unreachable`, `redis-hangs-up`, `redis-login-refused`, `redis-certificate-refused`
 */
export async function provedRedis(url: Secret): Promise<string | null> {
  // A connection that fails says "closed"; why stands in the event before.
  let why: Error | null = null;
  const redis = watched(
    new Redis(url.open(), {
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      lazyConnect: true,
      connectTimeout: 5000,
    }),
    (error) => (why = error),
  );
  try {
    await redis.connect();
    const policy = /maxmemory_policy:(\S+)/.exec(await redis.info('memory'))?.[1];
    return policy && policy !== 'noeviction'
      ? `Redis has maxmemory-policy "${policy}" and may drop jobs when memory is short; set it to noeviction.`
      : null;
  } catch (error) {
    throw redisProblem(why ?? error);
  } finally {
    // Disconnecting what never connected would hold the process for two seconds more.
    if (redis.status !== 'end') redis.disconnect();
  }
}

/** One sentence with the next step about a connection that failed. */
export function redisProblem(cause: unknown): Problem {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/WRONGPASS|NOAUTH|NOPERM/.test(message)) {
    return new Problem({
      code: 'redis-login-refused',
      message: 'Redis refused the user or password of REDIS_URL.',
      help: 'Correct them in REDIS_URL.',
      cause,
    });
  }
  const { code = '' } = (cause ?? {}) as { code?: string };
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code) || /self.signed|certificate/i.test(message)) {
    return new Problem({
      code: 'redis-certificate-refused',
      message: `The certificate of the Redis in REDIS_URL is not trusted (${code || 'TLS'}).`,
      help: 'Name the file with its authority in NODE_EXTRA_CA_CERTS, or correct the host in REDIS_URL.',
      cause,
    });
  }
  // Without a reason it was neither refused nor unreachable.
  if (['EPIPE', 'ECONNRESET'].includes(code) || message === 'Connection is closed.') {
    return new Problem({
      code: 'redis-hangs-up',
      message: 'What answers at the host and port of REDIS_URL hangs up at once.',
      help: 'A Redis without a password does so to other machines (protected mode): give it one, and REDIS_URL too. Or it speaks TLS, and REDIS_URL begins with rediss://.',
      cause,
    });
  }
  return new Problem({
    code: 'redis-unreachable',
    message: 'No Redis answers at the host and port of REDIS_URL.',
    help: 'Start it, or correct the host and port in REDIS_URL, which begins with rediss:// where Redis speaks TLS, else with redis://.',
    cause,
  });
}

function watched(redis: Redis, onError: (error: Error) => void): Redis {
  redis.on('error', onError);
  return redis;
}
