import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import type { Database, DatabaseTransaction } from '../db/database.js';

/**
 * How attempts under one name are slowed: the first `free` ones never, each later one only after a wait since the one
 * before it. A name is forgotten when nothing was tried for `windowSeconds`.
 */
export interface ThrottleRule {
  free: number;
  /** Seconds to wait after attempt `free`, `free + 1`, ...; the last one repeats. */
  waits: readonly number[];
  windowSeconds: number;
}

export interface Throttle {
  /** From `throttleName`: never an address or an email in the clear. */
  name: string;
  rule: ThrottleRule;
}

/** A name for a throttle: which kind, and a keyed digest of what it is about, so the table holds no personal data. */
export function throttleName(kind: string, about: readonly string[], pepper: string): string {
  const digest = createHmac('sha256', pepper).update(about.join('\0')).digest('base64url').slice(0, 27);
  return `${kind}:${digest}`;
}

/**
 * Counts one attempt under each name, unless one of them must still wait; then nothing is counted, so that asking too
 * early never lengthens a wait. Counting comes before the check of the secret: attempts made at once cannot slip by.
 *
 * @returns seconds to wait; 0 when the attempt may go on
 */
export async function takeAttempt(
  trx: DatabaseTransaction,
  throttles: readonly Throttle[],
  now: Date,
): Promise<number> {
  // One order for everybody, or two attempts could lock each other out of the same two rows.
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

/** Forgets the names: the attempt turned out to be right. */
export async function forgetAttempts(trx: DatabaseTransaction, names: readonly string[]): Promise<void> {
  if (names.length > 0)
    await trx
      .deleteFrom('throttles')
      .where('name', 'in', [...names])
      .execute();
}

/** Recalls one attempt under a name that others share, such as a network address. */
export async function giveBackAttempt(trx: DatabaseTransaction, name: string): Promise<void> {
  await sql`UPDATE throttles SET count = GREATEST(count - 1, 0) WHERE name = ${name}`.execute(trx);
}

/** Deletes names that have lapsed; for the sweep. Returns how many. */
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
