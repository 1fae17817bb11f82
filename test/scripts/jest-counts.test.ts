import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { makeProject, root, run } from './support.js';

it('test counts: counts passed, failed and skipped tests, and a file that does not load as a failure', async () => {
  const { folder, remove } = await makeProject({
    'package.json': '{"jest":{"testEnvironment":"node","transform":{}}}',
    'scripts/lib/package.json': '{"type":"module"}',
    'good.test.js': 'test("a", () => {}); test("b", () => {}); test.skip("c", () => {}); test.todo("d");',
    'bad.test.js': 'test("e", () => { throw new Error("no"); });',
    'broken.test.js': 'this is no JavaScript',
  });
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const reporter = join(folder, 'scripts/lib/jest-counts.js');
  const ended = await run(folder, [process.execPath, jest, '--rootDir', folder, `--reporters=${reporter}`], {
    PIMS_SYNC_TEST_COUNTS: join(folder, 'counts'),
  });
  expect(ended.status).toBe(1);
  expect(await readFile(join(folder, 'counts'), 'utf8')).toBe('2 passed, 2 failed, 2 skipped\n');
  await remove();
});
