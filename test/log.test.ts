import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from '@jest/globals';

it('goes on working while the disk under the log is full', () => {
  const program = `
    import { createLog } from '${pathToFileURL(resolve('dist/log.js')).href}';
    const log = createLog('info');
    for (let line = 0; line < 20_000; line++) log.info({ line }, 'a line that finds no room');
    console.log('worked');`;
  const run = spawnSync('sh', ['-c', 'exec "$@" 2>/dev/full', 'sh', process.execPath, '--input-type=module', '-e', program]); // prettier-ignore
  expect(run.stdout.toString()).toBe('worked\n');
  expect(run.status).toBe(0);
});
