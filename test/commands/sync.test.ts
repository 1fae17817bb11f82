import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { answer, openClinic, practiceId, type Clinic } from '../support/clinic.js';

// Each test starts processes, so it needs a long timeout on a machine that runs other tests too.
jest.setTimeout(120_000);

describe('pims-sync sync: a practice that approves first', () => {
  let clinic: Clinic;
  beforeAll(async () => {
    clinic = await openClinic({ clients: 80, seed: 11 });
    clinic.configure({ practice: { policy: { welcome: 'after-approval' } } });
  });
  afterAll(() => clinic?.close());

  it('check: proves the connection and every column', async () => {
    const [checked] = await answer(clinic, 'check');
    expect(checked).toMatchObject({ practice: practiceId, problems: [] });
    expect(checked.findings).toContain(`${clinic.truth.clients} rows of clients and ${clinic.truth.pets} of pets.`);
  });

  it('check --conformance: passes every case that a live practice allows', async () => {
    const { code, out } = await clinic.run('check', practiceId, '--conformance');
    expect(code).toBe(0);
    expect(out.match(/^passed /gm)?.length).toBeGreaterThan(15);
    expect(out).not.toMatch(/^failed/m);
  });

  it('discover: prints a mapping that check accepts unchanged', async () => {
    const usual = await clinic.run('discover', practiceId);
    expect(usual).toMatchObject({ code: 0, out: expect.stringContaining('There is nothing to paste') });
    const { code, out, err } = await clinic.run('discover', practiceId, '--whole');
    expect(code).toBe(0);
    expect(err).toContain(`pp_client: ${clinic.truth.clients} rows`);
    const { mapping } = parse(out) as { mapping: Record<string, unknown> };
    expect(mapping).toMatchObject({ clients: { table: 'pp_client', key: 'client_key', emails: ['email'] } });
    const connection = { driver: 'SQLite3', database: 'cornerstone.sqlite', mapping };
    clinic.configure({ practice: { policy: { welcome: 'after-approval' }, connection } });
    expect((await answer(clinic, 'check'))[0].problems).toEqual([]);
    clinic.configure({ practice: { policy: { welcome: 'after-approval' } } });
  });

  it('connectors: lists each connector with its name and summary', async () => {
    const connectors = await answer(clinic, 'connectors');
    expect(connectors.map(({ name }: { name: string }) => name)).toEqual(['cornerstone', 'avimark', 'impromed', 'csv']);
    for (const one of connectors)
      expect(one).toMatchObject({ summary: expect.stringMatching(/\w/), contractVersion: 1 });
  });

  it('preview-mail: writes the emails as files', async () => {
    const { code, out } = await clinic.run('preview-mail', practiceId, '--out', 'mails');
    expect({ code, out }).toMatchObject({
      code: 0,
      out: expect.stringContaining(join(clinic.folder, 'mails')),
    });
    const files = readdirSync(join(clinic.folder, 'mails'));
    for (const kind of ['welcome', 'practice-added', 'new-temporary-password', 'password-reset']) {
      const html = files.filter((name) => name.startsWith(kind) && name.endsWith('.html'));
      const text = files.filter((name) => name.startsWith(kind) && name.endsWith('.txt'));
      expect(html.length).toBeGreaterThan(3);
      expect(text).toHaveLength(html.length);
      for (const name of text)
        expect(readFileSync(join(clinic.folder, 'mails', name), 'utf8')).toContain('Elm Street Animal Hospital');
    }
  });

  it('plan: shows the same as table, CSV and JSON', async () => {
    const json = JSON.parse((await clinic.run('plan', practiceId, '--format', 'json')).out);
    const csv = (await clinic.run('plan', practiceId, '--format', 'csv')).out;
    const table = (await clinic.run('plan', practiceId)).out;
    const reasons = Object.fromEntries(
      json.reasons.map(({ code, count }: { code: string; count: number }) => [code, count]),
    );
    expect(reasons).toEqual(clinic.truth.byReason);
    expect(json.clients).toHaveLength(clinic.truth.clients);
    const lines = csv.trimEnd().split('\r\n');
    expect(lines[0]).toBe('pims_id,client_number,name,email,verdict,reason,before,sentence');
    expect(lines).toHaveLength(clinic.truth.clients + 1);
    for (const [code, count] of Object.entries(reasons)) {
      expect(lines.filter((line) => line.includes(`,${code},`))).toHaveLength(Number(count));
      expect(table).toMatch(new RegExp(`^ *${count} .*\\(${code}\\)$`, 'm'));
    }
    expect(table).toContain(`${json.counts.invite} would be invited`);
    expect(table).toContain('Nothing was written.');
    expect(await clinic.rows('SELECT id FROM sync_runs')).toEqual([]);
  });

  it('sync: reads the practice for the first time and creates no account yet', async () => {
    const { clients, byReason } = clinic.truth;
    const summary = await answer(clinic, 'sync', practiceId);
    expect(Object.keys(summary)).toEqual([
      'run',
      'practice',
      'state',
      'read',
      'new',
      'changed',
      'unchanged',
      'returned',
      'conflicts',
      'leftOut',
      'unreadable',
      'hidden',
      'missing',
      'accounts',
      'messages',
      'reasons',
    ]);
    expect(summary).toMatchObject({
      practice: practiceId,
      state: 'done',
      read: clients,
      new: clients,
      accounts: 0,
      messages: 0,
      reasons: byReason,
    });
    expect(await clinic.rows('SELECT id FROM accounts')).toEqual([]);
  });

  it('approve: once, gives each invited client an account and a queued email', async () => {
    const { accounts } = clinic.truth;
    expect(await answer(clinic, 'approve', practiceId)).toEqual({
      practice: practiceId,
      accounts,
      messages: accounts,
    });
    expect(await answer(clinic, 'approve', practiceId)).toEqual({
      practice: practiceId,
      accounts: 0,
      messages: 0,
    });
    expect(await clinic.rows("SELECT id FROM messages WHERE state = 'queued'")).toHaveLength(accounts);
  });

  it('sync: prints a readable summary of the result', async () => {
    const { code, out } = await clinic.run('sync', practiceId);
    expect(code).toBe(0);
    expect(out).toContain('Elm Street Animal Hospital: done');
    expect(out).toMatch(
      new RegExp(`read ${clinic.truth.clients} +new 0 +changed 0 +unchanged ${clinic.truth.clients} `),
    );
  });

  it('sync: shows its progress on a terminal, and clears it at the end', () => {
    // `script` provides a terminal.
    const command = [process.execPath, resolve('dist/src/main.js'), 'sync', practiceId].join(' ');
    const options = {
      cwd: clinic.folder,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], TERM: 'xterm', ...clinic.env },
    } as const;
    const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], options);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Elm Street Animal Hospital: reading \[[=-]+\] \d+ of \d+, /);
    expect(stdout).toMatch(/\u001b\[2KElm Street Animal Hospital: done\r\n/);
  });

  it('sync: resyncs one client by key or number, and reports if there is none', async () => {
    await clinic.pims("UPDATE pp_client SET phone1 = '(555) 555-0177', client_number = 'E-3' WHERE client_key = 3");
    expect(await answer(clinic, 'sync', practiceId, '--client', '3')).toMatchObject({
      state: 'done',
      read: 1,
      changed: 1,
      new: 0,
    });
    expect(await answer(clinic, 'sync', practiceId, '--client', 'E-3')).toMatchObject({
      state: 'done',
      read: 1,
      unchanged: 1,
    });
    const none = await clinic.run('sync', practiceId, '--client', 'E-4711', '--json');
    expect(none).toMatchObject({ code: 1, out: '' });
    expect(none.err).toMatch(
      /no client "E-4711"; searched by its key and by the client number[^]*\(client-not-found\)/,
    );
    expect(
      await clinic.rows(
        `SELECT id FROM sync_runs WHERE active_practice IS NOT NULL OR state IN ('queued', 'reading', 'evaluating')`,
      ),
    ).toEqual([]);
  });

  it('sync: evaluates every client again with --full, and none without it', async () => {
    const total = ({ reasons }: { reasons: Record<string, number> }) =>
      Object.values(reasons).reduce((sum, n) => sum + n, 0);
    expect(total(await answer(clinic, 'sync', practiceId))).toBe(0);
    const full = await answer(clinic, 'sync', practiceId, '--full');
    expect(total(full)).toBe(clinic.truth.clients);
    expect(full).toMatchObject({ new: 0, changed: 0, accounts: 0, messages: 0 });
  });

  it('sync: stops before any change if too many clients are missing, until a person releases the safety stop', async () => {
    const before = await clinic.rows('SELECT pims_id, missing_since, verdict FROM pims_clients ORDER BY pims_id');
    await clinic.pims('CREATE TABLE kept AS SELECT * FROM pp_client', 'DELETE FROM pp_client WHERE client_key % 2 = 0');
    const missing = Math.floor(clinic.truth.clients / 2);
    const stopped = await clinic.run('sync', practiceId, '--json');
    expect(stopped.code).toBe(1);
    expect(JSON.parse(stopped.out)).toMatchObject({ state: 'stopped', missing: 0 });
    expect(stopped.err).toMatch(/are missing from the PIMS, more than the 20 %[^]*Next: [^]*\(too-many-missing\)/);
    expect(await clinic.rows('SELECT pims_id, missing_since, verdict FROM pims_clients ORDER BY pims_id')).toEqual(
      before,
    );
    expect(await clinic.run('approve', practiceId)).toMatchObject({
      code: 1,
      err: expect.stringContaining('(sync-in-progress)'),
    });

    const released = await answer(clinic, 'sync', practiceId, '--release-safety-stop');
    expect(released.state).toBe('done');
    expect(Math.abs(released.missing - missing)).toBeLessThan(3);
    expect(await clinic.rows('SELECT id FROM accounts WHERE closed_at IS NOT NULL')).toEqual([]);
    await clinic.pims('INSERT INTO pp_client SELECT * FROM kept WHERE client_key % 2 = 0');
    expect(await answer(clinic, 'sync', practiceId)).toMatchObject({
      state: 'done',
      returned: released.missing,
      accounts: 0,
    });
    // The emails of missing clients were canceled; now each is queued again, once.
    const queued = await clinic.rows(
      "SELECT account_id FROM messages WHERE state = 'queued' GROUP BY account_id HAVING COUNT(*) = 1",
    );
    expect(queued).toHaveLength(clinic.truth.accounts);
  });

  it('staff add: creates a staff member once', async () => {
    const add = ['staff', 'add', 'Olga@Elm.example', '--name', 'Olga', '--role', 'owner', '--practice', practiceId];
    const { code, out } = await clinic.run(...add);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^Olga@Elm\.example can sign in at http:\S+ with the password\n\n {2}[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}\n/,
    );
    expect(await clinic.run(...add)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('(staff-exists)'),
    });
    const [hash] = await clinic.rows<{ password_hash: string }>('SELECT password_hash FROM staff');
    expect(hash?.password_hash).toMatch(/^\$argon2id\$/);
  });

  it('check: reports the changes since the previous sync', async () => {
    const told = 'Only 12 % of the clients have a value for email; it was 90 %.';
    expect(await clinic.rows('SELECT id FROM sync_runs WHERE state = ?', ['done'])).not.toEqual([]);
    await clinic.rows('UPDATE sync_runs SET drift = ?', [JSON.stringify([{ sentence: told }])]);
    const [checked] = await answer(clinic, 'check');
    expect(checked.findings).toContain(`changed since the scan before: ${told}`);
  });
});
