import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';

export interface PrivateMariadb {
  /** URL of the root user, who may create users; the server of DATABASE_URL does not allow that. */
  url: string;
  stop(): Promise<void>;
}

/**
 * Starts a MariaDB on a free port with its own folder. If its programs are not installed, uses the server of
 * DATABASE_URL, whose user must then be allowed to create databases and users.
 */
export async function startMariadb(): Promise<PrivateMariadb> {
  const given = process.env['DATABASE_URL'];
  if (given && spawnSync('mariadbd', ['--version']).error) return { url: given, stop: async () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'pims-mariadb-'));
  const common = ['--no-defaults', `--datadir=${folder}`, '--skip-name-resolve', '--innodb-log-file-size=4M'];
  const asRoot = userInfo().uid === 0 ? ['--user=root'] : [];
  execFileSync(
    'mariadb-install-db',
    [...common, ...asRoot, '--auth-root-authentication-method=normal', '--skip-test-db'],
    {
      stdio: 'pipe',
    },
  );
  const port = await freePort();
  const server = spawn(
    'mariadbd',
    [
      ...common,
      ...asRoot,
      '--socket=',
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      '--skip-log-bin',
      '--performance-schema=OFF',
      '--innodb-flush-log-at-trx-commit=2',
      `--pid-file=${join(folder, 'pid')}`,
    ],
    { stdio: 'ignore' },
  );
  const url = `mysql://root@127.0.0.1:${port}/`;
  await answers(url, () => server.exitCode !== null);
  return {
    url,
    async stop() {
      const gone = once(server, 'exit');
      server.kill();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string, died: () => boolean): Promise<void> {
  for (;;) {
    try {
      const connection = await createConnection(url);
      await connection.end();
      return;
    } catch (error) {
      if (died()) throw new Error('The private MariaDB ended at its start.', { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
