import { expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

it('log: a process that cannot start ends even if the disk under its log is full', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pims-full-'));
  const file = join(folder, 'pims-sync.yaml');
  writeFileSync(file, 'publicUrl: http://pims.test\nmail: { from: hello@pims.test }\npractices: []\n');
  const env = {
    PATH: process.env['PATH'] ?? '',
    DATABASE_URL: 'mysql://nobody:nothing@127.0.0.1:1/nowhere',
    REDIS_URL: 'redis://127.0.0.1:1',
    CREDENTIAL_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
    PIMS_SYNC_CONFIG: file,
  };
  const command = [process.execPath, resolve('dist/src/main.js'), 'worker'];
  const { status, signal } = spawnSync('sh', ['-c', 'exec "$@" 2>/dev/full', 'sh', ...command], {
    env,
    timeout: 25_000,
    killSignal: 'SIGKILL',
  });
  rmSync(folder, { recursive: true });
  expect({ status, signal }).toEqual({ status: 1, signal: null });
});
