import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root, run } from './support.js';

/** One import that each rule must refuse: the file, what it imports, the rule. */
const refused: readonly (readonly [file: string, imported: string, rule: string])[] = [
  ['domain/pet.ts', '../store/rows.js', 'domain-imports-nothing-of-ours'],
  ['connectors/avimark/read.ts', '../../jobs/catalog.js', 'connectors-knows-only-its-own'],
  ['connectors/avimark/keep.ts', '../../store/rows.js', 'connectors-knows-only-its-own'],
  ['connectors/avimark/mail.ts', '../../mailer/send.js', 'connectors-knows-only-its-own'],
  ['connectors/avimark/show.ts', '../../web/page.js', 'connectors-knows-only-its-own'],
  ['store/ask.ts', '../jobs/catalog.js', 'store-knows-only-its-own'],
  ['sync/send.ts', '../mailer/send.js', 'sync-knows-only-its-own'],
  ['mailer/enqueue.ts', '../jobs/catalog.js', 'mailer-knows-only-its-own'],
  ['jobs/open.ts', '../connectors/contract.js', 'jobs-knows-only-its-own'],
  ['ops/show.ts', '../web/page.js', 'ops-knows-only-its-own'],
  ['web/send.ts', '../mailer/send.js', 'web-knows-only-its-own'],
  ['web/pull.ts', '../sync/pull.js', 'web-knows-only-its-own'],
  ['web/open.ts', '../connectors/contract.js', 'web-never-opens-a-pims'],
  ['web/peek.ts', 'type ../connectors/cornerstone/read.js', 'web-knows-only-the-connector-contract'],
  ['web/enqueue.ts', 'bullmq', 'only-jobs-know-the-queue'],
  ['store/cache.ts', 'ioredis', 'only-jobs-know-the-queue'],
  ['store/reach-up.ts', '../app.js', 'only-joints-know-everything'],
  ['sync/command.ts', '../commands/sync.js', 'only-joints-know-everything'],
  ['jobs/demo.ts', '../demo/make.js', 'only-joints-know-everything'],
  ['novelty/new.ts', '../domain/client.js', 'every-part-is-placed'],
  ['domain/left.ts', './right.js', 'no-cycles'],
  ['domain/nowhere.ts', './gone.js', 'no-unresolvable'],
  ['domain/tested.ts', 'jest', 'no-dev-dependency-in-src'],
];

/** Imports that must stay possible. */
const allowed: readonly (readonly [file: string, imported: string])[] = [
  ['app.ts', './web/page.js'],
  ['commands/sync.ts', '../app.js'],
  ['demo/make.ts', '../connectors/cornerstone/read.js'],
  ['jobs/bullmq.ts', 'bullmq'],
  ['web/page.ts', 'type ../connectors/contract.js'],
  ['sync/pull.ts', '../connectors/contract.js'],
  ['mailer/send.ts', '../store/rows.js'],
  ['jobs/handle.ts', '../mailer/send.js'],
];

/** Imported by the above, importing nothing themselves. */
const leaves = ['store/rows', 'jobs/catalog', 'connectors/contract', 'connectors/cornerstone/read', 'domain/client'];

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

describe('the directions of .dependency-cruiser.cjs', () => {
  let folder: string;
  let violations: readonly Violation[];

  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  const importLine = (imported: string): string =>
    imported.startsWith('type ')
      ? `import type { x } from '${imported.slice(5)}';\nexport type Y = typeof x;\n`
      : `import { x } from '${imported}';\nexport const y = x;\n`;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'direction-'));
    const packages = ['bullmq', 'ioredis', 'jest'];
    for (const name of packages) {
      await write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
      await write(`node_modules/${name}/index.js`, 'exports.x = 1;\n');
    }
    await write(
      'package.json',
      JSON.stringify({
        type: 'module',
        dependencies: { bullmq: '*', ioredis: '*' },
        devDependencies: { jest: '*' },
      }),
    );
    await write('tsconfig.json', '{"compilerOptions":{"module":"nodenext","moduleResolution":"nodenext"}}');
    for (const path of leaves) await write(`src/${path}.ts`, 'export const x = 1;\n');
    await write('src/domain/right.ts', importLine('./left.js'));
    for (const [file, imported] of [...refused, ...allowed]) await write(`src/${file}`, importLine(imported));

    const cruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const config = join(root, '.dependency-cruiser.cjs');
    const { stdout } = await run(folder, [
      process.execPath,
      cruise,
      '--config',
      config,
      '--output-type',
      'json',
      'src',
    ]);
    violations = (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(refused)('src/%s may not import %s', (file, _imported, rule) => {
    expect(violations.filter(({ from }) => from === `src/${file}`).map((each) => each.rule.name)).toContain(rule);
  });

  it.each(allowed)('src/%s may import %s', (file) => {
    expect(violations.filter(({ from }) => from === `src/${file}`)).toEqual([]);
  });

  it('proves every rule there is', async () => {
    const script = 'console.log(JSON.stringify(require(process.argv[1]).forbidden.map((rule) => rule.name)))';
    const { stdout } = await run(root, [process.execPath, '-e', script, join(root, '.dependency-cruiser.cjs')]);
    expect([...new Set(refused.map(([, , rule]) => rule))].sort()).toEqual((JSON.parse(stdout) as string[]).sort());
  });
});
