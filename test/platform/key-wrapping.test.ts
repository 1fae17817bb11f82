import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKeyring } from '../../src/lib/sealing.js';
import { Secret } from '../../src/lib/secret.js';
import { newWrappedKey, openWrappedKeys } from '../../src/platform/key-wrapping.js';
import { startLocalKms, type LocalKms } from '../support/local-kms.js';

const plain = `k1:${Buffer.alloc(32, 7).toString('base64')}`;

describe('platform: keys that AWS KMS has wrapped', () => {
  let kms: LocalKms;
  const before = { ...process.env };
  beforeAll(async () => {
    kms = await startLocalKms('alias/pims');
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_KMS: kms.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test-secret',
      AWS_MAX_ATTEMPTS: '1',
    });
  });
  afterAll(async () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    await kms.stop();
  });

  const problemOf = async (work: Promise<unknown>) =>
    work.then(
      () => Promise.reject(new Error('It was accepted.')),
      (error: { code: string; message: string; help: string }) => error,
    );

  it('are created without any person seeing them, and unseal what they sealed', async () => {
    const entry = await newWrappedKey('k2', 'alias/pims');
    expect(entry).toMatch(/^k2:kms:[A-Za-z0-9+/=]{80,}$/);
    const opened = await openWrappedKeys(new Secret(`${entry}, ${plain}`));
    const ring = createKeyring(opened);
    expect(ring.currentKeyId).toBe('k2');
    const sealed = ring.seal(new Secret('hunter2'), 'somebody');
    // After a restart the key is the same.
    const again = createKeyring(await openWrappedKeys(new Secret(`${entry},${plain}`)));
    expect(again.open(sealed, 'somebody').open()).toBe('hunter2');
    expect(kms.asked).toEqual([
      'TrentService.GenerateDataKeyWithoutPlaintext',
      'TrentService.Decrypt',
      'TrentService.Decrypt',
    ]);
  });

  it('need no call of KMS if no key is wrapped', async () => {
    const asked = kms.asked.length;
    expect((await openWrappedKeys(new Secret(plain))).open()).toBe(plain);
    expect(kms.asked.length).toBe(asked);
  });

  it('fail with a clear reason, and never print a key', async () => {
    const entry = await newWrappedKey('k2', 'alias/pims');
    const keys = new Secret(`${entry},${plain}`);
    const cases: [error: string, code: string, says: RegExp][] = [
      ['AccessDeniedException', 'kms-refused', /kms:Decrypt[^]*AWS_REGION/],
      ['UnrecognizedClientException', 'kms-refused', /role of this process/],
      ['DisabledException', 'kms-key-unusable', /[Ee]nable it/],
      ['KMSInvalidStateException', 'kms-key-unusable', /waits for deletion/],
    ];
    for (const [error, code, says] of cases) {
      kms.fail(error);
      const problem = await problemOf(openWrappedKeys(keys));
      expect(problem.code).toBe(code);
      expect(`${problem.message} ${problem.help}`).toMatch(says);
      expect(`${problem.message} ${problem.help}`).toContain('key "k2"');
      expect(`${problem.message} ${problem.help}`).not.toContain(entry.slice(10, 60));
    }
    kms.fail(null);
    expect(await problemOf(newWrappedKey('k3', 'alias/nobody'))).toMatchObject({ code: 'kms-key-unusable' });
    const cut = await problemOf(openWrappedKeys(new Secret(entry.slice(0, -24))));
    expect([cut.code, cut.help]).toEqual(['kms-ciphertext-wrong', expect.stringContaining('whole entry')]);
    const foreign = new Secret(`k2:kms:${Buffer.alloc(60, 1).toString('base64')}`);
    expect(await problemOf(openWrappedKeys(foreign))).toMatchObject({ code: 'kms-ciphertext-wrong' });
  });

  it('distinguish a wrong region from an endpoint where no server listens', async () => {
    const keys = new Secret(await newWrappedKey('k2', 'alias/pims'));
    process.env['AWS_REGION'] = 'eu-west-1';
    const elsewhere = await problemOf(openWrappedKeys(keys));
    expect([elsewhere.code, elsewhere.message]).toEqual(['kms-refused', expect.stringContaining('eu-west-1')]);
    process.env['AWS_REGION'] = 'us-east-1';
    process.env['AWS_ENDPOINT_URL_KMS'] = 'http://127.0.0.1:9';
    const away = await problemOf(openWrappedKeys(keys));
    expect([away.code, away.help]).toEqual(['kms-unreachable', expect.stringContaining('AWS_ENDPOINT_URL_KMS')]);
    process.env['AWS_ENDPOINT_URL_KMS'] = kms.url;
  });
});
