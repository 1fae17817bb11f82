import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, until } from './processes.js';

/** A private Redis server and the test's own connection to it. */
interface RedisNode {
  port: number;
  redis: Redis;
}

/** Two Redis servers behind one address, which leads to the first one until `switchOver`. */
export interface RedisPair {
  url: string;
  primary: RedisNode;
  replica: RedisNode;
  /** Swaps the roles. Open connections stay open, as after `REPLICAOF`. */
  swapRoles(): Promise<void>;
  /** Directs new connections to the second server and keeps the open ones. */
  switchOver(): void;
  close(): Promise<void>;
}

/** Starts a primary and its replica behind one TCP proxy. */
export async function startRedisPair(): Promise<RedisPair> {
  const folder = mkdtempSync(join(tmpdir(), 'pims-redis-pair-'));
  const [primary, replica] = [await startRedis(folder), await startRedis(folder)];
  await replica.redis.replicaof('127.0.0.1', primary.port);
  await until('the replica follows', async () =>
    (await replica.redis.info('replication')).includes('master_link_status:up'),
  );
  let target = primary.port;
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}/0`,
    primary,
    replica,
    async swapRoles() {
      await replica.redis.replicaof('NO', 'ONE');
      await primary.redis.replicaof('127.0.0.1', replica.port);
    },
    switchOver: () => void (target = replica.port),
    async close() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      for (const { redis, child } of [primary, replica]) {
        redis.disconnect();
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startRedis(folder: string): Promise<RedisNode & { child: ChildProcess }> {
  const port = await freePort();
  const file = `dump-${port}.rdb`;
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dbfilename', file, '--dir', folder];
  const child = spawn(redisProgram(), options, { argv0: 'redis-server', stdio: 'ignore' });
  const redis = new Redis(port, '127.0.0.1');
  redis.on('error', () => {});
  await redis.ping();
  return { port, redis, child };
}

/** Debian's redis-tools contains the server under another name. */
function redisProgram(): string {
  for (const name of ['redis-server', 'valkey-server', 'redis-check-rdb']) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter))
      if (existsSync(join(folder, name))) return join(folder, name);
  }
  throw new Error('There is no Redis on the PATH; ./scripts/test installs it.');
}
