import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root, run } from './support.js';

const files: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'unused-code',
    type: 'module',
    dependencies: { 'is-used': '*', 'is-unused': '*' },
  }),
  'node_modules/is-used/package.json': JSON.stringify({ name: 'is-used', version: '1.0.0', main: 'index.js' }),
  'node_modules/is-used/index.js': 'export const used = 1;\n',
  'src/main.ts':
    "import { used } from 'is-used';\nimport { isUsed, type Used } from './lib/words.js';\nexport const all: Used = [used, isUsed];\n",
  'src/lib/words.ts':
    'export type Used = readonly number[];\nexport type Unused = string;\nexport const isUsed = 1;\nexport const isUnused = 2;\n',
  'src/lib/forgotten.ts': 'export const forgotten = 1;\n',
};

interface Report {
  readonly issues: readonly {
    readonly file: string;
    readonly files: readonly { readonly name: string }[];
    readonly exports: readonly { readonly name: string }[];
    readonly types: readonly { readonly name: string }[];
    readonly dependencies: readonly { readonly name: string }[];
  }[];
}

describe('unused code, by knip.json', () => {
  let folder: string;
  let status: number | null;
  let found: (kind: 'files' | 'exports' | 'types' | 'dependencies') => string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'unused-code-'));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const knip = join(root, 'node_modules/knip/bin/knip.js');
    const config = join(root, 'knip.json');
    const ended = await run(folder, [
      process.execPath,
      knip,
      '--config',
      config,
      '--reporter',
      'json',
      '--no-config-hints',
    ]);
    status = ended.status;
    const { issues } = JSON.parse(ended.stdout) as Report;
    found = (kind) => issues.flatMap((issue) => issue[kind].map(({ name }) => name));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('unused code: makes the check fail', () => expect(status).toBe(1));
  it('unused code: names an export that nothing imports', () => expect(found('exports')).toEqual(['isUnused']));
  it('unused code: names a type that nothing imports', () => expect(found('types')).toEqual(['Unused']));
  it('unused code: names a file that nothing imports', () => expect(found('files')).toEqual(['src/lib/forgotten.ts']));
  it('unused code: names a dependency that nothing imports', () =>
    expect(found('dependencies')).toEqual(['is-unused']));
});
