import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, run } from './support.js';

interface Rule {
  source: string;
  flags: string;
  instead: string;
  example: string;
}

/** The rules as the script has them: an ES module, read by Node itself. */
async function readRules(): Promise<Rule[]> {
  const file = pathToFileURL(join(root, 'scripts/language-rules.js')).href;
  const script = `import { languageRules } from '${file}';
    console.log(JSON.stringify(languageRules.map(({ pattern, instead, example }) => ({ source: pattern.source, flags: pattern.flags, instead, example }))))`;
  const { stdout } = await run(root, [process.execPath, '--input-type=module', '-e', script]);
  return JSON.parse(stdout) as Rule[];
}

const check = (...files: string[]) => run(root, [process.execPath, 'scripts/check-language.js', ...files]);

describe('npm run language', () => {
  it('language: each rule finds its own example and says what to write instead', async () => {
    const rules = await readRules();
    expect(rules.length).toBeGreaterThan(25);
    const missed = rules.filter(({ source, flags, example }) => !new RegExp(source, flags).test(example));
    expect(missed).toEqual([]);
    expect(rules.filter(({ instead }) => instead === '')).toEqual([]);
  });

  it('language: fails for a comment, a string, a page text and a document', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'language-'));
    const files = {
      'comment.ts': '/** Tells whoever asks. */\nexport const x = 1;\n',
      'string.ts': "export const x = 'The brake stopped it.';\n",
      'page.tsx': 'export const Page = () => <p>A mail was sent.</p>;\n',
      'document.md': 'The lane is full.\n',
    };
    try {
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
      for (const name of Object.keys(files)) {
        const { status, stdout } = await check(join(folder, name));
        expect([name, status]).toEqual([name, 1]);
        expect(stdout).toContain(`${name}:1: `);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('language: passes names of code, single words in strings and clean text', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'language-'));
    try {
      await writeFile(join(folder, 'clean.ts'), "const lane = 'lane';\n// Reads a page.\nexport const x = lane;\n");
      expect((await check(join(folder, 'clean.ts'))).status).toBe(0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
