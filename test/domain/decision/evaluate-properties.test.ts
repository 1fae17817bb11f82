import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { edited, edits, firstImport, happen, histories, type Happening, type Story } from '../support/histories.js';
import {
  emptyWorld,
  mirror,
  readInto,
  evaluateAll,
  evaluateClients,
  markMissing,
  viewOf,
  wrongsOf,
} from '../support/store-model.js';

const bounded = { numRuns: Number(process.env.RUNS ?? 300) };
const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
const numbers = fc.infiniteStream(fc.nat());

function storyOf(history: readonly Happening[]): Story {
  const story: Story = { world: emptyWorld(), pims: { P1: new Map(), P2: new Map() } };
  for (const event of history) {
    happen(story, event);
    expect(wrongsOf(story.world)).toEqual([]);
  }
  return story;
}

describe('evaluation: properties', () => {
  it('never gives two accounts one email, a person two Welcome Emails, or a logged-in person a password', () => {
    fc.assert(
      fc.property(histories, (history) => void storyOf(history)),
      bounded,
    );
  });

  it('changes nothing when it runs again', () => {
    fc.assert(
      fc.property(histories, fc.constantFrom('P1', 'P2'), (history, practice) => {
        const { world } = storyOf(history);
        const all = [...world.rows.values()].filter((row) => row.practiceId === practice);
        const { decisions, ...changes } = evaluateClients(
          world,
          practice,
          all.map((row) => row.client.pimsId),
        );
        expect(Object.entries(changes).filter(([, list]) => list.length > 0)).toEqual([]);
        expect(decisions.filter((one) => one.changed)).toEqual([]);
      }),
      bounded,
    );
  });

  // A crash between two batches is another way to divide the clients that need evaluation, so this covers it too.
  it('has the same result for any order of pages and any batches of clients', () => {
    fc.assert(
      fc.property(histories, edits, sizes, numbers, (history, changes, batchSizes, random) => {
        const { world: once, pims } = storyOf(history);
        const other = structuredClone(once);
        const night = [...edited(pims.P1, changes).values()];
        mirror(once, 'P1', [night]);
        evaluateAll(once, 'P1');
        mirror(
          other,
          'P1',
          shuffled(night, random).map((row) => [row]),
        );
        evaluateAll(other, 'P1', batchSizes, (ids) => shuffled(ids, random));
        expect(viewOf(other, 'P1')).toEqual(viewOf(once, 'P1'));
        expect(wrongsOf(other)).toEqual([]);
      }),
      bounded,
    );
  });

  it('evaluate: ends the same if it stops at any page and any batch and then resumes or restarts', () => {
    const crash = fc.record({ page: fc.nat({ max: 6 }), batch: fc.nat({ max: 4 }), anew: fc.boolean() });
    fc.assert(
      fc.property(histories, edits, crash, sizes, numbers, (history, changes, at, batchSizes, random) => {
        const { world: once, pims } = storyOf(history);
        const other = structuredClone(once);
        const night = [...edited(pims.P1, changes).values()];
        mirror(once, 'P1', [night]);
        evaluateAll(once, 'P1');

        const pages = shuffled(night, random).map((row) => [row]);
        const seen = new Set<string>();
        readInto(other, 'P1', pages.slice(0, at.page), seen);
        // An uncommitted page is read again; a new run has seen no client yet.
        if (at.anew) mirror(other, 'P1', pages);
        else {
          readInto(other, 'P1', pages.slice(at.page), seen);
          markMissing(other, 'P1', seen);
        }
        const needs_evaluation = [...other.rows.values()].filter(
          (row) => row.practiceId === 'P1' && row.needs_evaluation,
        );
        for (const row of needs_evaluation.slice(0, at.batch)) evaluateClients(other, 'P1', [row.client.pimsId]);
        evaluateAll(other, 'P1', batchSizes);
        expect(viewOf(other, 'P1')).toEqual(viewOf(once, 'P1'));
        expect(wrongsOf(other)).toEqual([]);
      }),
      bounded,
    );
  });

  it('gives the clients of the last night the same decisions and logins whichever earlier nights were missed', () => {
    fc.assert(
      fc.property(fc.array(edits, { maxLength: 3 }), edits, (earlier, last) => {
        const start = edited(new Map(), firstImport('P1', ['red@x1.com', 'red@x1.com', 'blue@x1.com']).edits);
        const nights = [...earlier, last].map((_, at) => edited(start, [...earlier, last].slice(0, at + 1).flat()));
        const final = nights.at(-1)!;
        const endOf = (passes: typeof nights) => {
          const world = emptyWorld();
          for (const rows of passes) {
            mirror(world, 'P1', [[...rows.values()]]);
            evaluateAll(world, 'P1');
          }
          return viewOf(world, 'P1').filter((row) => final.has(row.pimsId));
        };
        const all = endOf(nights);
        // A flag or an address that only an earlier nightly sync saw is remembered; all others end the same.
        const undone = new Set(
          all.filter(({ decision }) => decision?.reason === 'undone-in-pims').map(({ pimsId }) => pimsId),
        );
        const others = (rows: typeof all) =>
          rows
            .filter(({ pimsId }) => !undone.has(pimsId))
            .map(({ pimsId, decision, email }) => ({ pimsId, decision, email }));
        expect(others(all)).toEqual(others(endOf([final])));
      }),
      bounded,
    );
  });
});

function shuffled<T>(list: readonly T[], random: fc.Stream<number>): T[] {
  return list
    .map((item) => ({ item, at: random.next().value as number }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
