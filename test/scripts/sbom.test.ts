import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

describe('npm run sbom: the bill of materials', () => {
  it('lists every package that ships, with its version, and none that only tests use', () => {
    const { scripts, dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
      dependencies: Record<string, string>;
    };
    const [command] = scripts['sbom']?.split(' > ') ?? [];
    const { status, stdout } = spawnSync(command as string, { shell: true, encoding: 'utf8' });
    expect(status).toBe(0);
    const bill = JSON.parse(stdout) as {
      bomFormat: string;
      components: { name: string; version: string; purl: string }[];
    };
    expect(bill.bomFormat).toBe('CycloneDX');
    const named = new Set(bill.components.map(({ purl }) => decodeURIComponent(purl.replace(/@[^@]*$/, ''))));
    for (const name of Object.keys(dependencies)) expect(named).toContain(`pkg:npm/${name}`);
    expect([...named].filter((purl) => /\/(jest|oxlint|typescript|playwright-core)$/.test(purl))).toEqual([]);
    expect(bill.components.every(({ version }) => /^\d/.test(version))).toBe(true);
  });
});
