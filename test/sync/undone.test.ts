import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Pet } from '../../src/domain/client/pet.js';
import { inTransaction } from '../../src/store/db/database.js';
import { approvePlan } from '../../src/store/sync-runs/practices.js';
import { confirmListed } from '../../src/store/decisions/undone-facts.js';
import { planPractice } from '../../src/sync/plan.js';
import { client, pims } from './support/pims.js';
import { died, elm, id, mia, onlyPet, rows, undoneStage, type UndoneStage } from './support/undone-stage.js';

describe('sync: a death, an opt-out or a flag that the PIMS removes', () => {
  let s: UndoneStage;
  beforeEach(async () => {
    s = await undoneStage();
  });
  afterEach(() => s.test.drop());

  it('waits for a confirmation of each if few clients are affected, and staff confirm one', async () => {
    const before = rows(
      5,
      (n) => [onlyPet(1, died), { optOut: 'DNE' }, { inactive: true }, { deleted: true }, {}][n - 1]!,
    );
    await s.sync(pims(before));
    expect(await s.mailed()).toEqual([5]);
    await s.sync(pims(rows(5)));
    expect(await s.reasons()).toEqual({ eligible: 1, 'undone-in-pims': 4 });
    expect(await s.mailed()).toEqual([5]);
    const work = await s.openWork();
    expect(work[0]).toMatch(
      /^1: The PIMS said that Rex1 died on 2024-05-05 and now lists Rex1 as living\. Nothing is sent/,
    );
    expect(work[1]).toMatch(/^2: The PIMS said not to email this client \(DNE\) and no longer says so\./);

    // The invite plan agrees with the decisions of a sync.
    const plan = await planPractice(
      {
        db: s.test.db,
        clock: s.deps.clock,
        newId: s.deps.newId,
        erased: s.deps.erased,
        signal: new AbortController().signal,
        onPage: () => undefined,
      },
      s.practice(pims(rows(5, () => ({ title: 'Dr' })))),
    );
    expect(plan.counts).toMatchObject({ invite: 1, hold: 4, differ: 0 });

    await expect(s.confirm(1, 'of another page')).rejects.toMatchObject({ code: 'changed-meanwhile' });
    await s.confirm(1);
    await expect(s.confirm(1)).rejects.toMatchObject({ code: 'changed-meanwhile' });
    await s.evaluate(pims(rows(5)));
    expect(await s.mailed()).toEqual([1, 5]);
    expect(await s.openWork()).toHaveLength(3);
    expect(
      await s.test.db
        .selectFrom('audit')
        .select(['actor_name', 'details'])
        .where('action', '=', 'undone-confirmed')
        .execute(),
    ).toEqual([{ actor_name: 'Mia', details: '{"client":"0001","kinds":"pet-died"}' }]);

    // One fact returns by itself; the other two are confirmed from the Tasks page.
    await s.sync(pims(rows(5, (n) => (n === 2 ? { optOut: 'DNE' } : {}))));
    expect(await s.reasons()).toEqual({ eligible: 2, 'opted-out': 1, 'undone-in-pims': 2 });
    expect(await s.openWork()).toHaveLength(2);
    const listed = (until: Date) => confirmListed(s.test.db, elm, { practiceId: 'elm', until }, mia, new Date());
    expect(await listed(new Date(0))).toBe(0);
    expect(await listed(new Date())).toBe(2);
    await s.evaluate(pims(rows(5)));
    expect(await s.mailed()).toEqual([1, 3, 4, 5]);
    expect(await s.openWork()).toEqual([]);
    expect(await s.broken()).toEqual([]);
  });

  it('keeps the name of a pet known dead out of every email until staff confirm the change', async () => {
    const living = { ...client(1).pets[0]!, pimsId: 'other', name: 'Living' };
    const both = (parts: Partial<Pet>) => [client(1, { pets: [...onlyPet(1, parts).pets!, living] })];
    await s.sync(pims(both(died)), { welcome: 'after-approval' });
    await s.sync(pims(both({})), { welcome: 'after-approval' });
    await inTransaction(s.test.db, (trx) => approvePlan(trx, 'elm', 'Mia', new Date()));
    await s.evaluate(pims([]), { welcome: 'after-approval' });
    expect(await s.mailed()).toEqual([1]);
    expect(await s.named()).toEqual(['Living']);
    expect((await s.openWork())[0]).toContain('Rex1 died on 2024-05-05');
    await s.confirm(1);
    await s.evaluate(pims([]), { welcome: 'after-approval' });
    expect((await s.named()).sort()).toEqual(['Living', 'Rex1']);
    expect(await s.openWork()).toEqual([]);
  });

  it('is also detected if one client is read alone', async () => {
    await s.sync(pims([client(1, { optOut: 'DNE' })]));
    await s.sync(pims([client(1)]), undefined, { kind: 'client', clientReference: id(1) });
    expect(await s.reasons()).toEqual({ 'undone-in-pims': 1 });
    expect(await s.mailed()).toEqual([]);
  });
});
