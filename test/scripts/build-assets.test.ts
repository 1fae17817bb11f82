import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { makeProject, run } from './support.js';

it('build: copies files other than TypeScript, removes those without a source, and makes the command executable', async () => {
  const { folder, remove } = await makeProject({
    'src/main.ts': '',
    'src/store/migrations/0001.ts': '',
    'src/web/page.tsx': '',
    'src/web/public/style.css': 'body {}',
    'dist/src/main.js': '',
    'dist/src/main.d.ts': '',
    'dist/src/main.js.map': '',
    'dist/src/store/migrations/0001.js': '',
    'dist/src/store/migrations/0002-deleted.js': '',
    'dist/src/web/page.js': '',
    'dist/src/web/public/old.css': '',
    'dist/.tsbuildinfo': '{}',
  });
  expect(await run(folder, [process.execPath, 'scripts/build-assets.js'])).toMatchObject({
    status: 0,
    stderr: '',
  });
  const left = (await readdir(join(folder, 'dist'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
  expect(left.sort()).toEqual([
    '.tsbuildinfo',
    '0001.js',
    'main.d.ts',
    'main.js',
    'main.js.map',
    'page.js',
    'style.css',
  ]);
  expect((await stat(join(folder, 'dist/src/main.js'))).mode & 0o111).toBe(0o111);
  await remove();
});
