import { randomBytes } from 'node:crypto';
import type { Keyring } from '../../lib/sealing.js';
import { Secret } from '../../lib/secret.js';

/**
 * Returns a signed device cookie for the browser of a pet parent who logged in. It later shows that this browser has
 * logged in to this account before (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). It grants no access
 * by itself, names no account, and works for one account only.
 */
export function deviceMark(keyring: Keyring, accountId: string): string {
  const nonce = randomBytes(12).toString('base64url');
  const keyId = keyring.currentKeyId;
  return `${keyId}.${nonce}.${sign(keyring, nonce, accountId, keyId)}`;
}

export function isKnownDevice(keyring: Keyring, mark: string | undefined, accountId: string): boolean {
  const [keyId, nonce, signature] = mark?.split('.') ?? [];
  if (!keyId || !nonce || !signature) return false;
  try {
    return sign(keyring, nonce, accountId, keyId) === signature;
  } catch {
    return false; // Signed with a retired key.
  }
}

function sign(keyring: Keyring, nonce: string, accountId: string, keyId: string): string {
  return keyring.mark(new Secret(`device ${nonce}`), accountId, keyId).toString('base64url');
}
