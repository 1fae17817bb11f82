import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root, run } from './support.js';

/** Code that breaks one rule each; the path decides which rules apply. */
const broken: readonly [rule: string, path: string, code: string][] = [
  ['eqeqeq', 'src/a.ts', 'export const f = (a: unknown) => a == 1;'],
  ['no-var', 'src/a.ts', 'export var a = 1;'],
  ['prefer-const', 'src/a.ts', 'let a = 1;\nexport const f = () => a;'],
  ['no-self-compare', 'src/a.ts', 'export const f = (a: number) => a === a;'],
  [
    'no-unreachable-loop',
    'src/a.ts',
    'export function f(a: number[]) {\n  for (const b of a) return b;\n  return 0;\n}',
  ],
  ['max-lines', 'src/a.ts', 'export const lines = [\n' + '  1,\n'.repeat(300) + '];'],
  ['no-unused-vars', 'src/a.ts', 'export function f() {\n  const a = 1;\n}'],
  ['no-console', 'src/a.ts', "export const f = () => console.log('a');"],
  ['no-floating-promises', 'src/a.ts', 'export function f(a: () => Promise<void>) {\n  a();\n}'],
  [
    'no-misused-promises',
    'src/a.ts',
    'export const f = (a: Promise<boolean>) => {\n  if (a) return 1;\n  return 2;\n};',
  ],
  [
    'switch-exhaustiveness-check',
    'src/a.ts',
    "export function f(a: 'x' | 'y') {\n  switch (a) {\n    case 'x':\n      return 1;\n  }\n  return 2;\n}",
  ],
  ['consistent-type-imports', 'src/a.ts', "import { Logger } from './b.js';\nexport const f = (a: Logger) => a;"],
  ['only-throw-error', 'src/a.ts', "export const f = () => {\n  throw 'a';\n};"],
  ['prefer-promise-reject-errors', 'src/a.ts', "export const f = () => Promise.reject('a');"],
  ['no-unsafe-argument', 'src/a.ts', 'const g = (a: string) => a;\nexport const f = (a: any) => g(a);'],
  ['no-unsafe-assignment', 'src/a.ts', 'export const f = (a: any) => {\n  const b: string[] = a.c;\n  return b;\n};'],
  ['no-unsafe-call', 'src/a.ts', 'export const f = (a: any): unknown => a();'],
  ['no-unsafe-member-access', 'src/a.ts', 'export const f = (a: any): unknown => a.b;'],
  ['no-unsafe-return', 'src/a.ts', 'export const f = (a: any): string => a;'],
  ['restrict-template-expressions', 'src/a.ts', 'export const f = (a: object) => `${a}`;'],
];

describe('npm run lint', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lint-'));
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const file of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
      await copyFile(join(root, file), join(folder, file));
    for (const [index, [, path, code]] of broken.entries()) {
      const file = join(folder, dirname(path), String(index), 'a.ts');
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${code}\n`);
      await writeFile(join(dirname(file), 'b.ts'), 'export type Logger = string;\n');
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('lint: fails for code that breaks a rule, with the name of the rule', async () => {
    const { status, stdout } = await run(folder, ['npx', 'oxlint', '--type-aware', '--format', 'json']);
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
    const found = (index: number) =>
      diagnostics.filter(({ filename }) => filename === `src/${index}/a.ts`).map(({ code }) => code);
    const missed = broken.filter(([rule], index) => !found(index).some((code) => code.endsWith(`(${rule})`)));
    expect(missed.map(([rule]) => rule)).toEqual([]);
    expect(status).toBe(1);
  });
});
