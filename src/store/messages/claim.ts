import { messageKinds, type KindDeclaration, type MessageKind } from '../../domain/message/message-kinds.js';
import type { Keyring } from '../../lib/sealing.js';
import type { Secret } from '../../lib/secret.js';
import { newResetToken, saveResetTokens } from '../access/reset-tokens.js';
import { unseal, type Credentials } from '../accounts/credentials.js';
import type { DatabaseTransaction } from '../db/database.js';
import type { Recipient } from './send-facts.js';

/** A claimed message: the claim is committed, so that no other worker sends it. */
export interface Claim {
  messageId: string;
  attemptId: string;
  /** 1 for the first attempt of this message. */
  number: number;
  claimedAt: Date;
  kind: MessageKind;
  /** The practice whose branding the email carries; null for an email to an operator. */
  practiceId: string | null;
  recipient: Recipient;
  /** Names of living pets at the practice. */
  pets: string[];
  /** Name of the person who asked for it; null if a rule queued it. */
  requestedBy: string | null;
  /** The valid temporary password, for message kinds that contain one. */
  password: Secret | null;
  /** The token of the single-use link, for message kinds that contain one. It exists only here and in the email. */
  resetToken: Secret | null;
  /** Expiry of the password or the link. */
  expiresAt: Date | null;
  /** Sending is stopped, and this message tests whether SES accepts emails again. */
  probing: boolean;
}

/** Returns how many days a practice's temporary passwords last; null if the practice is no longer configured. */
export type PasswordDaysOf = (practiceId: string) => { passwordDays: number } | null;

/** Unseals the temporary password while it is valid; null if it has expired or is cleared. @throws as `Keyring.open` */
export function openLiving(keyring: Keyring, credential: Recipient['credential'], now: Date): Secret | null {
  if (!credential || credential.used_at !== null || credential.expires_at <= now) return null;
  return unseal(keyring, credential);
}

/** Issues a new temporary password for the accounts of these claims, one per account. */
export async function renewPasswords(
  trx: DatabaseTransaction,
  claims: readonly Claim[],
  deps: { keyring: Keyring; credentials: Credentials; practice: PasswordDaysOf },
): Promise<void> {
  const issuing = new Map(
    claims.flatMap(({ recipient: { id: accountId }, practiceId }) => {
      const days = practiceId === null ? undefined : deps.practice(practiceId)?.passwordDays;
      return practiceId === null || days === undefined ? [] : [[accountId, { accountId, practiceId, days }] as const];
    }),
  );
  if (issuing.size === 0) return;
  const issued = await deps.credentials.issueMany(trx, [...issuing.values()]);
  const rowOf = new Map(issued.map((row) => [row.account_id, row]));
  for (const claim of claims) {
    const row = rowOf.get(claim.recipient.id);
    if (!row) continue;
    claim.password = unseal(deps.keyring, row);
    claim.expiresAt = row.expires_at;
  }
}

/**
 * Creates the single-use token of each claim whose email contains a link. The database stores only its hash. Links of
 * earlier emails stay valid, because people press the first one they find.
 *
 * @param resetHours validity of a link whose kind declares none
 */
export async function issueTokens(
  trx: DatabaseTransaction,
  claims: readonly Claim[],
  resetHours: number,
  now: Date,
): Promise<void> {
  const withLink = claims.filter(({ kind }) => messageKinds[kind].secret === 'link');
  const tokens = withLink.map((claim) => {
    const { audience, linkHours }: KindDeclaration = messageKinds[claim.kind];
    const token = newResetToken();
    const expiresAt = new Date(now.getTime() + (linkHours ?? resetHours) * 3600_000);
    claim.resetToken = token;
    claim.expiresAt = expiresAt;
    return { kind: audience, subjectId: claim.recipient.id, token, expiresAt };
  });
  await saveResetTokens(trx, tokens, now);
}
