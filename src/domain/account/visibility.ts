/** The facts that decide whether staff may see a temporary password. */
export interface LoginFacts {
  firstLoginAt: Date | null;
  passwordHash: string | null;
  /** Null if no temporary password was ever issued. */
  credential: { usedAt: Date | null; clearedAt: Date | null; expiresAt: Date } | null;
}

/** `visible`, or why staff do not see the temporary password. */
export type Visibility = 'visible' | 'none' | 'logged-in' | 'expired' | 'cleared';

/**
 * Tells whether the temporary password may be shown to staff of the practice that issued it. They never see it after the
 * first login, even if the sealed bytes remain. Evaluated at every look.
 */
export function visibility({ firstLoginAt, passwordHash, credential }: LoginFacts, now: Date): Visibility {
  if (firstLoginAt !== null || passwordHash !== null) return 'logged-in';
  if (!credential) return 'none';
  if (credential.usedAt !== null) return 'logged-in';
  if (credential.clearedAt !== null) return 'cleared';
  return credential.expiresAt > now ? 'visible' : 'expired';
}
