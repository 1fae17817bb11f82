import { describe, expect, it } from '@jest/globals';
import type { Line } from '../../benchmark/suite.js';
import { quantile } from '../../benchmark/measure.js';
import { chart, table } from '../../benchmark/report.js';

const line = (more: Partial<Line>): Line => ({
  suite: 'import',
  what: 'unchanged night',
  size: 10_000,
  unit: 'clients',
  seconds: 2,
  baselineSeconds: 1.6,
  peakMib: 180,
  ...more,
});

describe('benchmark: the report', () => {
  it('benchmark report: shows ratio, throughput and whether the target was met', () => {
    const told = table([
      line({ target: { words: 'at most 1.5 x', met: true } }),
      line({ what: 'first import', seconds: 4, target: { words: 'at most 1.5 x', met: false } }),
    ]);
    expect(told).toMatch(/^import: unchanged night +10000 clients +2\.00 +1\.25 +5000 .* 180 +met: at most 1\.5 x$/m);
    expect(told).toMatch(/^import: first import +.* MISSED: at most 1\.5 x$/m);
  });

  it('benchmark report: compares by ratio to the baseline, otherwise by throughput, and marks new lines', () => {
    const bare = { suite: 'workers', baselineSeconds: null };
    const now = [line({ seconds: 2.4 }), line({ ...bare, seconds: 1 }), line({ what: 'night with 1 % changed' })];
    const told = table(now, [line({}), line({ ...bare, seconds: 2 })]);
    expect(told).toMatch(/unchanged night .* \+20 % x baseline/);
    expect(told).toMatch(/workers: .* \+100 % a second/);
    expect(told).toMatch(/night with 1 % changed .* new/);
  });

  it('benchmark report: draws a bar for each line with a baseline, and nothing that a browser would run', () => {
    const svg = chart({
      at: '2026-05-04',
      node: 'v22',
      cores: 2,
      lines: [line({ what: '<script>' }), line({ suite: 'workers', baselineSeconds: null })],
    });
    expect(svg).toMatch(/^<svg /);
    expect(svg).toContain('import: &lt;script&gt;, 10000 clients');
    expect(svg).not.toContain('workers');
    expect(svg.match(/<rect /g)).toHaveLength(2);
  });

  it('quantile: interpolates between two neighbouring values', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([7], 0.99)).toBe(7);
  });
});
