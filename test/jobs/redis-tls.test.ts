import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { connect } from 'node:net';
import { generate } from 'selfsigned';
import { openClinic, type Clinic } from '../support/clinic.js';
import { freePort, until } from '../support/processes.js';

jest.setTimeout(120_000);

/** Debian's redis-tools contains the server under another name. */
function redisProgram(): string {
  for (const name of ['redis-server', 'valkey-server', 'redis-check-rdb']) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter))
      if (existsSync(join(folder, name))) return join(folder, name);
  }
  throw new Error('There is no Redis on the PATH; ./scripts/test installs it.');
}

describe('queues: Redis over TLS', () => {
  let folder: string;
  let redis: ChildProcess;
  let clinic: Clinic;
  let ended = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pims-redis-tls-'));
    const names = [
      { type: 2, value: 'localhost' },
      { type: 7, ip: '127.0.0.1' },
    ] as const;
    const pem = await generate([{ name: 'commonName', value: 'localhost' }], {
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [...names] },
      ],
    } as never);
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(cert, pem.cert);
    writeFileSync(key, pem.private);
    const port = await freePort();
    const args = ['--port', '0', '--tls-port', String(port), '--tls-cert-file', cert, '--tls-key-file', key];
    const rest = ['--tls-auth-clients', 'no', '--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'allkeys-lru'];
    redis = spawn(redisProgram(), [...args, ...rest, '--dir', folder], { argv0: 'redis-server' });
    redis.stdout?.on('data', (text: Buffer) => (ended += text.toString()));
    await until('Redis listens', () => {
      if (redis.exitCode !== null) throw new Error(`Redis ended: ${ended}`);
      return new Promise<boolean>((known) => {
        const socket = connect(port, '127.0.0.1', () => (socket.destroy(), known(true)));
        socket.on('error', () => known(false));
      });
    });
    clinic = await openClinic({ clients: 5 });
    clinic.env['REDIS_URL'] = `rediss://127.0.0.1:${port}`;
  });
  afterAll(async () => {
    await clinic?.close();
    const gone = new Promise((closed) => redis?.once('close', closed));
    redis?.kill('SIGKILL');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });

  it('is refused with the next step if its certificate is not trusted', async () => {
    const { code, err } = await clinic.run('dead-letters', 'list');
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/not trusted[^]*NODE_EXTRA_CA_CERTS[^]*redis-certificate-refused/),
    ]);
  });

  it('works with its authority configured, and logs a warning for a memory policy that drops jobs', async () => {
    clinic.env['NODE_EXTRA_CA_CERTS'] = join(folder, 'cert.pem');
    const worker = clinic.start('worker', '--queues', 'accounts');
    await until('a sweep has run', () => /"job":"sweep"/.test(worker.output()));
    expect((await worker.stop()).code).toBe(0);
    expect(worker.output()).toMatch(/maxmemory-policy \\"allkeys-lru\\"[^\n]*noeviction/);
  });
});
