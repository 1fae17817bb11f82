import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { releaseDrift } from '../../src/store/decisions/drift-hold.js';
import { client, pims } from './support/pims.js';
import { died, elm, mia, onlyPet, rows, undoneStage, type UndoneStage } from './support/undone-stage.js';

const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, at) => first + at);

describe('sync: protection that the PIMS recalls for many clients at once', () => {
  let s: UndoneStage;
  beforeEach(async () => {
    s = await undoneStage();
  });
  afterEach(() => s.test.drop());

  const send = () =>
    s.test.db
      .updateTable('messages')
      .set({ state: 'delivered', open_key: null })
      .where('state', '=', 'queued')
      .execute();

  it('undone facts: emails no owner of a dead only pet if deaths are emptied for 70 of 200 clients', async () => {
    await s.sync(pims(rows(200, (n) => (n <= 70 ? onlyPet(n, died) : {}))));
    expect(await s.mailed()).toEqual(from(71, 200));
    const newcomer = client(201);
    await s.sync(pims([...rows(200), newcomer]));
    expect(await s.reasons()).toEqual({ eligible: 130, 'field-drift': 71 });
    expect(await s.mailed()).toEqual(from(71, 200));
    expect(await s.openWork()).toEqual([]);

    // The next nightly sync has the same data, and changes of other fields do not end the hold either.
    await s.sync(pims([...rows(200, (n) => (n <= 5 ? { title: 'Dr' } : {})), newcomer]));
    expect(await s.mailed()).toEqual(from(71, 200));
    expect(await s.broken()).toEqual([]);

    // The deaths are back, so the hold ends by itself.
    await s.sync(pims([...rows(200, (n) => (n <= 70 ? onlyPet(n, died) : {})), newcomer]));
    expect(await s.reasons()).toEqual({ eligible: 131, 'no-living-pet': 70 });
    expect(await s.mailed()).toEqual(from(71, 201));
    expect(await s.table('undone_facts')).toEqual([]);
  });

  it('undone facts: confirmed for all clients if a manager confirms the field', async () => {
    await s.sync(pims(rows(60, (n) => (n <= 20 ? onlyPet(n, died) : {}))));
    await s.sync(pims(rows(60)));
    expect(await releaseDrift(s.test.db, elm, { practiceId: 'elm' }, mia, new Date())).toBe(20);
    await s.evaluate(pims(rows(60)));
    expect(await s.reasons()).toEqual({ eligible: 60 });
    expect(await s.mailed()).toEqual(from(1, 60));
    expect(await s.named()).toContain('Rex1');
    await s.sync(pims(rows(60)));
    expect(await s.reasons()).toEqual({ eligible: 60 });
    expect(await s.broken()).toEqual([]);
  });

  it('undone facts: holds all changes of an old backup in a practice of 60, and a corrected address stays', async () => {
    const typo = (n: number) => (n === 60 ? { emails: ['ann60@psot.example'] } : {});
    const backup = rows(60, typo);
    const current = rows(60, (n) =>
      n <= 6 ? { optOut: 'DNE' } : n <= 12 ? { inactive: true } : n <= 18 ? onlyPet(n, died) : {},
    );
    const before = rows(60, (n) => ({ ...current[n - 1], ...typo(n) }));
    await s.sync(pims(before));
    await send();
    await s.sync(pims(current));
    await send();
    const sent = await s.mailed();
    const credential = () =>
      s.test.db
        .selectFrom('temporary_credentials as c')
        .innerJoin('accounts as a', 'a.id', 'c.account_id')
        .select(['a.email', 'c.issued_at', 'c.sealed'])
        .where('a.email', 'like', 'ann60@%')
        .execute();
    const known = await credential();
    expect(known).toMatchObject([{ email: 'ann60@post.example' }]);

    await s.sync(pims(backup));
    expect(await s.mailed()).toEqual(sent);
    expect(await credential()).toEqual(known);
    expect(await s.reasons()).toEqual({ eligible: 41, 'field-drift': 18, 'undone-in-pims': 1 });
    expect(await s.openWork()).toEqual([
      expect.stringMatching(
        /^60: The PIMS has ann60@psot\.example again, an address that was corrected to ann60@post\.example\./,
      ),
    ]);
    // The restored PIMS is brought up to date.
    await s.sync(pims(current));
    expect(await s.mailed()).toEqual(sent);
    expect(await s.openWork()).toEqual([]);
    expect(await credential()).toEqual(known);

    // Or the old address is correct after all.
    await s.sync(pims(rows(60, (n) => ({ ...current[n - 1], ...typo(n) }))));
    await s.confirm(60);
    await s.evaluate(pims([]));
    expect(await credential()).toMatchObject([{ email: 'ann60@psot.example' }]);
    expect(await s.broken()).toEqual([]);
  });

  it('undone facts: need no confirmation if a held mistake is corrected', async () => {
    const right = (n: number) => (n <= 6 ? { optOut: 'DNE' } : {});
    for (const wrong of [(n: number) => onlyPet(n, died), () => ({ inactive: true }), () => ({ optOut: 'X' })]) {
      await s.sync(pims(rows(60, right)));
      await s.sync(pims(rows(60, (n) => ({ ...wrong(n), ...right(n) }))));
      expect((await s.reasons())['field-drift']).toBe(54);
      await s.sync(pims(rows(60, right)));
      expect(await s.reasons()).toEqual({ eligible: 54, 'opted-out': 6 });
      expect(await s.openWork()).toEqual([]);
    }
    // A flag that was correct before is not corrected together with the mistake.
    await s.sync(pims(rows(60, () => ({ optOut: 'X' }))));
    await s.sync(pims(rows(60, (n) => (n <= 4 ? { optOut: 'DNE' } : {}))));
    expect(await s.reasons()).toEqual({ eligible: 54, 'opted-out': 4, 'undone-in-pims': 2 });
  });
});
