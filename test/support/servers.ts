import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createConnection, type Connection } from 'mysql2/promise';
import { Redis } from 'ioredis';
import { freePort, until } from './processes.js';

/** A private server that can be killed and restarted on the same data and port. */
interface Server {
  url: string;
  start(): Promise<void>;
  /** Kills it at once, as a power failure would; confirmed writes must survive. */
  kill(): Promise<void>;
}

export interface Servers {
  redis: Server;
  mariadb: Server;
  /** URL of MariaDB's own account, which may create databases. */
  adminUrl: string;
  /** The login of the server's own account, with privileges that the application's user lacks. */
  admin(): Promise<Connection>;
  /** A separate disk for both that can be filled to the last byte; null where mounting is not allowed. */
  disk: { fill(): void; free(): void } | null;
  close(): Promise<void>;
}

const databaseName = 'pims_chaos';

/**
 * Starts a private Redis and MariaDB with their data on a small disk in memory that can fill up.
 *
 * @param host the address on which both listen; other than loopback, other machines can reach it
 * @param mariadbOptions further options of mariadbd, which take precedence over the usual ones
 */
export async function startServers(
  folder: string,
  host = '127.0.0.1',
  mariadbOptions: readonly string[] = [],
): Promise<Servers> {
  const place = join(folder, 'servers');
  mkdirSync(place, { recursive: true });
  const mounted = mountDisk(place);
  const password = randomBytes(12).toString('hex');
  const redis = await redisOn(place, host, password);
  const mariadb = await mariadbOn(place, host, password, mariadbOptions);
  await Promise.all([redis.start(), mariadb.start()]);
  const adminUrl = Object.assign(new URL(mariadb.url), { username: 'admin', pathname: '/' }).href;
  const ballast = join(place, 'ballast');
  return {
    redis,
    mariadb,
    adminUrl,
    admin: () => createConnection(adminUrl),
    disk: mounted
      ? {
          fill() {
            // Fills it in pieces down to one block, so that the remaining space is too small for anything.
            for (let piece = 1 << 20, at = 0; piece >= 4096; piece >>= 1) {
              try {
                for (;;) writeFileSync(`${ballast}-${at++}`, Buffer.alloc(piece, 1));
              } catch (error) {
                if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
              }
            }
            if (statfsSync(place).bavail > 1) throw new Error('The disk is not full, after all.');
          },
          free() {
            execFileSync('find', [place, '-maxdepth', '1', '-name', 'ballast-*', '-delete']);
          },
        }
      : null,
    async close() {
      await Promise.all([redis.kill(), mariadb.kill()]);
      if (mounted) execFileSync('umount', ['--lazy', place]);
      rmSync(place, { recursive: true, force: true });
    },
  };
}

/** @returns false if this user may not mount */
function mountDisk(place: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', place], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function redisOn(place: string, host: string, password: string): Promise<Server> {
  const port = await freePort(host);
  const data = join(place, 'redis');
  mkdirSync(data);
  const url = `redis://:${password}@${host}:${port}/0`;
  const options = {
    port,
    bind: host,
    dir: data,
    requirepass: password,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  };
  // Not on the command line, where every user of the machine could read the password.
  const file = join(place, 'redis.conf');
  writeFileSync(
    file,
    Object.entries(options)
      .map(([name, value]) => `${name} ${value === '' ? '""' : value}\n`)
      .join(''),
  );
  // Debian's redis-tools contains the server under another name; it acts as a server if called redis-server.
  const program = programNamed('redis-server', 'valkey-server', 'redis-check-rdb');
  const run = killable(() => spawn(program, [file], { argv0: 'redis-server', stdio: logTo(place, 'redis') }));
  return {
    url,
    kill: run.kill,
    async start() {
      await until('Redis answers', async () => {
        run.start();
        const redis = new Redis(url, {
          lazyConnect: true,
          maxRetriesPerRequest: 0,
          retryStrategy: () => null,
        });
        redis.on('error', () => undefined);
        try {
          await redis.connect();
          return (await redis.ping()) === 'PONG';
        } catch {
          return false;
        } finally {
          redis.disconnect();
        }
      });
    },
  };
}

async function mariadbOn(place: string, host: string, password: string, options: readonly string[]): Promise<Server> {
  const port = await freePort(host);
  const data = join(place, 'mariadb');
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  mkdirSync(join(place, 'tmp'));
  const install = [
    '--no-defaults',
    ...asRoot,
    '--datadir=./mariadb',
    '--skip-test-db',
    '--skip-name-resolve',
    '--auth-root-authentication-method=socket',
    '--innodb-log-file-size=4M',
  ];
  execFileSync('mariadb-install-db', install, { cwd: place, stdio: 'ignore' });
  const users = join(place, 'users.sql');
  writeFileSync(
    users,
    `CREATE DATABASE IF NOT EXISTS ${databaseName} CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS 'pims'@'%' IDENTIFIED BY '${password}';
GRANT ALL PRIVILEGES ON ${databaseName}.* TO 'pims'@'%';
CREATE USER IF NOT EXISTS 'admin'@'%' IDENTIFIED BY '${password}';
GRANT ALL PRIVILEGES ON *.* TO 'admin'@'%' WITH GRANT OPTION;
`,
  );
  const server = [
    '--no-defaults',
    ...asRoot,
    `--datadir=${data}`,
    `--tmpdir=${join(place, 'tmp')}`,
    `--init-file=${users}`,
    `--bind-address=${host}`,
    `--port=${port}`,
    '--socket=',
    '--skip-name-resolve',
    '--skip-log-bin',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_unicode_ci',
    '--default-time-zone=+00:00',
    '--max-connections=300',
    '--performance-schema=OFF',
    '--innodb-buffer-pool-size=128M',
    '--innodb-log-file-size=4M',
    '--innodb-flush-log-at-trx-commit=2',
    `--pid-file=${join(place, 'mariadb.pid')}`,
    ...options,
  ];
  const run = killable(() => spawn(programNamed('mariadbd', 'mysqld'), server, { stdio: logTo(place, 'mariadb') }));
  return {
    url: `mysql://pims:${password}@${host}:${port}/${databaseName}`,
    kill: run.kill,
    async start() {
      await until('MariaDB answers', () => {
        run.start();
        return createConnection({ host, port, user: 'pims', password, database: databaseName }).then(
          (connection) => connection.end().then(() => true),
          () => false,
        );
      });
    },
  };
}

function killable(begin: () => ChildProcess): { start(): void; kill(): Promise<void> } {
  let child: ChildProcess | null = null;
  return {
    start() {
      // A server that ended by itself (a full disk can cause that) is simply restarted.
      if (child === null || child.exitCode !== null || child.signalCode !== null) child = begin();
    },
    async kill() {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'exit');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

function logTo(place: string, name: string): ['ignore', number, number] {
  // Not on the full disk, so that the server's log about it stays readable.
  const file = openSync(`${place}-${name}.log`, 'a');
  return ['ignore', file, file];
}

function programNamed(...names: string[]): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  for (const name of names) {
    for (const folder of folders) if (existsSync(join(folder, name))) return join(folder, name);
  }
  throw new Error(`None of these programs is installed: ${names.join(', ')}. Run ./scripts/setup.`);
}
