import { afterEach, describe, expect, it } from '@jest/globals';
import type { KyselyPlugin } from 'kysely';
import type { Client } from '../../src/domain/client/client.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const first = Array.from({ length: 14 }, (_, n) => client(n + 1));
/** The next nightly sync: new clients, moves, a merge, missing clients, an opt-out, and a death. */
const next: Client[] = [
  ...first.slice(0, 8),
  client(9, { emails: ['nine@post.example'] }),
  client(10, { emails: ['ann1@post.example'] }),
  client(11, { optOut: 'NO_EMAIL' }),
  client(12, { pets: [{ ...first[11]!.pets[0]!, diedOn: '2020-01-01', status: 'deceased' }] }),
  client(20),
  client(21, { emails: ['ann20@post.example'] }),
  client(22, { firstName: 'Ann13', lastName: 'Fell13', phones: first[12]!.phones, pets: first[12]!.pets }),
];

class Crash extends Error {}

describe('sync: a sync that dies', () => {
  const stages: Stage[] = [];
  afterEach(async () => {
    for (const s of stages.splice(0)) await s.test.drop();
  });

  /** One nightly sync is done and emails were sent; the first pet parent has logged in. */
  async function afterFirstNight(): Promise<Stage> {
    const s = await stage();
    stages.push(s);
    await s.sync(pims(first));
    await s.test.db.updateTable('messages').set({ state: 'delivered', open_key: null }).execute();
    const now = new Date();
    await s.test.db
      .updateTable('accounts')
      .set({ first_login_at: now })
      .where('email', '=', 'ann1@post.example')
      .execute();
    await s.test.db
      .updateTable('temporary_credentials')
      .set({ sealed: null, key_id: null, used_at: now, cleared_at: now })
      .where('account_id', 'in', s.test.db.selectFrom('accounts').select('id').where('first_login_at', 'is not', null))
      .execute();
    return s;
  }

  /** Ends this process after `answers` answers of the database; open transactions roll back. */
  function dyingAfter(s: Stage, answers: number) {
    let n = 0;
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      transformResult: ({ result }) => (++n > answers ? Promise.reject(new Crash()) : Promise.resolve(result)),
    };
    const { db } = s.deps;
    s.deps.db = db.withPlugin(plugin);
    return { count: () => n, live: () => void (s.deps.db = db) };
  }

  /** Reads the results that people see, without ids and times. */
  async function endOf({ test: { db } }: Stage) {
    const clients = await db
      .selectFrom('pims_clients as c')
      .leftJoin('account_links as l', (join) =>
        join.onRef('l.practice_id', '=', 'c.practice_id').onRef('l.client_pims_id', '=', 'c.pims_id'),
      )
      .leftJoin('accounts as a', 'a.id', 'l.account_id')
      .select(['c.pims_id', 'c.email_key', 'c.reason', 'c.living', 'c.merged_into', 'c.needs_evaluation', 'a.email'])
      .orderBy('c.pims_id')
      .execute();
    const passwords = await db
      .selectFrom('accounts as a')
      .leftJoin('temporary_credentials as t', 't.account_id', 'a.id')
      .select(['a.email', 't.cleared_reason'])
      .select((eb) => eb('t.sealed', 'is not', null).as('alive'))
      .orderBy('a.email')
      .execute();
    const mails = await db
      .selectFrom('messages as w')
      .innerJoin('accounts as a', 'a.id', 'w.account_id')
      .select(['a.email', 'w.client_pims_id', 'w.kind', 'w.state', 'w.superseded'])
      .orderBy('w.client_pims_id')
      .orderBy('w.state')
      .execute();
    const work = await db.selectFrom('tasks').select(['client_pims_id', 'kind']).orderBy('client_pims_id').execute();
    return { clients, passwords, mails, work };
  }

  it('sync crash: ends like an undisturbed sync at any point, once another worker resumes', async () => {
    const whole = await afterFirstNight();
    const { count } = dyingAfter(whole, Infinity);
    await whole.sync(pims(next));
    const expected = await endOf(whole);
    expect(expected.clients.filter(({ living }) => living === 0).map((row) => row.pims_id)).toEqual(['0013', '0014']);
    expect(await whole.broken()).toEqual([]);

    const part = count() / 5;
    for (let nth = 1; nth < 5; nth++) {
      const s = await afterFirstNight();
      const { live } = dyingAfter(s, Math.floor(part * nth));
      const { runId } = await s.enqueue();
      // Twice, so that it also dies while resuming.
      await expect(s.go(runId, pims(next))).rejects.toThrow(Crash);
      live();
      const again = dyingAfter(s, Math.floor(part));
      await s.go(runId, pims(next)).catch((error: unknown) => expect(error).toBeInstanceOf(Crash));
      again.live();
      const run = await s.go(runId, pims(next));
      expect(run.state).toBe('done');
      expect({ nth, ...(await endOf(s)) }).toEqual({ nth, ...expected });
      expect(await s.broken()).toEqual([]);
    }
  }, 60_000);
});
