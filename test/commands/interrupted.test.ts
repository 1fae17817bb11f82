import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createFaultProxy } from '../../src/connectors/conformance/proxy.js';
import { openOdbc, sqliteString } from '../../demo/practices/fill/odbc.js';
import { answer, openClinic, practiceId, type Clinic } from '../support/clinic.js';
import { until } from '../support/processes.js';

// Each test starts processes, so it needs a long timeout on a machine that runs other tests too.
jest.setTimeout(120_000);

describe('pims-sync sync: a sync that is joined or interrupted', () => {
  const make = { clients: 600, seed: 3 };
  let clinic: Clinic;
  beforeEach(async () => {
    clinic = await openClinic(make);
    clinic.configure({ practice: { pageSize: 10 } });
  });
  afterEach(() => clinic?.close());

  const pagesRead = async (): Promise<number> =>
    Number((await clinic.rows('SELECT page_no FROM sync_runs'))[0]?.['page_no'] ?? 0);
  const midway = () => until('five pages are read', async () => (await pagesRead()) >= 5);

  it('sync: a second command joins the running sync, and both get its result', async () => {
    const connection = { driver: 'SQLite3', database: 'cornerstone.sqlite', lockWaitSeconds: 30 };
    clinic.configure({ practice: { connection } });
    const lock = await openOdbc(sqliteString(clinic.pimsFile));
    await lock.run('BEGIN EXCLUSIVE');
    const first = clinic.start('sync', practiceId, '--json');
    await until(
      'the first one reads',
      async () => (await clinic.rows("SELECT id FROM sync_runs WHERE state = 'reading'")).length === 1,
    );
    const second = clinic.start('sync', practiceId, '--json');
    await second.says('is already running');
    await lock.run('COMMIT');
    await lock.close();
    const [one, other] = await Promise.all([first.ended, second.ended]);
    expect([one?.code, other?.code]).toEqual([0, 0]);
    expect(JSON.parse(other.out)).toEqual(JSON.parse(one.out));
    expect(await clinic.rows('SELECT state FROM sync_runs')).toEqual([{ state: 'done' }]);
  });

  it('sync: keeps its pages when it is interrupted, and ends with the same result', async () => {
    const running = clinic.start('sync', practiceId, '--json');
    await midway();
    const interrupted = await running.stop('SIGINT');
    expect(interrupted).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/Next: .*again[^]*\(interrupted\)\n$/),
    });
    const [left] = await clinic.rows('SELECT id, state, page_no FROM sync_runs');
    expect(left).toMatchObject({ state: 'reading' });

    const resumed = await answer(clinic, 'sync', practiceId);
    expect(resumed).toMatchObject({
      run: left?.['id'],
      state: 'done',
      read: clinic.truth.clients,
      new: clinic.truth.clients,
    });
    expect(await answer(clinic, 'verify')).toMatchObject({ holds: true });
    expect(await endState(clinic)).toEqual(await undisturbed());
  });

  it('sync: reports when MariaDB goes down in the middle, and resumes when it is back', async () => {
    const direct = new URL(clinic.env['DATABASE_URL'] as string);
    const proxy = await createFaultProxy({ host: direct.hostname, port: Number(direct.port) });
    clinic.env['DATABASE_URL'] = Object.assign(new URL(direct), { port: String(proxy.port) }).href;
    const running = clinic.start('sync', practiceId, '--json');
    await midway();
    proxy.cut();
    const cut = await running.ended;
    expect(cut).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^\nError: .*\nNext: .*\n\(database-unreachable\)\n$/),
    });
    proxy.heal();
    // Moves time by two minutes: nobody can know earlier that the process has died.
    await clinic.rows('UPDATE sync_runs SET progressed_at = progressed_at - INTERVAL 2 MINUTE');
    expect(await answer(clinic, 'sync', practiceId)).toMatchObject({
      state: 'done',
      read: clinic.truth.clients,
    });
    await proxy.close();
    expect(await endState(clinic)).toEqual(await undisturbed());
  });

  /** The end state of the same practice after a sync without interruption; computed once. */
  let reference: Promise<unknown> | undefined;
  const undisturbed = () => (reference ??= syncedUndisturbed());
  async function syncedUndisturbed(): Promise<unknown> {
    const other = await openClinic(make);
    try {
      await answer(other, 'sync', practiceId);
      return await endState(other);
    } finally {
      await other.close();
    }
  }
});

/** Reads the results of a sync without ids and times, which differ from run to run. */
async function endState(clinic: Clinic): Promise<unknown> {
  return {
    clients: await clinic.rows(
      'SELECT pims_id, HEX(fingerprint) f, email_key, needs_evaluation, verdict, reason FROM pims_clients ORDER BY pims_id',
    ),
    pets: await clinic.rows('SELECT * FROM pims_pets ORDER BY client_pims_id, pims_id'),
    links: await clinic.rows(
      'SELECT l.client_pims_id, l.reason, a.email FROM account_links l JOIN accounts a ON a.id = l.account_id ORDER BY 1',
    ),
    queued: await clinic.rows(
      'SELECT a.email, w.kind, w.state FROM messages w JOIN accounts a ON a.id = w.account_id ORDER BY 1',
    ),
    passwords: await clinic.rows(
      'SELECT a.email FROM temporary_credentials c JOIN accounts a ON a.id = c.account_id WHERE c.sealed IS NOT NULL ORDER BY 1',
    ),
    open: await clinic.rows(`SELECT id FROM sync_runs WHERE state IN ('queued', 'reading', 'evaluating')`),
  };
}
