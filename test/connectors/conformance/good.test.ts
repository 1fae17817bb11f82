import { describe, expect, it } from '@jest/globals';
import { conformanceCases, runConformance } from '../../../src/connectors/conformance/index.js';
import { memorySubject } from './memory.js';

describe('conformance kit: a connector that keeps every rule', () => {
  for (const { name, run } of conformanceCases(memorySubject())) it(name, run);

  it('passes every case when run without a test runner', async () => {
    const results = await runConformance(memorySubject());
    expect(results.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(results).toHaveLength(conformanceCases(memorySubject()).length);
  });
});

describe('conformance kit: a subject with nothing but a definition and settings', () => {
  const bare = () => {
    const { definition, settings } = memorySubject();
    return { definition, settings };
  };

  it('has cases that give the reason why they cannot run, and reports none as passed', async () => {
    const results = await runConformance(bare());
    const notRun = results.filter(({ outcome }) => outcome === 'not run');
    expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(notRun.map(({ why }) => why)).toEqual(
      expect.arrayContaining([
        'the subject has no empty source',
        'the subject has no faults.cut',
        'the subject has no faults.lock',
        'the subject has no faults.stall',
        'the subject has no large source',
        'the subject has no readOnly settings',
        'the subject has no statements()',
        'the subject has no fingerprint()',
        'the subject names no refusals',
      ]),
    );
  });

  it('has the same cases in the same order as a full one, apart from its refusals', () => {
    const names = (cases: { name: string }[]) =>
      cases.map(({ name }) => name).filter((name) => !/ as pims-|wrong settings/.test(name));
    expect(names(conformanceCases(bare()))).toEqual(names(conformanceCases(memorySubject())));
  });
});

describe('conformance kit: runConformance', () => {
  it('reports each result as it comes', async () => {
    const told: string[] = [];
    const results = await runConformance(memorySubject(), ({ name }) => void told.push(name));
    expect(told).toEqual(results.map(({ name }) => name));
  });

  it('never prints the secrets in the settings of a careless connector', async () => {
    const subject = memorySubject((connector, _source, settings) => ({
      ...connector,
      check: async () => {
        throw new Error(`cannot log in with ${settings.password}`);
      },
    }));
    const results = await runConformance(subject);
    expect(results.some(({ outcome }) => outcome === 'failed')).toBe(true);
    expect(JSON.stringify(results)).not.toContain('hunter2-secret');
  });
});
