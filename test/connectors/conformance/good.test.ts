import { describe, expect, it } from '@jest/globals';
import { conformanceCases, runConformance } from '../../../src/connectors/conformance/index.js';
import { makeSource, memorySubject, openMemory } from './memory.js';
import type { Subject } from '../../../src/connectors/conformance/index.js';

describe('a connector that keeps every rule', () => {
  for (const { name, run } of conformanceCases(memorySubject())) it(name, run);

  it('passes every case when run without a test runner', async () => {
    const results = await runConformance(memorySubject());
    expect(results.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(results).toHaveLength(conformanceCases(memorySubject()).length);
  });
});

describe('a connector that tells changes by version', () => {
  const counting = (): ReturnType<typeof memorySubject> => versionSubject();
  const cases = (subject = counting()) =>
    conformanceCases(subject).filter(({ name }) => /changed since|misses no change|capabilities/.test(name));

  for (const { name, run } of cases()) it(name, run);

  it('fails when its mark does not cover a change that was under way', async () => {
    // The mark of a careless connector is the last number given out, not the first that is still open.
    const careless = versionSubject(1);
    const results = await Promise.allSettled(cases(careless).map(({ run }) => run()));
    expect(results.map(({ status }) => status)).toContain('rejected');
  });
});

describe('a subject with nothing but a definition and settings', () => {
  const bare = () => {
    const { definition, settings } = memorySubject();
    return { definition, settings };
  };

  it('has cases that say why they cannot run, and passes none of them', async () => {
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
        'the subject has no change()',
        'the subject has no fingerprint()',
        'the subject names no refusals',
      ]),
    );
  });

  it('has the same cases in the same order as a full one, apart from its refusals', () => {
    const names = (cases: { name: string }[]) =>
      cases.map(({ name }) => name).filter((name) => !/ with pims-|wrong settings/.test(name));
    expect(names(conformanceCases(bare()))).toEqual(names(conformanceCases(memorySubject())));
  });
});

describe('runConformance', () => {
  it('reports each result as it comes', async () => {
    const told: string[] = [];
    const results = await runConformance(memorySubject(), ({ name }) => void told.push(name));
    expect(told).toEqual(results.map(({ name }) => name));
  });

  it('keeps the secrets of the settings out of what it tells about a careless connector', async () => {
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

/** The memory source, counting changes up; `ahead` makes marks that run ahead of what is committed. */
function versionSubject(ahead = 0): Subject {
  const source = makeSource();
  const versions = new Map<string, number>();
  let last = 0;
  const capabilities = { delta: 'version' as const, oneClient: true, sourceClock: true };
  const subject = memorySubject((_connector, _source, settings) => {
    const memory = openMemory(source, settings);
    return {
      ...memory,
      capabilities,
      version: async () => String(last + 1 + ahead),
      async *clients(options) {
        for await (const page of memory.clients({ ...options, since: null })) {
          const changed = ({ pimsId }: { pimsId: string }): boolean =>
            !options.since || (versions.get(pimsId) ?? 0) >= Number(options.since);
          yield { ...page, clients: page.clients.filter(changed) };
        }
      },
    };
  }, source);
  let turn = 0;
  return {
    ...subject,
    expected: { ...subject.expected, capabilities },
    change: async () => {
      const id = String((turn++ % 5) + 1);
      versions.set(id, (last += 1));
      return id;
    },
  };
}
