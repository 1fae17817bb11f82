import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { filesIn } from './document.js';
import { makeStranger, type Stranger } from './stranger.js';

const files = filesIn('docs/connectors.md');

describe('examples: the smallest connector of docs/connectors.md', () => {
  let stranger: Stranger;
  let mine: string;

  beforeAll(() => {
    mine = mkdtempSync(join(tmpdir(), 'pims-mine-'));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(mine, name), content);
    stranger = makeStranger();
    stranger.installPimsSync();
    stranger.install(mine);
    for (const name of ['clients.json', 'conformance.test.js']) stranger.write(name, files[name]!);
  }, 60_000);
  afterAll(() => {
    stranger?.remove();
    rmSync(mine, { recursive: true, force: true });
  });

  it('has the four files that the document asks for', () => {
    expect(Object.keys(files)).toEqual(['package.json', 'clients.json', 'index.js', 'conformance.test.js']);
  });

  it('is under 60 lines', () => {
    expect(files['index.js']!.trimEnd().split('\n').length).toBeLessThan(60);
  });

  it('passes the suite with the test from the document, in a package installed by its name', () => {
    const output = stranger.node(['--test', '--test-reporter=tap']);
    expect(output).toMatch(/^# fail 0$/m);
    expect(Number(/^# pass (\d+)$/m.exec(output)?.[1])).toBeGreaterThanOrEqual(18);
  });

  it('fails the suite if it returns an empty page for an error, as the document says it must', () => {
    const careless = files['index.js']!.replace(/throw new PimsProblem\(.*\);/, 'return [];');
    expect(careless).not.toBe(files['index.js']);
    stranger.write('node_modules/pims-connector-mine/index.js', careless);
    expect(() => stranger.node(['--test', '--test-reporter=tap'])).toThrow(
      /not ok \d+ - reports a missing file as pims-unreachable/,
    );
  });
});
