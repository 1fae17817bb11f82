import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { errors } from '../../src/lib/problem.js';

describe('docs/errors.md', () => {
  it('errors: the documentation lists every code with its status and next step, and no other', () => {
    const rows = readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `([a-z0-9-]+)` \| (\d{3}) \| (.+) \|$/gm);
    const documented = [...rows].map(([, code, status, help = '']) => {
      return [code, { status: Number(status), ...(help === '–' ? {} : { help: help.replace(/\\(.)/g, '$1') }) }];
    });
    expect(new Set(documented.map(([code]) => code)).size).toBe(documented.length);
    expect(Object.fromEntries(documented)).toEqual(errors);
  });

  it('errors: each code of the catalog is used', () => {
    const text = execFileSync('grep', ['-rhoE', "'[a-z0-9-]+'", 'src', '--exclude-dir=errors'], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const used = new Set(text.replaceAll("'", '').split('\n'));
    expect(Object.keys(errors).filter((code) => !used.has(code))).toEqual([]);
  });

  it('errors: no code is in two parts of the catalog', () => {
    const parts = ['request', 'service', 'pims'].map((part) =>
      readFileSync(`src/lib/errors/${part}-errors.ts`, 'utf8'),
    );
    const codes = parts.flatMap((text) => [...text.matchAll(/^ {2}'?([a-z0-9-]+)'?: \{/gm)].map(([, code]) => code));
    expect(codes).toEqual([...new Set(codes)]);
    expect(codes.sort()).toEqual(Object.keys(errors).sort());
  });
});
