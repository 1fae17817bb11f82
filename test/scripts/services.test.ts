import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { alive, launch, makeProject, run, type Ended } from './support.js';

describe('scripts/services', () => {
  let folder: string;
  let remove: () => Promise<void>;
  const services = (verb: string, env: Record<string, string> = {}): Promise<Ended> =>
    run(folder, ['scripts/services', verb], env);
  const pidOf = async (server: string): Promise<number> =>
    Number(await readFile(join(folder, '.local/dev', server, 'pid'), 'utf8'));

  async function addresses(): Promise<{ database: string; redis: string }> {
    const { stdout } = await services('env');
    const found = /DATABASE_URL=(\S+)\nexport REDIS_URL=(\S+)/.exec(stdout);
    return { database: found?.[1] ?? '', redis: found?.[2] ?? '' };
  }

  beforeAll(async () => {
    ({ folder, remove } = await makeProject());
    expect(await services('start')).toMatchObject({ status: 0, stderr: '' });
  });
  afterAll(async () => {
    await services('stop');
    await remove();
  });

  it('prints addresses at which a real MariaDB and Redis answer', async () => {
    const { database, redis } = await addresses();
    const connection = await createConnection(database);
    const [rows] = await connection.query('select database() as name, @@character_set_server as charset');
    expect(rows).toEqual([{ name: 'pims_sync', charset: 'utf8mb4' }]);
    await connection.query('create database pims_other');
    await connection.query("create user pims_reader@'127.0.0.1' identified by 'reads'");
    await connection.query("grant select on `pims\\_other`.* to pims_reader@'127.0.0.1'");
    await connection.query("drop user pims_reader@'127.0.0.1'");
    await connection.query('drop database pims_other');
    await expect(connection.query('create database other')).rejects.toThrow('Access denied');
    await connection.end();

    const client = new Redis(redis);
    expect(await client.config('GET', 'maxmemory-policy')).toContain('noeviction');
    expect(await client.config('GET', 'appendonly')).toContain('yes');
    await client.quit();
  });

  it('lets no other user read the folder, and requires the password', async () => {
    expect((await stat(join(folder, '.local/dev'))).mode & 0o077).toBe(0);
    const { database } = await addresses();
    const stranger = new URL(database);
    stranger.password = 'wrong';
    await expect(createConnection(stranger.href)).rejects.toThrow('Access denied');
    stranger.username = 'root';
    stranger.password = '';
    await expect(createConnection(stranger.href)).rejects.toThrow('Access denied');
  });

  it('changes nothing while all is running, and keeps data and addresses after a stop and a kill', async () => {
    const before = await addresses();
    const redisPid = await pidOf('redis');
    await services('start');
    expect(await pidOf('redis')).toBe(redisPid);

    const client = new Redis(before.redis);
    await client.set('kept', 'yes');
    await client.quit();
    await services('stop');
    expect(await alive(redisPid)).toBe(false);
    expect(await services('status')).toMatchObject({ status: 1 });
    expect(await services('env')).toMatchObject({ status: 1, stdout: '' });

    await services('start');
    process.kill(await pidOf('mariadb'), 'SIGKILL');
    expect(await services('start')).toMatchObject({ status: 0 });
    expect(await addresses()).toEqual(before);
    const again = new Redis(before.redis);
    expect(await again.get('kept')).toBe('yes');
    await again.quit();
    const status = await services('status');
    expect(status.status).toBe(0);
    expect(status.stdout).not.toContain(new URL(before.database).password);
  });

  it('starts no server whose address is given, and prints that address unchanged', async () => {
    const given = { DATABASE_URL: 'mysql://me:p$w d@db/x', REDIS_URL: 'redis://there' };
    const elsewhere = { ...given, PIMS_SYNC_LOCAL: '.local/none' };
    expect(await services('start', elsewhere)).toMatchObject({ status: 0 });
    await expect(stat(join(folder, '.local/none'))).rejects.toThrow('ENOENT');
    const { stdout } = await run(
      folder,
      ['bash', '-c', 'eval "$(scripts/services env)" && echo "$DATABASE_URL $REDIS_URL"'],
      elsewhere,
    );
    expect(stdout).toBe('mysql://me:p$w d@db/x redis://there\n');
  });

  it('does not stop a foreign process that has the process id of a dead server', async () => {
    const instance = { PIMS_SYNC_LOCAL: '.local/stale' };
    await services('start', { ...instance, DATABASE_URL: 'mysql://not/ours' });
    const pidFile = join(folder, '.local/stale/redis/pid');
    process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL');
    const stranger = launch(folder, ['sleep', '60']);
    await writeFile(pidFile, String(stranger.child.pid));
    expect(await services('stop', instance)).toMatchObject({ status: 0 });
    expect(stranger.child.exitCode).toBeNull();
    expect(await alive(stranger.child.pid as number)).toBe(true);
    stranger.child.kill('SIGKILL');
    await stranger.ended;
    await rm(join(folder, '.local/stale'), { recursive: true });
  });
});
