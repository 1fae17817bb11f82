import { Redis, type RedisOptions } from 'ioredis';
import { Problem } from '../../lib/problem.js';
import type { Secret } from '../../lib/secret.js';

/** All our keys share one hash tag, so that a Redis cluster keeps the keys of each queue together. */
export const keyPrefix = '{pims-sync}';

/** Milliseconds after which a command without an answer fails. */
const answersWithinMs = 2000;
/** Milliseconds of silence after which a connection is replaced; a firewall may have dropped it unnoticed. */
const silentForMs = 5000;

/**
 * Connection for adding jobs. Fails at once if Redis is unreachable, and soon if it is silent, so that a person's
 * request never hangs on the queue. The work is already recorded in the database, and a sweep enqueues it again.
 */
export function queueConnection(url: Secret, onError: (error: Error) => void): Redis {
  return watched(
    new Redis(url.open(), {
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      lazyConnect: true,
      commandTimeout: answersWithinMs,
      socketTimeout: silentForMs,
      // Without an offline queue the command cannot be resent: its caller gets the error.
      ...reconnectsOnReplica(onError, true),
    }),
    onError,
  );
}

/** Connection for a worker: it waits and reconnects however long Redis is unreachable. */
export function workerConnection(url: Secret, onError: (error: Error) => void): Redis {
  // BullMQ duplicates this connection, with its options, for the blocking command that waits for jobs.
  const options = { maxRetriesPerRequest: null, lazyConnect: true, ...reconnectsOnReplica(onError, 2) };
  return watched(new Redis(url.open(), options), onError);
}

/** Errors of a server that is a replica, or is becoming one, also when a script of an older Redis quotes them. */
const replicaAnswers = /\bREADONLY\b|^LOADING\b|^MASTERDOWN\b/;
/** Pause in milliseconds before the next connection while the address still leads to a replica. */
const replicaPauseMs = 1000;

/**
 * Reconnects when the server became a replica. A failover may keep open connections open, so that only a new connection
 * reaches the current primary.
 *
 * @param resend `2` sends the refused command again on the new connection, `true` fails it
 */
function reconnectsOnReplica(
  onError: (error: Error) => void,
  resend: 2 | true,
): Pick<RedisOptions, 'reconnectOnError' | 'retryStrategy'> {
  let refused = false;
  return {
    reconnectOnError(error) {
      if (!replicaAnswers.test(error.message)) return false;
      refused = true;
      onError(error);
      return resend;
    },
    retryStrategy(times) {
      const pauseMs = refused ? replicaPauseMs : Math.min(times * 50, 2000);
      refused = false;
      return pauseMs;
    },
  };
}

/**
 * Proves that Redis is a primary that accepts a write under our prefix. Returns a warning if it could evict jobs, or
 * null.
 *
 * @throws Problem `redis-unreachable`, `redis-hangs-up`, `redis-login-refused`, `redis-certificate-refused`,
 *   `redis-read-only`, `redis-refuses-writes`
 */
export async function checkRedis(url: Secret): Promise<string | null> {
  // A failed connection reports only "closed"; the event before it holds the reason.
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
    // A replica can be configured to accept writes, and then loses them.
    if (/^role:slave/m.test(await redis.info('replication'))) throw new Error('READONLY');
    await proveWrite(redis);
    const policy = /maxmemory_policy:(\S+)/.exec(await redis.info('memory'))?.[1];
    return policy && policy !== 'noeviction'
      ? `Redis has maxmemory-policy "${policy}" and may drop jobs when memory is short; set it to noeviction.`
      : null;
  } catch (error) {
    throw redisProblem(why ?? error);
  } finally {
    // Disconnecting a connection that was never established would delay the exit by two seconds.
    if (redis.status !== 'end') redis.disconnect();
  }
}

/** Writes a key and deletes it again; a full, disabled or replicating server refuses it. */
export async function proveWrite(redis: Redis): Promise<void> {
  await redis.set(`${keyPrefix}:probe`, '1', 'PX', 1000);
  await redis.del(`${keyPrefix}:probe`);
}

/** Errors of a primary that refuses every write, each with its reason and the next step. */
const writeRefusals: Record<string, [why: string, help: string]> = {
  OOM: ['its memory is full', 'Raise its maxmemory (2 GB is enough), or remove other data from it.'],
  MISCONF: ['it cannot save to its disk', 'Free disk space; the Redis log says what failed.'],
  NOREPLICAS: ['it has too few replicas', 'Start its replicas, or lower its min-replicas-to-write.'],
};

/** Describes a failed connection as a problem with a next step. */
export function redisProblem(cause: unknown): Problem {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/WRONGPASS|NOAUTH|NOPERM/.test(message)) {
    return new Problem({
      code: 'redis-login-refused',
      message: 'Redis refused the user or password of REDIS_URL.',
      cause,
    });
  }
  if (replicaAnswers.test(message)) {
    return new Problem({
      code: 'redis-read-only',
      message: 'The Redis in REDIS_URL is a replica and accepts no writes.',
      cause,
    });
  }
  const refusal = Object.entries(writeRefusals).find(([answer]) => message.startsWith(answer))?.[1];
  if (refusal) {
    const [why, help] = refusal;
    return new Problem({
      code: 'redis-refuses-writes',
      message: `The Redis in REDIS_URL accepts no writes: ${why}.`,
      help,
      cause,
    });
  }
  const { code = '' } = (cause ?? {}) as { code?: string };
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code) || /self.signed|certificate/i.test(message)) {
    return new Problem({
      code: 'redis-certificate-refused',
      message: `The certificate of the Redis in REDIS_URL is not trusted (${code || 'TLS'}).`,
      cause,
    });
  }
  // Closed without a reason: neither refused nor unreachable.
  if (['EPIPE', 'ECONNRESET'].includes(code) || message === 'Connection is closed.') {
    return new Problem({
      code: 'redis-hangs-up',
      message: 'The server at the host and port of REDIS_URL closes the connection at once.',
      cause,
    });
  }
  return new Problem({
    code: 'redis-unreachable',
    message: 'No Redis answers at the host and port of REDIS_URL.',
    cause,
  });
}

function watched(redis: Redis, onError: (error: Error) => void): Redis {
  redis.on('error', onError);
  return redis;
}
