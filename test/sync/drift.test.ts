import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../../src/domain/client/client.js';
import type { Drift } from '../../src/domain/client/drift.js';
import { allowPractices } from '../../src/store/access/allowed-practices.js';
import { driftHoldOf, heldByDrift, releaseDrift } from '../../src/store/decisions/drift-hold.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const elm = allowPractices(['elm']);
const mia = { kind: 'staff', id: null, name: 'Mia' } as const;

/** Makes sixty clients with an email each. */
const clients = (row: (n: number) => Partial<Client> = () => ({})): Client[] =>
  Array.from({ length: 60 }, (_, at) => client(at + 1, row(at + 1)));
/** Empties the email column for 60 % of them. */
const emptied = clients((n) => (n <= 36 ? { emails: [] } : {}));

describe('sync: a field that changes for many clients at once', () => {
  let s: Stage;
  beforeEach(async () => {
    s = await stage();
  });
  afterEach(() => s.test.drop());

  const count = async (table: 'pims_clients' | 'messages', column: string) => {
    const rows = await s.table(table);
    const counts: Record<string, number> = {};
    for (const row of rows) counts[String(row[column])] = (counts[String(row[column])] ?? 0) + 1;
    return counts;
  };
  const driftOf = async (runId: string) => {
    const row = await s.test.db
      .selectFrom('sync_runs')
      .select('drift')
      .where('id', '=', runId)
      .executeTakeFirstOrThrow();
    return JSON.parse(row.drift ?? 'null') as Drift[] | null;
  };
  const release = async (rows: Client[]) => {
    const waited = await releaseDrift(s.test.db, elm, { practiceId: 'elm' }, mia, new Date());
    await s.evaluate(pims(rows));
    return waited;
  };

  it('drift: recalls no email and changes no decision overnight, and gives the reason', async () => {
    await s.sync(pims(clients()));
    const newcomer = client(61, { emails: [] });
    const run = await s.sync(pims([...emptied, newcomer]));
    expect(run.state).toBe('done');
    expect((await driftOf(run.id))?.[0]?.sentence).toMatch(
      /^Only 39\.3 % of the clients have a value for email; it was 100 %/,
    );
    expect(await count('messages', 'state')).toEqual({ queued: 60 });
    expect(await count('pims_clients', 'reason')).toEqual({ eligible: 24, 'field-drift': 37 });
    const touched = (await s.table('pims_clients')).find((row) => row['pims_id'] === '0001');
    expect(touched).toMatchObject({ verdict: 'hold' });
    expect(touched?.['sentence']).toContain('"email" changed for many clients at once');
    expect(await heldByDrift(s.test.db, 'elm')).toBe(37);
    expect(await s.broken()).toEqual([]);

    // The next nightly sync has the same data and no further drift; held clients stay held.
    const next = await s.sync(pims([...emptied, newcomer]));
    expect(await driftOf(next.id)).toEqual([]);
    expect(await count('messages', 'state')).toEqual({ queued: 60 });
    expect(await heldByDrift(s.test.db, 'elm')).toBe(37);
  });

  it('drift: takes effect once staff confirm it', async () => {
    await s.sync(pims(clients()));
    await s.sync(pims(emptied));
    expect(await release(emptied)).toBe(36);
    expect(await count('pims_clients', 'reason')).toEqual({ eligible: 24, 'no-email': 36 });
    expect(await count('messages', 'state')).toEqual({ queued: 24, canceled: 36 });
    expect(await driftHoldOf(s.test.db, 'elm')).toEqual([]);
    const lines = await s.test.db.selectFrom('audit').selectAll().where('action', '=', 'drift-released').execute();
    expect(lines).toMatchObject([{ actor_name: 'Mia', practice_id: 'elm' }]);
    await expect(release(emptied)).rejects.toMatchObject({ code: 'nothing-held' });
    await s.sync(pims(emptied));
    expect(await heldByDrift(s.test.db, 'elm')).toBe(0);
    expect(await s.broken()).toEqual([]);
  });

  it('drift: ends by itself when the field is filled again', async () => {
    await s.sync(pims(clients()));
    await s.sync(pims([...emptied, client(61, { emails: [] })]));
    await s.sync(pims([...clients(), client(61, { emails: [] })]));
    expect(await driftHoldOf(s.test.db, 'elm')).toEqual([]);
    expect(await count('pims_clients', 'reason')).toEqual({ eligible: 60, 'no-email': 1 });
    expect(await count('messages', 'state')).toEqual({ queued: 60 });
  });

  it('drift: invites no client who opted out if the opt-out flag is lost', async () => {
    const asked = clients((n) => (n <= 24 ? { optOut: 'NO_EMAIL' } : {}));
    await s.sync(pims(asked));
    await s.sync(pims(clients()));
    expect(await count('pims_clients', 'reason')).toEqual({ eligible: 36, 'field-drift': 24 });
    expect(await s.table('accounts')).toHaveLength(36);
    expect(await release(clients())).toBe(24);
    expect(await s.table('accounts')).toHaveLength(60);
    expect(await s.broken()).toEqual([]);
  });

  it('drift: is reported even if the safety stop stops the run, and no client is evaluated then', async () => {
    await s.sync(pims(clients()));
    const stranger = Array.from({ length: 60 }, (_, n) => client(n + 500, { emails: [] }));
    const run = await s.sync(pims(stranger));
    expect(run.state).toBe('stopped');
    expect(await driftOf(run.id)).toMatchObject([{ kind: 'fill-fell', field: 'email', now: 0 }, {}]);
    expect(await count('messages', 'state')).toEqual({ queued: 60 });
    await s.sync(pims(clients()));
    expect(await driftHoldOf(s.test.db, 'elm')).toEqual([]);
    expect((await count('pims_clients', 'reason'))['eligible']).toBe(60);
  });
});
