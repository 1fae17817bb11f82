import { CompiledQuery } from 'kysely';
import type { Clock, NewId } from '../../lib/ids.js';
import { messageReason } from '../../domain/message/message-reasons.js';
import { canBeSent, type SendVerdict } from '../../domain/message/send-eligibility.js';
import type { Keyring } from '../../lib/sealing.js';
import type { Secret } from '../../lib/secret.js';
import { literal, literals } from '../db/bulk.js';
import type { Credentials } from '../accounts/credentials.js';
import { inTransaction, insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import { loadSendFacts, type FactsOfMail, type OwedRow, type Recipient } from './send-facts.js';
import type { Claim, LifetimesOf } from './claim.js';
import type { DataRuleOf } from '../sync-runs/data-age.js';
import { issueTokens, openLiving, renewPasswords } from './send-secrets.js';
import type { MessageKind } from '../db/tables.js';

export type Claimed = { claim: Claim } | { skipped: string };

export interface LedgerDeps {
  db: Database;
  keyring: Keyring;
  clock: Clock;
  newId: NewId;
  credentials: Credentials;
  practice: LifetimesOf;
  /** The rule for the maximum age of the data behind an invitation. Omitted: any age. */
  dataRule?: DataRuleOf;
}

interface Judged {
  row: OwedRow;
  known: FactsOfMail;
  verdict: SendVerdict;
  password: Secret | null;
}

export type SendLedger = ReturnType<typeof createSendLedger>;

/** Creates the outbox, which claims messages for sending. `record-send-results.ts` records the results. */
export function createSendLedger(deps: LedgerDeps) {
  const { db, keyring, clock, newId, dataRule = () => null } = deps;

  function judge(row: OwedRow, known: FactsOfMail, now: Date): Judged {
    const held = (wait: string, minutes: number): Judged => {
      return { row, known, verdict: { go: false, wait, minutes }, password: null };
    };
    if (known.laneStopped && !known.probing) return held('mail-stopped', 0);
    if (!deps.practice(row.practice_id)) return held('practice-not-configured', 10);
    const verdict = canBeSent(known.facts);
    if (!verdict.go || !tellsPassword(row.kind)) return { row, known, verdict, password: null };
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
      accountId: row.account_id,
      attemptId: newId(),
      number: row.attempts + 1,
      claimedAt: now,
      kind: row.kind,
      practiceId: row.practice_id,
      recipient,
      pets: known.pets,
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
        const rows = await lockOwed(trx, messageIds);
        if (rows.length === 0) return new Map<string, Claimed>();
        const now = clock();
        const facts = await loadSendFacts(trx, rows, dataRule, now);
        const judged = rows.map((row) => judge(row, facts.get(row.id) as FactsOfMail, now));
        const claims = judged.filter(({ verdict }) => verdict.go).map((one) => claimOf(one, now));
        await renewPasswords(
          trx,
          claims.filter(({ kind, password }) => tellsPassword(kind) && !password),
          deps,
        );
        await issueTokens(
          trx,
          claims.filter(({ kind }) => kind === 'password-reset'),
          deps.practice,
          now,
        );
        await markClaimed(trx, claims, now);
        const held = await holdBack(trx, judged, now);
        return new Map<string, Claimed>([
          ...held.map(([id, why]) => [id, { skipped: why }] as const),
          ...claims.map((claim) => [claim.messageId, { claim }] as const),
        ]);
      });
      return messageIds.map((id) => {
        const result = results.get(id) ?? { skipped: 'not owed' };
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
async function lockOwed(trx: DatabaseTransaction, ids: readonly string[]): Promise<OwedRow[]> {
  const { rows } = await trx.executeQuery<OwedRow>(
    CompiledQuery.raw(
      `SELECT id, practice_id, account_id, kind, state, attempts, requested_by, urgent, superseded, open_key
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
         turn = NULL, changed_at = ${literal(now)} WHERE id IN (${ids})`,
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
      .set({ ...change, enqueued_at: null, turn: null })
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

function tellsPassword(kind: MessageKind): boolean {
  return kind === 'welcome' || kind === 'new-temporary-password';
}
