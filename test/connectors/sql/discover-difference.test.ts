import { describe, expect, it } from '@jest/globals';
import { avimarkMapping } from '../../../src/connectors/avimark/mapping.js';
import { cornerstoneMapping } from '../../../src/connectors/cornerstone/mapping.js';
import { impromedMapping } from '../../../src/connectors/impromed/mapping.js';
import { difference, whole, written } from '../../../src/connectors/sql/discover/difference.js';
import { mergeMapping } from '../../../src/connectors/sql/mapping.js';

const all = { cornerstone: cornerstoneMapping, avimark: avimarkMapping, impromed: impromedMapping };

describe('the difference of two mappings', () => {
  it.each(Object.keys(all) as (keyof typeof all)[])('is nothing between the mapping of %s and itself', (name) => {
    const own = written(mergeMapping(all[name]));
    expect(difference(own, own)).toEqual({});
  });

  const pairs = Object.entries(all).flatMap(([from, usual]) =>
    Object.entries(all).map(([to, wanted]) => ({ from, to, usual, wanted })),
  );
  it.each(pairs)('laid over the mapping of $from gives that of $to', ({ usual, wanted }) => {
    const aim = written(mergeMapping(wanted));
    const over = difference(written(mergeMapping(usual)), aim);
    for (const override of [over, whole(aim, over)])
      expect(written(mergeMapping(usual, override as Record<string, unknown>))).toEqual(aim);
  });
});
