import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { configSchema } from '../../src/app/config-schema.js';

interface Described {
  properties?: Record<string, Described>;
  required?: string[];
  items?: Described;
  default?: unknown;
}

/** Lists every setting with its default, as the page shows it. */
function settings({ properties = {}, required = [] }: Described, path = ''): [string, string][] {
  return Object.entries(properties).flatMap(([name, one]) => {
    if (one.properties) return settings(one, `${path}${name}.`);
    return [[`${path}${name}`, required.includes(name) ? 'required' : shown(one.default)] as [string, string]];
  });
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

describe('docs/configuration.md', () => {
  const page = readFileSync('docs/configuration.md', 'utf8');
  const [, general = '', practice = ''] = page.split(/^## .*$/m);
  const told = (text: string) =>
    [...text.matchAll(/^\| `([\w.]+)` \| `?(.+?)`? \| .*\|$/gm)].map(([row, name = '']) => [name, row.split(' | ')[1]]);
  const {
    practices,
    demo: _,
    ...rest
  } = (z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Described).properties ?? {};

  it('configuration docs: list every setting with its default, and no others', () => {
    expect(told(general)).toEqual(settings({ properties: rest, required: ['publicUrl'] }));
  });

  it('configuration docs: list every setting of a practice with its default, and no others', () => {
    expect(told(practice)).toEqual(settings(practices?.items ?? {}));
  });
});
