import type { Keyring } from '../../lib/sealing.js';
import type { Secret } from '../../lib/secret.js';
import { defaultPasswordDays } from '../../domain/account/temporary-password.js';
import { unseal, type Credentials } from '../accounts/credentials.js';
import type { DatabaseTransaction } from '../db/database.js';
import { saveResetTokens, newResetToken } from '../access/reset-tokens.js';
import type { Recipient } from './send-facts.js';
import type { Claim, LifetimesOf } from './claim.js';

/** Unseals the temporary password while it is valid; null if it has expired or is cleared. @throws as `Keyring.open` */
export function openLiving(keyring: Keyring, credential: Recipient['credential'], now: Date): Secret | null {
  if (!credential || credential.used_at !== null || credential.expires_at <= now) return null;
  return unseal(keyring, credential);
}

/** Issues a new temporary password for the accounts of these claims, one per account. */
export async function renewPasswords(
  trx: DatabaseTransaction,
  claims: readonly Claim[],
  deps: { keyring: Keyring; credentials: Credentials; practice: LifetimesOf },
): Promise<void> {
  if (claims.length === 0) return;
  const issuing = new Map(
    claims.map(({ accountId, practiceId }) => {
      const days = deps.practice(practiceId)?.passwordDays ?? defaultPasswordDays;
      return [accountId, { accountId, practiceId, days }];
    }),
  );
  const issued = await deps.credentials.issueMany(trx, [...issuing.values()]);
  const rowOf = new Map(issued.map((row) => [row.account_id, row]));
  for (const claim of claims) {
    const row = rowOf.get(claim.accountId);
    if (!row) continue;
    claim.password = unseal(deps.keyring, row);
    claim.expiresAt = row.expires_at;
  }
}

/**
 * Creates the single-use token of each claim. The database stores only its hash, and the token exists for this attempt
 * only.
 */
export async function issueTokens(
  trx: DatabaseTransaction,
  claims: readonly Claim[],
  practice: LifetimesOf,
  now: Date,
): Promise<void> {
  const tokens = claims.map((claim) => {
    const hours = practice(claim.practiceId)?.resetHours ?? 1;
    const token = newResetToken();
    const expiresAt = new Date(now.getTime() + hours * 3600_000);
    claim.resetToken = token;
    claim.expiresAt = expiresAt;
    return { kind: 'pet-parent' as const, subjectId: claim.accountId, token, expiresAt };
  });
  await saveResetTokens(trx, tokens, now);
}
