import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../../src/domain/client/client.js';
import type { Pet } from '../../src/domain/client/pet.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

let s: Stage;
beforeEach(async () => {
  s = await stage();
});
afterEach(() => s.test.drop());

const long = 'ä'.repeat(3000);
const withPet = (n: number, more: Partial<Pet>): Client => {
  const one = client(n);
  return { ...one, pets: one.pets.map((pet) => ({ ...pet, ...more })) };
};

describe('sync: an invalid value', () => {
  it('that is only shown is truncated to its column, and stops nothing', async () => {
    const odd = [
      client(1, {
        displayId: long,
        title: long,
        companyName: long,
        classification: long,
        unknownStatus: null,
      }),
      client(2, { firstName: long, lastName: long, phones: [{ label: long, number: '1'.repeat(500) }] }),
      client(3, { emails: [`${'a'.repeat(300)}@post.example`, long] }),
      client(4, { unknownStatus: long }),
      client(5, { optOut: long, siteId: long, spouseFirstName: long }),
      client(6, { createdOn: 'long ago', lastVisitOn: '0000-00-00' }),
      withPet(7, { name: long, species: long, speciesRaw: long, breed: long, sexRaw: long, statusRaw: long }),
      ...[1e9, -5, NaN, Infinity, 100.004].map((share, n) => withPet(10 + n, { share })),
      client(20),
    ];
    const run = await s.sync(pims(odd));
    expect(run).toMatchObject({
      state: 'done',
      counts: { read: odd.length, new: odd.length, unreadable: 0 },
    });
    expect((await s.table('pims_pets')).filter((pet) => pet['share'] !== null)).toHaveLength(odd.length - 5);
    expect((await s.sync(pims(odd))).counts).toMatchObject({ unchanged: odd.length, changed: 0 });
    expect(await s.broken()).toEqual([]);
  });

  it.each<[string, Client, string]>([
    ['a key', client(1, { pimsId: '1'.repeat(129) }), 'Its key is empty or longer than 128 characters.'],
    ['an empty key', client(1, { pimsId: '' }), 'Its key is empty or longer than 128 characters.'],
    ['a pet’s key', withPet(1, { pimsId: 'p'.repeat(129) }), 'One of its pets has a key that is empty'],
    ['a date of death', withPet(1, { diedOn: '2020-02-31' }), 'One of its pets has a date that does not exist.'],
    ['a date of birth', withPet(1, { bornOn: 'spring' }), 'One of its pets has a date that does not exist.'],
  ])('in %s makes that client unreadable, with a reason, and stops no other client', async (_what, odd, sentence) => {
    const run = await s.sync(pims([odd, client(2), client(3)]));
    expect(run).toMatchObject({ state: 'done', counts: { read: 2, new: 2, accounts: 2, unreadable: 1 } });
    const [told] = await s.test.db.selectFrom('sync_unreadable').selectAll().execute();
    expect(told?.reason).toContain(sentence);
    const one = await s.enqueue({ kind: 'client', clientReference: odd.displayId as string });
    await expect(s.go(one.runId, pims([odd]))).rejects.toMatchObject({ code: 'client-unreadable' });
  });

  it('of a known client leaves the stored client and pets unchanged', async () => {
    await s.sync(pims([client(1), client(2)]));
    const run = await s.sync(pims([withPet(1, { diedOn: '31/12/2020' }), client(2)]));
    expect(run.counts).toMatchObject({ unreadable: 1, missing: 0, changed: 0 });
    expect(await s.table('pims_pets')).toHaveLength(2);
    expect((await s.table('messages')).map(({ state }) => state)).toEqual(['queued', 'queued']);
  });
});
