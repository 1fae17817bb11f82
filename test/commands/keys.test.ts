import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { answer, openClinic, practiceId, type Clinic } from '../support/clinic.js';
import { startLocalKms, type LocalKms } from '../support/local-kms.js';
import { until } from '../support/processes.js';

jest.setTimeout(120_000);

interface Listed {
  keyId: string;
  passwords: number;
  keys: number;
  current: boolean;
  mayBeDropped: boolean;
}

describe('pims-sync keys: a running installation', () => {
  let clinic: Clinic;
  let kms: LocalKms;
  let first: string;
  let second: string;
  beforeAll(async () => {
    kms = await startLocalKms('alias/pims');
    clinic = await openClinic({ clients: 15, mess: 0 });
    clinic.env['AWS_ENDPOINT_URL_KMS'] = kms.url;
    first = clinic.env['CREDENTIAL_KEYS'] as string;
  });
  afterAll(async () => {
    await kms?.stop();
    await clinic?.close();
  });
  const list = async () => (await answer(clinic, 'keys', 'list')) as Listed[];

  it('keys: change from a plain key to one wrapped by AWS KMS, while a worker seals the old passwords again', async () => {
    await answer(clinic, 'sync', practiceId);
    const total = clinic.truth.accounts;
    expect(await list()).toMatchObject([{ keyId: 'k1', passwords: total, current: true }]);
    const made = await clinic.run('keys', 'new', '--id', 'k2', '--kms', 'alias/pims');
    second = made.out.trim();
    expect(second).toMatch(/^k2:kms:/);
    // A person was erased before: the key that recognises them must be rotated too.
    const [person] = await clinic.rows<{ email: string }>('SELECT email FROM accounts LIMIT 1');
    expect((await clinic.run('person', 'erase', practiceId, person?.email as string)).code).toBe(0);

    clinic.env['CREDENTIAL_KEYS'] = `${second},${first}`;
    const worker = clinic.start('worker', '--queues', 'accounts');
    await until('everything is sealed again', async () => (await list())[1]?.mayBeDropped === true);
    expect((await clinic.run('keys', 'list')).out).toMatch(
      /^k2 +seals .*\nk1 +can be removed, or put first +0 passwords/m,
    );
    expect((await worker.stop()).code).toBe(0);
    expect(await list()).toMatchObject([
      { keyId: 'k2', passwords: total - 1, keys: 1, current: true },
      { keyId: 'k1', passwords: 0, keys: 0, current: false, mayBeDropped: true },
    ]);
    clinic.env['CREDENTIAL_KEYS'] = second;
    expect((await answer(clinic, 'sync', practiceId)).new).toBe(0);
  });

  it('keys: a key that was dropped too early is reported as missing', async () => {
    clinic.env['CREDENTIAL_KEYS'] = first;
    const { code, out, err } = await clinic.run('keys', 'list');
    expect([code, out, err]).toEqual([1, expect.stringContaining('MISSING'), expect.stringContaining('"k2"')]);
    // A sync fails before it can import an erased person again.
    const sync = await clinic.run('sync', practiceId);
    expect([sync.code, sync.err]).toEqual([1, expect.stringContaining('credential-key-unknown')]);
  });

  it('keys: if AWS KMS refuses, only the commands that need the keys stop, with the next step', async () => {
    clinic.env['CREDENTIAL_KEYS'] = second;
    kms.fail('AccessDeniedException');
    const sync = await clinic.run('sync', practiceId);
    expect([sync.code, sync.err]).toEqual([1, expect.stringMatching(/key "k2"[^]*kms:Decrypt[^]*kms-refused/)]);
    expect(sync.err).not.toContain(second.slice(10, 60));
    expect((await clinic.run('verify')).code).toBe(0);
    kms.fail(null);
    clinic.env['AWS_ENDPOINT_URL_KMS'] = 'http://127.0.0.1:9';
    expect((await clinic.run('plan', practiceId)).err).toMatch(/ECONNREFUSED[^]*kms-unreachable/);
  });
});
