import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newIds } from '../../src/lib/ids.js';
import { createSyncAdmission, serversOf } from '../../src/jobs/sync-admission.js';
import { beginRun, setRunState } from '../../src/store/sync-runs/run-progress.js';
import { loadRun, requestSync } from '../../src/store/sync-runs/sync-runs.js';
import type { SyncKind } from '../../src/store/db/tables.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

const now = () => new Date();
const newId = newIds();

describe('sync admission: order of practices', () => {
  let test: TestDatabase;
  beforeAll(async () => void (test = await testDatabase()));
  beforeEach(async () => void (await test.db.deleteFrom('sync_runs').execute()));
  afterAll(() => test.drop());

  const server = 'sql.group.example:1433';
  const practices = [
    ...['one', 'two', 'three'].map((id) => ({ id, server })),
    { id: 'elsewhere', server: 'sql.group.example:1434' },
    { id: 'files', server: null },
  ];
  const onSameServer = serversOf(practices);
  const isConfigured = (practiceId: string) => practices.some(({ id }) => id === practiceId);
  let full = false;
  const turns = (clock = now) => {
    const queueIsFull = () => Promise.resolve(full);
    return createSyncAdmission({ db: test.db, clock, onSameServer, isConfigured, queueIsFull });
  };
  const virtualTimeOf = async (runId: string, clock = now) => turns(clock).canStart(await loadRun(test.db, runId));
  const enqueue = async (practiceId: string, kind: SyncKind = 'nightly') => {
    const night = kind === 'nightly' ? { nightlyDate: '2026-05-04' } : {};
    return (await requestSync(test.db, { practiceId, kind, by: 'test', ...night }, newId, now)).runId;
  };
  const reads = async (practiceId: string) => {
    const runId = await enqueue(practiceId);
    await beginRun(test.db, runId, now());
    return runId;
  };
  const wasRead = async (practiceId: string) => {
    const runId = await enqueue(practiceId, 'resync');
    await beginRun(test.db, runId, now());
    await setRunState(test.db, runId, 'done', (await loadRun(test.db, runId)).counts, now());
  };

  it('lets two practices of one server be read at a time, and practices of other servers meanwhile', async () => {
    const first = await reads('one');
    expect(await virtualTimeOf(await enqueue('two'))).toBeNull();
    await test.db.deleteFrom('sync_runs').where('practice_id', '=', 'two').execute();
    await reads('two');
    expect(await virtualTimeOf(await enqueue('three'))).toBe(1000);
    expect(await virtualTimeOf(await enqueue('elsewhere'))).toBeNull();
    expect(await virtualTimeOf(await enqueue('files'))).toBeNull();
    // A sync that has started continues.
    expect(await virtualTimeOf(first)).toBeNull();
  });

  it('does not wait for a worker that has died', async () => {
    await reads('one');
    await reads('two');
    const inTwoMinutes = () => new Date(Date.now() + 120_000);
    expect(await virtualTimeOf(await enqueue('three'), inTwoMinutes)).toBeNull();
  });

  it('lets a first import begin when no nightly sync waits, and always starts a nightly sync first', async () => {
    await wasRead('elsewhere');
    const import_ = await enqueue('files', 'resync');
    expect(await virtualTimeOf(import_)).toBeNull();
    const night = await enqueue('elsewhere');
    expect(await virtualTimeOf(import_)).toBe(10_000);
    expect(await virtualTimeOf(night)).toBeNull();
    await beginRun(test.db, night, now());
    expect(await virtualTimeOf(import_)).toBeNull();
  });

  it('makes only a first import give way to a nightly sync while every worker is busy', async () => {
    await wasRead('elsewhere');
    const goesOn = async (runId: string) => turns().canContinue(await loadRun(test.db, runId));
    const import_ = await reads('files');
    full = true;
    expect(await goesOn(import_)).toBeNull();
    const night = await enqueue('elsewhere');
    expect(await goesOn(import_)).toBe(10_000);
    // The job returns to the queue and waits as long as the limit is reached.
    expect(await virtualTimeOf(import_)).toBe(10_000);
    full = false;
    expect([await goesOn(import_), await virtualTimeOf(import_)]).toEqual([null, null]);
    full = true;
    await beginRun(test.db, night, now());
    await wasRead('two');
    await enqueue('two');
    expect([await goesOn(import_), await goesOn(night)]).toEqual([10_000, null]);
    full = false;
  });

  it('ignores the nightly sync of a practice that was removed from the configuration', async () => {
    await wasRead('gone');
    await enqueue('gone');
    expect(await virtualTimeOf(await enqueue('files', 'resync'))).toBeNull();
  });

  it('does not count the resync of one client as a read of the practice', async () => {
    const one = await enqueue('one', 'client');
    await beginRun(test.db, one, now());
    await setRunState(test.db, one, 'done', (await loadRun(test.db, one)).counts, now());
    expect(await virtualTimeOf(await enqueue('one'))).toBeNull();
  });

  it('never lets two first imports wait for each other, nor a single client for any run', async () => {
    const first = await enqueue('one');
    const second = await enqueue('elsewhere');
    expect([await virtualTimeOf(first), await virtualTimeOf(second)]).toEqual([null, null]);
    await reads('two');
    await wasRead('files');
    await enqueue('files');
    expect(await virtualTimeOf(await enqueue('three', 'client'))).toBeNull();
  });
});
