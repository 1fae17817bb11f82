import { Redis, type RedisOptions } from 'ioredis';
import { Problem } from '../../lib/problem.js';
import type { Secret } from '../../lib/secret.js';

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
export function queueConnection(url: Secret, onError: (error: Error) => void): Redis {
  return watched(
    new Redis(url.open(), {
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      lazyConnect: true,
      commandTimeout: answersWithinMs,
      socketTimeout: silentForMs,
      // Without an offline queue the command cannot be sent again: its caller gets the error.
      ...reconnectsOnReplica(onError, true),
    }),
    onError,
  );
}

/** A connection for a worker: it waits and comes back however long Redis is away. */
export function workerConnection(url: Secret, onError: (error: Error) => void): Redis {
  // BullMQ duplicates this connection, with its options, for the command that waits for jobs.
  const options = { maxRetriesPerRequest: null, lazyConnect: true, ...reconnectsOnReplica(onError, 2) };
  return watched(new Redis(url.open(), options), onError);
}

/** Answers of a server that is a replica, or is becoming one, also when a script of an older Redis quotes them. */
const replicaAnswers = /\bREADONLY\b|^LOADING\b|^MASTERDOWN\b/;
/** Pause before the next connection while the address still leads to a replica. */
const replicaPauseMs = 1000;

/**
 * Leaves a server that became a replica. A failover may keep open connections open, so that only a new connection
 * reaches the primary that the address leads to now.
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
 * Proves that Redis is a primary that takes a write under our prefix. Returns a warning when it would drop jobs, or null.
 *
 * @throws Problem `redis-unreachable`, `redis-hangs-up`, `redis-login-refused`, `redis-certificate-refused`,
 *   `redis-read-only`, `redis-refuses-writes`
 */
export async function checkRedis(url: Secret): Promise<string | null> {
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
    // A replica can be configured to take writes, and loses them.
    if (/^role:slave/m.test(await redis.info('replication'))) throw new Error('READONLY');
    await provedWrite(redis);
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

/** Writes a key that expires at once: one that a full, a disabled or a replicating server refuses. */
export async function provedWrite(redis: Redis): Promise<void> {
  await redis.set(`${keyPrefix}:probe`, '1', 'PX', 1000);
}

/** Answers of a primary that refuses every write, each with its reason and the next step. */
const writeRefusals: Record<string, [why: string, help: string]> = {
  OOM: ['its memory is full', 'Raise its maxmemory (2 GB are plenty), or remove what else it holds.'],
  MISCONF: ['it cannot save to its disk', 'Free disk space; its own log says what failed.'],
  NOREPLICAS: ['it has too few replicas', 'Start its replicas, or lower its min-replicas-to-write.'],
};

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
  if (replicaAnswers.test(message)) {
    return new Problem({
      code: 'redis-read-only',
      message: 'The Redis in REDIS_URL is a replica and takes no writes.',
      help: 'After a failover, point its address at the new primary. Otherwise name the primary in REDIS_URL.',
      cause,
    });
  }
  const refusal = Object.entries(writeRefusals).find(([answer]) => message.startsWith(answer))?.[1];
  if (refusal) {
    const [why, help] = refusal;
    return new Problem({
      code: 'redis-refuses-writes',
      message: `The Redis in REDIS_URL takes no writes: ${why}.`,
      help,
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
