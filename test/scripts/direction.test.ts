import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root, run } from './support.js';

/** For each rule, one import that it must refuse: the file, the imported file, the rule. */
const refused: readonly (readonly [file: string, imported: string, rule: string])[] = [
  ['src/lib/dates.ts', '../domain/client.js', 'lib-imports-only-its-own'],
  ['src/platform/log.ts', '../store/rows.js', 'platform-imports-only-its-own'],
  ['src/domain/pet.ts', '../store/rows.js', 'domain-imports-only-its-own'],
  ['src/connectors/avimark/read.ts', '../../jobs/catalog.js', 'connectors-imports-only-its-own'],
  ['src/connectors/avimark/keep.ts', '../../store/rows.js', 'connectors-imports-only-its-own'],
  ['src/connectors/avimark/email.ts', '../../mailer/send.js', 'connectors-imports-only-its-own'],
  ['src/connectors/avimark/show.ts', '../../web/page.js', 'connectors-imports-only-its-own'],
  ['src/store/enqueue.ts', '../jobs/catalog.js', 'store-imports-only-its-own'],
  ['src/sync/send.ts', '../mailer/send.js', 'sync-imports-only-its-own'],
  ['src/mailer/enqueue.ts', '../jobs/catalog.js', 'mailer-imports-only-its-own'],
  ['src/jobs/open.ts', '../connectors/contract.js', 'jobs-imports-only-its-own'],
  ['src/ops/show.ts', '../web/page.js', 'ops-imports-only-its-own'],
  ['src/web/send.ts', '../mailer/send.js', 'web-imports-only-its-own'],
  ['src/web/pull.ts', '../sync/pull.js', 'web-imports-only-its-own'],
  ['src/web/open.ts', '../connectors/contract.js', 'web-never-opens-a-pims'],
  ['src/web/peek.ts', 'type ../connectors/contract.js', 'web-never-opens-a-pims'],
  ['src/web/rows.ts', 'type ../store/db/tables.js', 'rows-stay-in-the-store'],
  ['src/sync/rows.ts', 'type ../store/db/tables.js', 'rows-stay-in-the-store'],
  ['src/web/api/reveal.ts', '../staff/reveal.js', 'api-imports-no-page'],
  ['src/web/views/reveal.ts', '../staff/reveal.js', 'api-imports-no-page'],
  ['src/web/enqueue.ts', 'bullmq', 'only-jobs-know-the-queue'],
  ['src/store/cache.ts', 'ioredis', 'only-jobs-know-the-queue'],
  ['src/jobs/query.ts', 'kysely', 'only-the-store-writes-sql'],
  ['src/store/reach-up.ts', '../app/create-app.js', 'only-composition-knows-everything'],
  ['src/sync/command.ts', '../commands/sync.js', 'only-composition-knows-everything'],
  ['src/app/demo.ts', '../../demo/make.js', 'product-imports-no-tool'],
  ['src/main.ts', '../benchmark/run.js', 'product-imports-no-tool'],
  ['demo/measure.ts', '../benchmark/run.js', 'demo-imports-no-benchmark'],
  ['src/novelty/new.ts', '../domain/client.js', 'every-part-is-placed'],
  ['src/domain/left.ts', './right.js', 'no-cycles'],
  ['src/domain/nowhere.ts', './gone.js', 'no-unresolvable'],
  ['src/domain/tested.ts', 'jest', 'no-dev-dependency-in-src'],
];

/** Imports that must stay allowed. */
const allowed: readonly (readonly [file: string, imported: string])[] = [
  ['src/app/create-app.ts', '../web/page.js'],
  ['src/commands/sync.ts', '../app/create-app.js'],
  ['demo/make.ts', '../src/connectors/cornerstone/read.js'],
  ['benchmark/run.ts', '../demo/make.js'],
  ['src/jobs/bullmq/queues.ts', 'bullmq'],
  ['src/store/db/query.ts', 'kysely'],
  ['src/web/page.ts', '../store/rows.js'],
  ['src/sync/pull.ts', '../connectors/contract.js'],
  ['src/mailer/send.ts', '../store/rows.js'],
  ['src/jobs/handle.ts', '../mailer/send.js'],
];

/** Files that the above import and that import nothing themselves. */
const leaves = [
  'store/rows',
  'store/db/tables',
  'jobs/catalog',
  'connectors/contract',
  'connectors/cornerstone/read',
  'domain/client',
  'web/staff/reveal',
];

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

describe('npm run direction: the directions of .dependency-cruiser.cjs', () => {
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
    const packages = ['bullmq', 'ioredis', 'kysely', 'jest'];
    for (const name of packages) {
      await write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
      await write(`node_modules/${name}/index.js`, 'exports.x = 1;\n');
    }
    await write(
      'package.json',
      JSON.stringify({
        type: 'module',
        dependencies: { bullmq: '*', ioredis: '*', kysely: '*' },
        devDependencies: { jest: '*' },
      }),
    );
    await write('tsconfig.json', '{"compilerOptions":{"module":"nodenext","moduleResolution":"nodenext"}}');
    for (const path of leaves) await write(`src/${path}.ts`, 'export const x = 1;\n');
    await write('src/domain/right.ts', importLine('./left.js'));
    for (const [file, imported] of [...refused, ...allowed]) await write(file, importLine(imported));

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
      'demo',
      'benchmark',
    ]);
    violations = (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(refused)('%s may not import %s', (file, _imported, rule) => {
    expect(violations.filter(({ from }) => from === file).map((each) => each.rule.name)).toContain(rule);
  });

  it.each(allowed)('%s may import %s', (file) => {
    expect(violations.filter(({ from }) => from === file)).toEqual([]);
  });

  it('tests every rule', async () => {
    const script = 'console.log(JSON.stringify(require(process.argv[1]).forbidden.map((rule) => rule.name)))';
    const { stdout } = await run(root, [process.execPath, '-e', script, join(root, '.dependency-cruiser.cjs')]);
    expect([...new Set(refused.map(([, , rule]) => rule))].sort()).toEqual((JSON.parse(stdout) as string[]).sort());
  });
});
