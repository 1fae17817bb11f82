import { CompiledQuery } from 'kysely';
import type { Clock, NewId } from '../../lib/ids.js';
import { messageReason } from '../../domain/message/message-reasons.js';
import { canBeSent, carriesLogin } from '../../domain/message/message-kinds.js';
import type { SendVerdict } from '../../domain/message/send-checks.js';
import type { Keyring } from '../../lib/sealing.js';
import type { Secret } from '../../lib/secret.js';
import { literal, literals } from '../db/bulk.js';
import type { Credentials } from '../accounts/credentials.js';
import { inTransaction, insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import { loadSendFacts, type FactsOfMessage, type QueuedRow, type Recipient } from './send-facts.js';
import { issueTokens, openLiving, renewPasswords, type Claim, type PasswordDaysOf } from './claim.js';
import type { DataRuleOf } from '../sync-runs/data-age.js';

export type Claimed = { claim: Claim } | { skipped: string };

export interface OutboxDeps {
  db: Database;
  keyring: Keyring;
  clock: Clock;
  newId: NewId;
  credentials: Credentials;
  practice: PasswordDaysOf;
  /** Validity of the link in a password reset, in hours. */
  resetHours: number;
  /** The rule for the maximum age of the data behind an invitation. Omitted: any age. */
  dataRule?: DataRuleOf;
}

interface Judged {
  row: QueuedRow;
  known: FactsOfMessage;
  verdict: SendVerdict;
  password: Secret | null;
}

export type Outbox = ReturnType<typeof createOutbox>;

/** Creates the outbox, which claims messages for sending. `record-send-results.ts` records the results. */
export function createOutbox(deps: OutboxDeps) {
  const { db, keyring, clock, newId, dataRule = () => null } = deps;

  function judge(row: QueuedRow, known: FactsOfMessage, now: Date): Judged {
    const held = (wait: string, minutes: number): Judged => {
      return { row, known, verdict: { go: false, wait, minutes }, password: null };
    };
    if (known.sendingStopped && !known.probing) return held('mail-stopped', 0);
    if (row.practice_id !== null && !deps.practice(row.practice_id)) return held('practice-not-configured', 10);
    const verdict = canBeSent(known.facts);
    if (!verdict.go || !carriesLogin(row)) return { row, known, verdict, password: null };
    try {
      return { row, known, verdict, password: openLiving(keyring, known.recipient?.credential ?? null, now) };
    } catch {
      // A single password whose key is missing must not block its whole batch.
      return held('password-unreadable', 30);
    }
  }

  function claimOf({ row, known, password }: Judged, now: Date): Claim {
    const recipient = known.recipient as Recipient;
    return {
      messageId: row.id,
      attemptId: newId(),
      number: row.attempts + 1,
      claimedAt: now,
      kind: row.kind,
      practiceId: row.practice_id ?? row.branding_practice_id,
      recipient,
      pets: known.pets,
      requestedBy: row.requested_by,
      password,
      resetToken: null,
      expiresAt: password ? (recipient.credential?.expires_at ?? null) : null,
      probing: known.probing,
    };
  }

  return {
    /**
     * Claims a batch in one transaction: each message that is still queued and still valid moves to `sending` with an
     * attempt row, committed before SES is called. The others are canceled or wait. Skips messages that another worker
     * claimed. Renews a temporary password that has expired or is cleared.
     *
     * @returns one result per id, in order; if an id is given twice, only the first is claimed
     */
    async claimMany(messageIds: readonly string[]): Promise<Claimed[]> {
      const results = await inTransaction(db, async (trx) => {
        const rows = await lockQueued(trx, messageIds);
        if (rows.length === 0) return new Map<string, Claimed>();
        const now = clock();
        const facts = await loadSendFacts(trx, rows, dataRule, now);
        const judged = rows.map((row) => judge(row, facts.get(row.id) as FactsOfMessage, now));
        const claims = judged.filter(({ verdict }) => verdict.go).map((one) => claimOf(one, now));
        await renewPasswords(
          trx,
          claims.filter((claim) => carriesLogin(claim) && !claim.password),
          deps,
        );
        await issueTokens(trx, claims, deps.resetHours, now);
        await markClaimed(trx, claims, now);
        const held = await holdBack(trx, judged, now);
        return new Map<string, Claimed>([
          ...held.map(([id, why]) => [id, { skipped: why }] as const),
          ...claims.map((claim) => [claim.messageId, { claim }] as const),
        ]);
      });
      return messageIds.map((id) => {
        const result = results.get(id) ?? { skipped: 'not queued' };
        results.delete(id);
        return result;
      });
    },

    /**
     * Marks messages in `sending` as uncertain if a worker died between claim and answer: SES may or may not have them.
     *
     * @param before claims older than this, which is longer than any answer takes
     * @returns how many became uncertain
     */
    async loseStale(before: Date): Promise<number> {
      const { numUpdatedRows } = await db
        .updateTable('messages')
        .set({ state: 'uncertain', reason: 'answer-lost', changed_at: clock() })
        .where('state', '=', 'sending')
        .where('changed_at', '<', before)
        .executeTakeFirst();
      return Number(numUpdatedRows);
    },
  };
}

/** Locks messages in the order of their ids, so that two batches with common messages cannot deadlock. */
async function lockQueued(trx: DatabaseTransaction, ids: readonly string[]): Promise<QueuedRow[]> {
  const { rows } = await trx.executeQuery<QueuedRow>(
    CompiledQuery.raw(
      `SELECT id, practice_id, account_id, staff_id, branding_practice_id, kind, state, attempts, requested_by, urgent,
         superseded, open_key, created_at
       FROM messages WHERE id IN (${literals([...new Set(ids)])}) AND state = 'queued' ORDER BY id FOR UPDATE`,
    ),
  );
  return rows;
}

async function markClaimed(trx: DatabaseTransaction, claims: readonly Claim[], now: Date): Promise<void> {
  if (claims.length === 0) return;
  const ids = literals(claims.map(({ messageId }) => messageId));
  await trx.executeQuery(
    CompiledQuery.raw(
      `UPDATE messages SET state = 'sending', attempts = attempts + 1, reason = NULL, detail = NULL, enqueued_at = NULL,
         position = NULL, changed_at = ${literal(now)} WHERE id IN (${ids})`,
    ),
  );
  const open = {
    answered_at: null,
    outcome: null,
    ses_message_id: null,
    error_code: null,
    error_message: null,
  };
  await insertMany(
    trx,
    'send_attempts',
    claims.map(({ attemptId, messageId, number, recipient: { email } }) => {
      return { id: attemptId, message_id: messageId, number, email, claimed_at: now, ...open };
    }),
  );
}

/** Cancels messages that are no longer valid and delays those that must wait. @returns each id with the action taken */
async function holdBack(trx: DatabaseTransaction, judged: readonly Judged[], now: Date): Promise<[string, string][]> {
  const groups = new Map<string, { ids: string[]; verdict: SendVerdict }>();
  for (const { row, verdict } of judged) {
    if (verdict.go) continue;
    const key = JSON.stringify(verdict);
    groups.set(key, { verdict, ids: [...(groups.get(key)?.ids ?? []), row.id] });
  }
  const done: [string, string][] = [];
  for (const { ids, verdict } of groups.values()) {
    const change = changeBy(verdict, now);
    await trx
      .updateTable('messages')
      .set({ ...change, enqueued_at: null, position: null })
      .where('id', 'in', ids)
      .execute();
    const word = 'cancel' in verdict ? 'canceled' : 'waits';
    done.push(...ids.map((id): [string, string] => [id, `${word}: ${change.reason}`]));
  }
  return done;
}

function changeBy(verdict: SendVerdict, now: Date) {
  if ('cancel' in verdict) {
    const reason = verdict.cancel;
    return {
      state: 'canceled' as const,
      reason,
      detail: messageReason(reason),
      open_key: null,
      changed_at: now,
    };
  }
  const { wait: reason, minutes } = verdict as Extract<SendVerdict, { wait: string }>;
  return { reason, detail: messageReason(reason), due_at: new Date(now.getTime() + minutes * 60_000) };
}
