import { hash, verify, type Options } from '@node-rs/argon2';
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import * as common from '@zxcvbn-ts/language-common';
import * as english from '@zxcvbn-ts/language-en';
import type { Secret } from '../../lib/secret.js';
import { comparable } from '../../domain/account/temporary-password.js';

/** The OWASP minimum for Argon2id, the library's default: 19 MiB, two passes, one queue (Password Storage Cheat Sheet). */
const strength: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Longer ones cost time to check and add nothing; NIST asks that at least 64 characters be allowed. */
export const longestPassword = 200;

/** Characters that zxcvbn looks at: its work grows with the square of the length. */
const judgedLength = 64;

/** The hash to keep, with its parameters in it. Runs on the thread pool, off the event loop. */
export async function hashPassword(password: Secret): Promise<string> {
  return hash(normal(password), strength);
}

/** Of a password nobody knows: checked when there is no account, so that an unknown address takes as long as a known one. */
const nobodys = '$argon2id$v=19$m=19456,t=2,p=1$TwHqnbtmzQ7LJCBpRy31nA$pVO9pIF5ln9ZmV/2SR1CrxbTHJf7XUmEPQbcz8JFX2g';

/** Whether the password is right. With no hash it takes the same time and says no. */
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
  /** What an attacker would try first: names, the email address, pets. */
  about: readonly (string | null)[];
  /** True when this is the temporary password; it must not become the lasting one (OWASP ASVS 6.4.1). */
  isTemporary: (password: Secret) => boolean;
}

/**
 * Why a new password is refused, as a sentence for the person; null when it is good. Length and guessability, no
 * composition rules: those make people choose `Password1!`.
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

/** One form for what looks alike but was typed on different keyboards (NIST SP 800-63B, NFKC). */
function normal(password: Secret): string {
  return password.open().normalize('NFKC');
}
