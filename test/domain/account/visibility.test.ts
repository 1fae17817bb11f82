import { describe, expect, it } from '@jest/globals';
import { visibility, type LoginFacts } from '../../../src/domain/account/visibility.js';

const now = new Date('2026-05-04T12:00:00Z');
const [before, after] = [new Date(now.getTime() - 1), new Date(now.getTime() + 1)];
const issued = { usedAt: null, clearedAt: null, expiresAt: after };
const login = (change: Partial<LoginFacts>): LoginFacts => ({
  firstLoginAt: null,
  passwordHash: null,
  credential: issued,
  ...change,
});

describe('the visibility of a temporary password', () => {
  it.each<[string, Partial<LoginFacts>, string]>([
    ['shows one that waits for its first login', {}, 'visible'],
    ['hides it after the first login, although its bytes remain', { firstLoginAt: before }, 'logged-in'],
    ['hides it once the pet parent has a password', { passwordHash: 'a hash' }, 'logged-in'],
    ['hides one that was used', { credential: { ...issued, usedAt: before } }, 'logged-in'],
    ['hides one that was cleared', { credential: { ...issued, clearedAt: before } }, 'cleared'],
    ['hides an expired one', { credential: { ...issued, expiresAt: now } }, 'expired'],
    ['has nothing to show if none was issued', { credential: null }, 'none'],
    ['tells of the login even if none was issued', { credential: null, passwordHash: 'a hash' }, 'logged-in'],
  ])('%s', (_words, change, expected) => {
    expect(visibility(login(change), now)).toBe(expected);
  });
});
