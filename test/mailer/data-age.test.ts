import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { lastNightlySync, type NightlySchedule } from '../../src/jobs/handlers/start-nightly-sync.js';
import { insertMany } from '../../src/store/db/database.js';
import { noCounts } from '../../src/store/sync-runs/sync-runs.js';
import type { SyncState } from '../../src/store/db/tables.js';
import { drain, startWorld, type World } from './support.js';

/** Nightly syncs start at 02:00 in Chicago, which is 07:00 UTC in May. */
const night: NightlySchedule = { practiceId: 'elm', timeZone: 'America/Chicago', at: '02:00', spreadMinutes: 0 };

describe('emails: invitations after workers were down overnight', () => {
  let world: World;
  let runs = 0;
  beforeAll(async () => {
    world = await startWorld();
    await world.addPractice('elm');
  });
  beforeEach(async () => {
    for (const table of ['sync_runs', 'messages'] as const) await world.db.deleteFrom(table).execute();
  });
  afterAll(() => world.stop());

  const mailer = () =>
    world.mailer({ dataRule: (_id, now) => ({ maxAgeHours: 36, night: lastNightlySync(night, now) }) });
  async function run(state: SyncState, at: string, nightlyDate: string | null = null): Promise<string> {
    const id = `run-${++runs}`;
    const when = new Date(at);
    const open = state === 'queued' || state === 'reading';
    await insertMany(world.db, 'sync_runs', [
      {
        id,
        practice_id: 'elm',
        kind: nightlyDate ? 'nightly' : 'resync',
        nightly_date: nightlyDate,
        state,
        active_practice: open ? 'elm' : null,
        requested_at: when,
        started_at: state === 'queued' ? null : when,
        counts: JSON.stringify(noCounts),
      } as never,
    ]);
    return id;
  }
  const end = (id: string, state: SyncState) =>
    world.db.updateTable('sync_runs').set({ state, active_practice: null }).where('id', '=', id).execute();
  const sent = (email: string) => world.ses.counts.acceptedTo(email);
  /** Requests an email that was queued before anything was due. */
  const claim = (id: string) => mailer().sender.send(id);

  it('wait until the missed nightly sync is done, and are then sent by themselves', async () => {
    world.setTime('2026-05-05T14:00:00Z');
    await run('done', '2026-05-04T07:00:00Z', '2026-05-04');
    const [person, queued] = await world.owe({ count: 2 });
    // The sweep enqueues the nightly sync and the emails at the same time.
    expect(await drain(mailer())).toEqual([]);
    expect(await claim(queued!.messageId)).toEqual({ skipped: 'waits: nightly-sync-first' });
    expect(await world.welcome(queued!.messageId)).toMatchObject({
      state: 'queued',
      detail: expect.stringContaining('nightly sync is due or running'),
    });
    const missed = await run('queued', '2026-05-05T14:00:00Z', '2026-05-05');
    expect(await drain(mailer())).toEqual([]);
    await world.db
      .updateTable('sync_runs')
      .set({ state: 'reading', started_at: world.clock() })
      .where('id', '=', missed)
      .execute();
    expect(await drain(mailer())).toEqual([]);
    await end(missed, 'done');
    world.pass(60);
    await drain(mailer());
    expect([sent(person!.email), sent(queued!.email)]).toEqual([1, 1]);
  });

  it('wait if the nightly syncs fail for longer than the limit, until a sync succeeds', async () => {
    await run('done', '2026-05-04T07:00:00Z', '2026-05-04');
    await run('failed', '2026-05-05T07:00:00Z', '2026-05-05');
    world.setTime('2026-05-05T18:00:00Z');
    const [before] = await world.owe();
    await drain(mailer());
    expect(sent(before!.email)).toBe(1);

    world.setTime('2026-05-05T20:00:00Z');
    const [after] = await world.owe();
    expect(await drain(mailer())).toEqual([]);
    expect(await claim(after!.messageId)).toEqual({ skipped: 'waits: data-too-old' });
    await run('done', '2026-05-05T20:00:30Z');
    world.pass(120);
    await drain(mailer());
    expect(sent(after!.email)).toBe(1);
  });

  it('do not hold back a single email requested by a person, nor a password reset', async () => {
    world.setTime('2026-06-20T18:00:00Z');
    await run('done', '2026-05-04T07:00:00Z', '2026-05-04');
    const [single] = await world.owe({ urgent: true });
    const [reset] = await world.owe({ kind: 'password-reset', urgent: true });
    const [added] = await world.owe({ kind: 'practice-added' });
    await drain(mailer());
    expect([sent(single!.email), sent(reset!.email), sent(added!.email)]).toEqual([1, 1, 0]);
  });
});
