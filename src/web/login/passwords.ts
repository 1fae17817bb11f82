import { hash, verify, type Options } from '@node-rs/argon2';
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import * as common from '@zxcvbn-ts/language-common';
import * as english from '@zxcvbn-ts/language-en';
import type { Secret } from '../../lib/secret.js';
import { comparable } from '../../domain/account/temporary-password.js';

/** OWASP minimum for Argon2id and the library's default: 19 MiB, two passes, parallelism 1 (Password Storage Cheat Sheet). */
const strength: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Maximum password length. Longer passwords cost time and add no security; NIST asks to allow at least 64 characters. */
export const longestPassword = 200;

/** Number of characters given to zxcvbn, whose work grows with the square of the length. */
const judgedLength = 64;

/** Returns the hash to store, including its parameters. Runs on the thread pool, off the event loop. */
export async function hashPassword(password: Secret): Promise<string> {
  return hash(normal(password), strength);
}

/** Hash of an unknown password, checked if there is no account, so that an unknown address takes as long as a known one. */
const nobodys = '$argon2id$v=19$m=19456,t=2,p=1$TwHqnbtmzQ7LJCBpRy31nA$pVO9pIF5ln9ZmV/2SR1CrxbTHJf7XUmEPQbcz8JFX2g';

/** Tells whether the password is right. Without a hash it takes the same time and returns false. */
export async function verifyPassword(stored: string | null, password: Secret): Promise<boolean> {
  const right = await verify(stored ?? nobodys, normal(password));
  return right && stored !== null;
}

const judge = new ZxcvbnFactory({
  dictionary: { ...common.dictionary, ...english.dictionary },
  graphs: common.adjacencyGraphs,
});

export interface PasswordRules {
  minLength: number;
  /** Words an attacker would try first: names, the email address, pets. */
  about: readonly (string | null)[];
  /** Tells whether this is the temporary password, which must not become the permanent one (OWASP ASVS 6.4.1). */
  isTemporary: (password: Secret) => boolean;
}

/**
 * Returns a sentence for the pet parent that explains why a new password is refused, or null if it is accepted. Checks
 * length and guessability; composition rules would lead people to `Password1!`.
 */
export function refusePassword(password: Secret, rules: PasswordRules): string | null {
  const text = normal(password);
  const length = [...text].length;
  if (length < rules.minLength) {
    return `Please use at least ${rules.minLength} characters. Three or four unrelated words work well.`;
  }
  if (length > longestPassword) return `Please use at most ${longestPassword} characters.`;
  if (rules.isTemporary(password)) return 'This is the temporary password. Please choose one that only you know.';
  const about = rules.about.filter((word): word is string => word !== null && word.length > 2);
  const words = about.flatMap((word) => [word, ...word.split(/[\s@.]+/)]).filter((word) => word.length > 2);
  if (words.some((word) => comparable(word) === comparable(text))) {
    return 'This is your name, your pet or your address. Please choose something harder to guess.';
  }
  const { score } = judge.check(text.slice(0, judgedLength), words);
  if (score < 3) return 'This password is easy to guess. Three or four unrelated words make a better one.';
  return null;
}

/** Normalizes passwords that look alike but were typed on different keyboards (NIST SP 800-63B, NFKC). */
function normal(password: Secret): string {
  return password.open().normalize('NFKC');
}
