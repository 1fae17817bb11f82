import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readAddress, readEmailField } from '../../../src/domain/client/email-address.js';

describe('email addresses: an address', () => {
  it('keeps its local part as typed and ignores case in comparisons', () => {
    expect(readAddress('Ann.B+vet@GMail.COM')).toEqual({
      address: 'Ann.B+vet@gmail.com',
      key: 'ann.b+vet@gmail.com',
    });
  });

  it('has its domain in Punycode, however it was typed', () => {
    const read = { address: 'ann@xn--mller-kva.de', key: 'ann@xn--mller-kva.de' };
    expect(readAddress('ann@müller.de')).toEqual(read);
    expect(readAddress('ann@mu\u0308ller.de')).toEqual(read);
    expect(readAddress('ann@xn--mller-kva.de')).toEqual(read);
  });

  it.each(['', '@', 'a@', '@b.com', 'a@b', 'a b@c.com', 'a@b.c', 'a@-b.com', 'a@b-.com', 'a@b.com\n', 'a@[1.2.3.4]'])(
    'is malformed: %j',
    (text) => expect(readAddress(text)).toBe('malformed'),
  );

  it('is malformed if it contains letters that only look like an @ or a space', () => {
    expect(readAddress('ann＠gmail.com')).toBe('malformed');
    expect(readAddress('ann@gmail。com')).toEqual({ address: 'ann@gmail.com', key: 'ann@gmail.com' });
    expect(readAddress('ann@gm／ail.com')).toBe('malformed');
  });

  it('is safe in an email header and stays the same when read again', () => {
    const typed = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.emailAddress(),
      fc.emailAddress().map((one) => `${one}\r\nBcc: ${one}`),
    );
    fc.assert(
      fc.property(typed, (text) => {
        for (const { address, key } of readEmailField(text).addresses) {
          expect(address).toMatch(/^[!-?A-~]+@[a-z0-9.-]+$/);
          expect(address.length).toBeLessThanOrEqual(254);
          expect(readAddress(address)).toEqual({ address, key });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('email addresses: an email field', () => {
  const keys = (text: string) => readEmailField(text).addresses.map((one) => one.key);

  it.each([
    'a@x1.com,b@x1.com',
    'a@x1.com;b@x1.com',
    'a@x1.com / b@x1.com',
    'a@x1.com  b@x1.com',
    '<a@x1.com>; "B" <b@x1.com>',
  ])('splits %j', (text) => expect(keys(text)).toEqual(['a@x1.com', 'b@x1.com']));

  it.each([
    'ann smith@x1.com',
    'ann,smith@x1.com',
    'ann/smith@x1.com',
    'ann; smith@x1.com',
    'smith@x1.com ann',
    'a@x1.co m',
  ])('finds no address in %j, which could be a stranger’s', (text) =>
    expect(readEmailField(text)).toEqual({ addresses: [], problem: 'malformed', culprit: text }),
  );

  it('names the malformed part and keeps the other addresses', () => {
    expect(readEmailField('a@x1; b@x1.com')).toMatchObject({
      problem: 'malformed',
      culprit: 'a@x1',
      addresses: [{ key: 'b@x1.com' }],
    });
  });

  it.each([
    'none',
    'N/A',
    'no e-mail',
    'Declined',
    'refused',
    '-',
    '0',
    'xxx',
    'No email address.',
    'unknown',
    'does not have',
  ])('reads %j as "none"', (text) => expect(readEmailField(text).problem).toBe('placeholder'));
});
