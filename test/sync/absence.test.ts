import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Connector, Unreadable } from '../../src/connectors/contract.js';
import type { Client } from '../../src/domain/client/client.js';
import { makeFolder, openFolder, type Folder } from '../connectors/csv/folder.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const from = (first: number, count: number) => Array.from({ length: count }, (_, n) => client(first + n));

let s: Stage;
beforeEach(async () => {
  s = await stage();
});
afterEach(() => s.test.drop());

describe('sync: the safety stop on absence', () => {
  it('missing clients: measures against known clients, not against new ones of the same read', async () => {
    await s.sync(pims(from(1, 30)));
    // The connection leads to another practice, four times as large, with other client numbers.
    const stopped = await s.sync(pims(from(1000, 120)));
    expect(stopped).toMatchObject({ state: 'stopped', error: { code: 'too-many-missing' } });
    expect(stopped.error?.message).toContain('30 of 30 known clients (100 %)');
    expect(await s.missing()).toEqual([]);
    expect(await s.table('accounts')).toHaveLength(30);
    expect((await s.table('messages')).every(({ state }) => state === 'queued')).toBe(true);
  });

  it('missing clients: counts numbers that suddenly belong to other people as missing', async () => {
    await s.sync(pims(from(1, 30)));
    // Another practice, which numbers its clients like this one.
    const others = from(1, 60).map((one, n) => ({
      ...one,
      firstName: `Bo${n}`,
      lastName: `Oak${n}`,
      emails: [`bo${n}@oak.example`],
      createdOn: '2022-02-02',
    }));
    const stopped = await s.sync(pims(others));
    expect(stopped.state).toBe('stopped');
    expect(stopped.error?.message).toContain(
      '30 of 30 known clients (100 %) are missing from the PIMS, or their number is another person’s now',
    );
    expect(await s.table('pims_clients')).toHaveLength(30);
    const right = await s.sync(pims(from(1, 30)));
    expect(right).toMatchObject({ state: 'done', counts: { new: 0, missing: 0 } });
    expect((await s.table('pims_clients')).every((row) => row['reason'] === 'eligible')).toBe(true);
    expect((await s.table('messages')).every(({ state }) => state === 'queued')).toBe(true);
    expect(await s.broken()).toEqual([]);
  });

  it('missing clients: removes new clients of a stopped read from the invite plan and the next sync', async () => {
    await s.sync(pims(from(1, 30)));
    const stopped = await s.sync(pims(from(1000, 120)));
    expect(await s.table('pims_clients')).toHaveLength(30);
    expect(await s.table('pims_pets')).toHaveLength(30);
    expect(stopped.error?.help).toContain('120 clients that were new in this run were removed again');
    const right = await s.sync(pims(from(1, 31)));
    expect(right).toMatchObject({ state: 'done', counts: { new: 1, missing: 0, accounts: 1 } });
    expect(await s.broken()).toEqual([]);
  });

  it('missing clients: keeps clients that staff requested by number during the read', async () => {
    await s.sync(pims(from(1, 30)));
    const { runId } = await s.enqueue();
    const cut = s.go(runId, pims(from(1000, 120), { failAfterPages: 2 }));
    await expect(cut).rejects.toMatchObject({ code: 'pims-unreachable' });
    const one = await s.sync(pims([client(31)]), undefined, { kind: 'client', clientReference: 'C31' });
    expect(one.counts).toMatchObject({ new: 1, accounts: 1 });
    expect(await s.go(runId, pims(from(1000, 120)))).toMatchObject({ state: 'stopped' });
    const kept = (await s.table('pims_clients')).map((row) => row['pims_id']);
    expect(kept).toHaveLength(31);
    expect(kept).toContain('0031');
    expect(await s.broken()).toEqual([]);
  });

  it('missing clients: marks them after confirmation by staff, even during the run', async () => {
    await s.sync(pims(from(1, 30)));
    const { runId } = await s.enqueue();
    expect(await s.enqueue({ safetyStopReleasedBy: 'Mia' })).toEqual({ runId, joined: true });
    const run = await s.go(runId, pims(from(1, 10)));
    expect(run).toMatchObject({ state: 'done', counts: { missing: 20 }, safetyStopReleasedBy: 'Mia' });
  });

  it('missing clients: honours a confirmation by staff while the run is reading', async () => {
    await s.sync(pims(from(1, 30)));
    const { runId } = await s.enqueue();
    let asked = false;
    s.deps.onProgress = async () => {
      if (asked) return;
      asked = true;
      expect((await s.enqueue({ safetyStopReleasedBy: 'Mia' })).joined).toBe(true);
    };
    const run = await s.go(runId, pims([...from(1, 10), client(500)]));
    expect(asked).toBe(true);
    expect(run).toMatchObject({ state: 'done', counts: { missing: 20 } });
  });

  it('missing clients: stores the drift of the read that it stopped', async () => {
    await s.sync(pims(from(1, 80)));
    const stopped = await s.sync(pims(from(1, 60).map((one) => ({ ...one, emails: [] }))));
    expect(stopped.state).toBe('stopped');
    expect(JSON.stringify(stopped.drift)).toContain('mail');
  });
});

describe('sync: a whole read', () => {
  it('missing clients: keeps a new client behind the cursor that staff requested meanwhile', async () => {
    await s.sync(pims(from(10, 20)));
    const { runId } = await s.enqueue();
    await expect(s.go(runId, pims(from(10, 20), { failAfterPages: 2 }))).rejects.toThrow();
    await s.sync(pims([client(1)]), undefined, { kind: 'client', clientReference: 'C1' });
    const run = await s.go(runId, pims([client(1), ...from(10, 19)]));
    expect(run.counts.missing).toBe(1);
    expect(await s.missing()).toEqual(['0029']);
  });

  it('missing clients: keeps a client who returned behind the cursor', async () => {
    await s.sync(pims([client(1), ...from(10, 20)]));
    await s.sync(pims(from(10, 20)));
    expect(await s.missing()).toEqual(['0001']);
    const { runId } = await s.enqueue();
    await expect(s.go(runId, pims(from(10, 20), { failAfterPages: 2 }))).rejects.toThrow();
    await s.sync(pims([client(1)]), undefined, { kind: 'client', clientReference: 'C1' });
    await s.go(runId, pims([client(1), ...from(10, 19)]));
    expect(await s.missing()).toEqual(['0029']);
  });
});

describe('sync: a row that a connector cannot read', () => {
  const withUnreadable = (rows: Client[], unreadable: Unreadable[]): Connector => {
    const connector = pims(rows);
    const { clients } = connector;
    connector.clients = async function* (options) {
      let told = unreadable;
      for await (const page of clients(options)) {
        yield { ...page, unreadable: told };
        told = [];
      }
    };
    return connector;
  };
  const reason = 'its name is longer than 2000 characters';

  it.each<[string, Unreadable]>([
    ['names its key, as the connectors for databases do', { reference: '0003', reason }],
    ['names the clients that it may belong to', { reference: 'row 17', reason, mayBe: ['9999', '0003'] }],
  ])('missing clients: keeps the client unchanged if the row %s', async (_what, unreadable) => {
    await s.sync(pims(from(1, 6)));
    const rows = [...from(1, 2), ...from(4, 2)];
    const run = await s.sync(withUnreadable(rows, [unreadable]));
    expect(run.counts).toMatchObject({ missing: 1, unreadable: 1, hidden: 0 });
    expect(await s.missing()).toEqual(['0006']);
  });

  it('missing clients: an unreadable row keeps all until staff confirm, and the safety stop still works', async () => {
    await s.sync(pims(from(1, 30)));
    const anybody = [{ reference: 'row 17', reason, mayBe: null }];
    const night = await s.sync(withUnreadable(from(1, 27), anybody));
    expect(night).toMatchObject({ state: 'done', counts: { missing: 0, hidden: 1 } });
    expect(await s.sync(withUnreadable(from(1, 10), anybody))).toMatchObject({ state: 'stopped' });
    const looked = await s.sync(withUnreadable(from(1, 10), anybody), undefined, { safetyStopReleasedBy: 'Mia' });
    expect(looked.counts.missing).toBe(20);
  });
});

describe('sync: a line of a CSV export that cannot be read', () => {
  const names = ['Ann', 'Bo', 'Cy', 'Di', 'Ed', 'Flo'];
  const clientLines = names.map((name, n) => `${n + 1},${name},Poe${n},${name}@post.example,`);
  const petLines = names.map((name, n) => `${n + 70},${n + 1},Pet of ${name},Active`);
  let folder: Folder;
  const write = (clients: string[], pets = petLines) => {
    folder.write('clients.csv', ['Client ID,First Name,Last Name,Email,Notes', ...clients, ''].join('\n'));
    folder.write('patients.csv', ['Patient ID,Client ID,Name,Status', ...pets, ''].join('\n'));
  };
  beforeEach(() => {
    folder = makeFolder();
    write(clientLines);
  });
  afterEach(() => folder.remove());
  const night = () => s.sync(openFolder(folder));

  it.each([
    ['is cut by a line break', '3,Cy,Poe2,Cy@post.example,likes\ncoffee,tea'],
    ['has a delimiter in text', '3,Cy,Poe2,Cy@post.example,likes,tea'],
    ['lacks its last cells', '3,Cy'],
  ])('missing clients: a row does not make its client missing when it %s', async (_what, line) => {
    await night();
    write(clientLines.with(2, line).slice(0, 5));
    const run = await night();
    expect(run.counts).toMatchObject({ missing: 1, hidden: 0 });
    expect(await s.missing()).toEqual(['6']);
    expect(await s.broken()).toEqual([]);
  });

  it('missing clients: an unreadable pet row does not remove the pet from its owner', async () => {
    await night();
    write(clientLines, petLines.with(2, '72,3,Pet of Cy, the dog,Active'));
    const run = await night();
    expect(run.counts).toMatchObject({ read: 5, unreadable: 2, missing: 0, changed: 0 });
    expect(await s.table('pims_pets')).toHaveLength(6);
    expect((await s.table('messages')).map(({ state }) => state)).toEqual(names.map(() => 'queued'));
  });

  it('missing clients: marks none if an unreadable row could be any client’s, unless staff confirmed it', async () => {
    await night();
    // More unreadable lines than the limit up to which their keys are kept.
    write([...clientLines.slice(0, 5), ...Array.from({ length: 1100 }, (_, n) => `x${n},odd`)]);
    const run = await night();
    expect(run).toMatchObject({ state: 'done', counts: { missing: 0, hidden: 1 } });
    expect(await s.missing()).toEqual([]);
    write(clientLines.slice(0, 5));
    expect((await night()).counts).toMatchObject({ missing: 1, hidden: 0 });
  });
});
