import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inspect } from 'node:util';
import { scrub } from '../../../src/lib/scrub.js';
import { createKeyring } from '../../../src/lib/sealing.js';
import { Secret } from '../../../src/lib/secret.js';
import { matches, newTemporaryPassword, spellAloud } from '../../../src/domain/account/temporary-password.js';

const key = (n: number) => Buffer.alloc(32, n).toString('base64');

describe('credentials: a temporary password', () => {
  it('has three groups of four characters without look-alikes or vowels', () => {
    for (let i = 0; i < 500; i++) {
      expect(newTemporaryPassword().open()).toMatch(/^([2-9BCDFGHJKMNPQRSTVWXYZ]{4}-){2}[2-9BCDFGHJKMNPQRSTVWXYZ]{4}$/);
    }
  });

  it('is never repeated', () => {
    const made = new Set(Array.from({ length: 20_000 }, () => newTemporaryPassword().open()));
    expect(made.size).toBe(20_000);
  });

  it('is recognised in any spelling, and nothing else is', () => {
    const password = new Secret('K7MP-4TXW-9HQD');
    for (const typed of [
      'k7mp4txw9hqd',
      ' K7MP 4TXW 9HQD ',
      'k7mp–4txw—9hqd',
      'Ｋ７ＭＰ-4TXW-9HQD',
      'k7mp.4txw_9hqd',
    ]) {
      expect(matches(password, new Secret(typed))).toBe(true);
    }
    for (const typed of ['', 'K7MP-4TXW-9HQ', 'K7MP-4TXW-9HQDD', 'K7MP-4TXW-9HQC']) {
      expect(matches(password, new Secret(typed))).toBe(false);
    }
    fc.assert(fc.property(fc.string(), (typed) => !matches(password, new Secret(typed)) || typed.length >= 12));
  });

  it('is spelled out for the telephone', () => {
    expect(spellAloud(new Secret('K7MP-4TXW-9HQD')).open()).toBe(
      'Kilo, seven, Mike, Papa; four, Tango, X-ray, Whiskey; nine, Hotel, Quebec, Delta',
    );
  });
});

describe('credentials: a Secret', () => {
  it('is never printed, in any way', () => {
    const secret = new Secret('K7MP-4TXW-9HQD');
    const holder = { secret, list: [secret] };
    const error = new Error(`about ${String(secret)}`);
    const printed = [
      String(secret),
      `${secret}`,
      JSON.stringify(holder),
      inspect(holder),
      inspect(secret, { showHidden: true, depth: 9 }),
      error.stack ?? '',
      Object.values(secret).join(),
      JSON.stringify({ ...secret }),
    ];
    for (const text of printed) expect(text).not.toContain('K7MP');
    expect(secret.open()).toBe('K7MP-4TXW-9HQD');
  });
});

describe('credentials: a keyring', () => {
  const ring = createKeyring(new Secret(`k1:${key(1)}`));
  const password = new Secret('K7MP-4TXW-9HQD');

  it('unseals its text for the same account only', () => {
    const sealed = ring.seal(password, 'account-a');
    expect(ring.open(sealed, 'account-a').open()).toBe('K7MP-4TXW-9HQD');
    expect(() => ring.open(sealed, 'account-b')).toThrow(expect.objectContaining({ code: 'credential-unreadable' }));
  });

  it('seals the same text differently each time, and detects any change', () => {
    const [a, b] = [ring.seal(password, 'a'), ring.seal(password, 'a')];
    expect(a.bytes.equals(b.bytes)).toBe(false);
    for (let at = 0; at < a.bytes.length; at++) {
      const bytes = Buffer.from(a.bytes);
      bytes[at] = (bytes[at] as number) ^ 1;
      expect(() => ring.open({ ...a, bytes }, 'a')).toThrow(expect.objectContaining({ code: 'credential-unreadable' }));
    }
  });

  it('unseals with an older key after a rotation, and names a missing key', () => {
    const sealed = ring.seal(password, 'a');
    const changed = createKeyring(new Secret(`k2:${key(2)}, k1:${key(1)}`));
    expect(changed.currentKeyId).toBe('k2');
    expect(changed.open(sealed, 'a').open()).toBe('K7MP-4TXW-9HQD');
    const gone = createKeyring(new Secret(`k2:${key(2)}`));
    expect(() => gone.open(sealed, 'a')).toThrow(expect.objectContaining({ code: 'credential-key-unknown' }));
  });

  it('refuses invalid keys without repeating them', () => {
    for (const wrong of ['', 'k1', `k1:${key(1).slice(4)}`, `k1:${key(1)},k1:${key(2)}`, 'k 1:abc', `k1:${key(1)},`]) {
      try {
        createKeyring(new Secret(wrong));
        throw new Error(`It took "${wrong}".`);
      } catch (error) {
        expect(error).toMatchObject({ code: 'credential-keys-wrong' });
        expect(String(error)).not.toContain('AQEB');
      }
    }
  });
});

describe('credentials: scrub', () => {
  it('removes addresses, quoted values and credentials from errors', () => {
    const text = scrub(
      `Duplicate entry 'ann@home.example-elm' for key 'by_email'; mysql://pims:hunter2@db/x; Driver=X;PWD=hunter2;UID=sa; to bob@vet.example`,
    );
    for (const personal of ['ann@', 'hunter2', 'bob@', 'UID=sa']) expect(text).not.toContain(personal);
    expect(text).toContain('Duplicate entry');
  });
});
