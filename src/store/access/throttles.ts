import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from '../db/database.js';

/**
 * Slows attempts under one name: the first `free` attempts need no wait, each later one a wait since the previous one.
 * A name is forgotten after `windowSeconds` without an attempt.
 */
export interface ThrottleRule {
  free: number;
  /** Seconds to wait after attempt `free`, `free + 1`, ...; the last one repeats. */
  waits: readonly number[];
  windowSeconds: number;
}

export interface Throttle {
  /** From `throttleName`: never an address or an email in plain text. */
  name: string;
  rule: ThrottleRule;
}

/**
 * Builds the name of a throttle from its kind and a keyed digest of its subject, so the table contains no personal
 * data.
 */
export function throttleName(kind: string, about: readonly string[], pepper: string): string {
  const digest = createHmac('sha256', pepper).update(about.join('\0')).digest('base64url').slice(0, 27);
  return `${kind}:${digest}`;
}

/**
 * Counts one attempt under each name, unless one of them must still wait. In that case nothing is counted, so that an
 * early attempt never lengthens a wait. Counting happens before the secret is checked, so simultaneous attempts cannot
 * bypass it.
 *
 * @returns seconds to wait; 0 if the attempt may proceed
 */
export async function takeAttempt(
  trx: DatabaseTransaction,
  throttles: readonly Throttle[],
  now: Date,
): Promise<number> {
  // All callers lock in the same order; otherwise two attempts could deadlock on the same two rows.
  const sorted = [...throttles].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (sorted.length === 0) return 0;
  const names = sorted.map(({ name }) => name);
  const rows = await trx
    .selectFrom('throttles')
    .selectAll()
    .where('name', 'in', names)
    .orderBy('name')
    .forUpdate()
    .execute();
  const wait = Math.max(
    ...sorted.map((throttle) =>
      waitOf(
        throttle,
        rows.find((row) => row.name === throttle.name),
        now,
      ),
    ),
  );
  if (wait > 0) return wait;
  for (const { name, rule } of sorted) {
    const until = new Date(now.getTime() + rule.windowSeconds * 1000);
    await sql`INSERT INTO throttles (name, count, until) VALUES (${name}, 1, ${until})
      ON DUPLICATE KEY UPDATE count = IF(until <= ${now}, 1, count + 1), until = ${until}`.execute(trx);
  }
  return 0;
}

/** Forgets the names after a successful attempt. */
export async function forgetAttempts(trx: DatabaseTransaction, names: readonly string[]): Promise<void> {
  if (names.length > 0)
    await trx
      .deleteFrom('throttles')
      .where('name', 'in', [...names])
      .execute();
}

/** Uncounts one attempt under a name that several people share, such as a network address. */
export async function giveBackAttempt(trx: DatabaseTransaction, name: string): Promise<void> {
  await sql`UPDATE throttles SET count = GREATEST(count - 1, 0) WHERE name = ${name}`.execute(trx);
}

/** Deletes expired names; called by the sweep. Returns the number deleted. */
export async function pruneThrottles(db: Database | DatabaseTransaction, now: Date): Promise<number> {
  const result = await db.deleteFrom('throttles').where('until', '<=', now).executeTakeFirst();
  return Number(result.numDeletedRows);
}

function waitOf({ rule }: Throttle, row: { count: number; until: Date } | undefined, now: Date): number {
  if (!row || row.until <= now || row.count < rule.free) return 0;
  const wait = rule.waits[Math.min(row.count - rule.free, rule.waits.length - 1)] ?? 0;
  const lastAttempt = row.until.getTime() - rule.windowSeconds * 1000;
  return Math.max(0, Math.ceil((lastAttempt + wait * 1000 - now.getTime()) / 1000));
}
