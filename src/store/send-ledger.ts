import type { Clock, NewId } from '../domain/ids.js';
import { mayBeSent, petsToName, type SendVerdict } from '../domain/right-to-send.js';
import type { Keyring } from '../domain/sealing.js';
import type { Secret } from '../domain/secret.js';
import { unseal, type Credentials } from './credentials.js';
import { inTransaction, insertMany, type Database, type DatabaseTransaction } from './database.js';
import { keepResetTokens, newResetToken } from './reset-tokens.js';
import { loadSendFacts, type FactsOfMail, type OwedRow, type Recipient } from './send-facts.js';
import type { WelcomeKind } from './tables.js';

/** A mail that is ours to hand over: the claim is committed, nobody else will send it. */
export interface Claim {
  welcomeId: string;
  attemptId: string;
  /** 1 for the first attempt of this mail. */
  number: number;
  claimedAt: Date;
  kind: WelcomeKind;
  practiceId: string;
  recipient: Recipient;
  /** Names of living pets at the practice. */
  pets: string[];
  /** The living temporary password, for the kinds that tell one. */
  password: Secret | null;
  resetToken: Secret | null;
  /** When the password or the reset link runs out. */
  expiresAt: Date | null;
  /** The lane is stopped and this mail tries whether SES takes mails again. */
  probing: boolean;
}

export type Claimed = { claim: Claim } | { skipped: string };

export interface LedgerDeps {
  db: Database;
  keyring: Keyring;
  clock: Clock;
  newId: NewId;
  credentials: Credentials;
  /** Null when the configuration no longer knows the practice. */
  practice(practiceId: string): { passwordDays: number; resetHours: number } | null;
}

const minute = 60_000;

/** Claims mails for sending. See `send-answers.ts` for what is written afterwards. */
export function createSendLedger(deps: LedgerDeps) {
  const { db, keyring, clock, newId, credentials } = deps;

  /**
   * Claims a batch in one transaction: each mail that is still owed and still right goes to `sending` with an attempt
   * row, committed before SES hears of it; the others are withdrawn or wait. A mail claimed by someone else is skipped.
   * A temporary password that ran out, or is gone, is renewed.
   *
   * @returns one for each id, in order
   */
  async function claimMany(welcomeIds: readonly string[]): Promise<Claimed[]> {
    return inTransaction(db, async (trx) => {
      const rows = await lockOwed(trx, welcomeIds);
      const results = new Map<string, Claimed>();
      if (rows.length > 0) {
        const now = clock();
        const lane = await laneOf(trx);
        const known = await loadSendFacts(trx, rows);
        const verdicts = rows.map((row) => ({
          row,
          verdict: verdictOn(row, known.get(row.id) as FactsOfMail, lane),
        }));
        for (const claim of await claim_(
          trx,
          verdicts.filter(({ verdict }) => verdict.go).map(({ row }) => row),
          known,
          now,
        )) {
          results.set(claim.welcomeId, { claim: { ...claim, probing: lane.probeId === claim.welcomeId } });
        }
        for (const [reason, ids] of grouped(verdicts, (verdict) =>
          'withdraw' in verdict ? verdict.withdraw : null,
        )) {
          await withdraw(trx, ids, reason, now);
          for (const id of ids) results.set(id, { skipped: `withdrawn: ${reason}` });
        }
        for (const [reason, ids] of grouped(verdicts, (verdict) =>
          'wait' in verdict ? verdict.wait : null,
        )) {
          const minutes = verdicts.flatMap(({ verdict }) =>
            'wait' in verdict && verdict.wait === reason ? [verdict.minutes] : [],
          );
          await postpone(trx, ids, reason, new Date(now.getTime() + (minutes[0] ?? 1) * minute));
          for (const id of ids) results.set(id, { skipped: `waits: ${reason}` });
        }
      }
      return welcomeIds.map((id) => results.get(id) ?? { skipped: 'not owed' });
    });
  }

  function verdictOn(row: OwedRow, { facts }: FactsOfMail, lane: Lane): SendVerdict {
    if (lane.stopped && lane.probeId !== row.id) return { go: false, wait: 'mail-stopped', minutes: 0 };
    if (!deps.practice(row.practice_id)) return { go: false, wait: 'practice-not-configured', minutes: 10 };
    return mayBeSent(facts);
  }

  async function claim_(
    trx: DatabaseTransaction,
    rows: readonly OwedRow[],
    known: ReadonlyMap<string, FactsOfMail>,
    now: Date,
  ): Promise<Claim[]> {
    if (rows.length === 0) return [];
    const claims = rows.map((row): Claim => {
      const { facts, recipient } = known.get(row.id) as FactsOfMail & { recipient: Recipient };
      const living =
        tellsPassword(row.kind) && isLiving(recipient.credential, now) ? recipient.credential : null;
      return {
        welcomeId: row.id,
        attemptId: newId(),
        number: row.attempts + 1,
        claimedAt: now,
        kind: row.kind,
        practiceId: row.practice_id,
        recipient,
        pets: petsToName(facts.clients),
        password: living ? unseal(keyring, living) : null,
        resetToken: null,
        expiresAt: living?.expires_at ?? null,
        probing: false,
      };
    });
    await renewPasswords(trx, claims, rows);
    await issueTokens(trx, claims, rows, now);
    await trx
      .updateTable('welcomes')
      .set((eb) => ({
        state: 'sending' as const,
        attempts: eb('attempts', '+', 1),
        reason: null,
        detail: null,
        queued_at: null,
        turn: null,
        changed_at: now,
      }))
      .where(
        'id',
        'in',
        rows.map(({ id }) => id),
      ) // prettier-ignore
      .execute();
    await insertMany(
      trx,
      'send_attempts',
      claims.map(({ attemptId, welcomeId, number, claimedAt }) => ({
        id: attemptId,
        welcome_id: welcomeId,
        number,
        claimed_at: claimedAt,
        answered_at: null,
        outcome: null,
        ses_message_id: null,
        error_code: null,
        error_message: null,
      })),
    );
    return claims;
  }

  async function renewPasswords(
    trx: DatabaseTransaction,
    claims: Claim[],
    rows: readonly OwedRow[],
  ): Promise<void> {
    const needing = claims.flatMap((claim, at) =>
      tellsPassword(claim.kind) && claim.password === null
        ? [{ claim, accountId: (rows[at] as OwedRow).account_id }]
        : [],
    );
    if (needing.length === 0) return;
    const accounts = new Map(needing.map(({ claim, accountId }) => [accountId, claim.practiceId]));
    const issued = await credentials.issueMany(
      trx,
      [...accounts].map(([accountId, practiceId]) => ({
        accountId,
        days: deps.practice(practiceId)?.passwordDays ?? 30,
      })),
    );
    const byAccount = new Map(issued.map((row) => [row.account_id, row]));
    for (const { claim, accountId } of needing) {
      const row = byAccount.get(accountId);
      if (!row) continue;
      claim.password = unseal(keyring, row);
      claim.expiresAt = row.expires_at;
    }
  }

  async function issueTokens(
    trx: DatabaseTransaction,
    claims: Claim[],
    rows: readonly OwedRow[],
    now: Date,
  ): Promise<void> {
    const tokens = claims.flatMap((claim, at) => {
      if (claim.kind !== 'password-reset') return [];
      const hours = deps.practice(claim.practiceId)?.resetHours ?? 1;
      claim.resetToken = newResetToken();
      claim.expiresAt = new Date(now.getTime() + hours * 60 * minute);
      const subjectId = (rows[at] as OwedRow).account_id;
      return [
        { kind: 'pet-parent' as const, subjectId, token: claim.resetToken, expiresAt: claim.expiresAt },
      ];
    });
    await keepResetTokens(trx, tokens, now);
  }

  return {
    claimMany,

    /**
     * A worker that died between claim and answer leaves `sending` behind: SES may or may not have those mails.
     *
     * @param before claims older than this; longer ago than any answer can take
     * @returns how many became uncertain
     */
    async loseStale(before: Date): Promise<number> {
      const { numUpdatedRows } = await db
        .updateTable('welcomes')
        .set({ state: 'uncertain', reason: 'answer-lost', changed_at: clock() })
        .where('state', '=', 'sending')
        .where('changed_at', '<', before)
        .executeTakeFirst();
      return Number(numUpdatedRows);
    },
  };
}

export type SendLedger = ReturnType<typeof createSendLedger>;

interface Lane {
  stopped: boolean;
  probeId: string | null;
}

async function laneOf(trx: DatabaseTransaction): Promise<Lane> {
  const row = await trx
    .selectFrom('mail_lane')
    .select(['stopped_at', 'probe_id'])
    .where('name', '=', 'ses')
    .executeTakeFirst();
  return { stopped: (row?.stopped_at ?? null) !== null, probeId: row?.probe_id ?? null };
}

/** In order of id, so that two batches that share mails cannot lock each other out. */
async function lockOwed(trx: DatabaseTransaction, ids: readonly string[]): Promise<OwedRow[]> {
  return trx
    .selectFrom('welcomes')
    .select(['id', 'practice_id', 'account_id', 'kind', 'state', 'attempts', 'asked_by', 'superseded'])
    .where('id', 'in', [...ids])
    .where('state', '=', 'owed')
    .orderBy('id')
    .forUpdate()
    .execute();
}

async function withdraw(
  trx: DatabaseTransaction,
  ids: readonly string[],
  reason: string,
  now: Date,
): Promise<void> {
  await trx
    .updateTable('welcomes')
    .set({ state: 'withdrawn', reason, open_key: null, queued_at: null, turn: null, changed_at: now })
    .where('id', 'in', [...ids])
    .execute();
}

async function postpone(
  trx: DatabaseTransaction,
  ids: readonly string[],
  reason: string,
  due: Date,
): Promise<void> {
  await trx
    .updateTable('welcomes')
    .set({ reason, due_at: due, queued_at: null, turn: null })
    .where('id', 'in', [...ids])
    .execute();
}

function grouped(
  verdicts: readonly { row: OwedRow; verdict: SendVerdict }[],
  reasonOf: (verdict: SendVerdict) => string | null,
): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { row, verdict } of verdicts) {
    const reason = reasonOf(verdict);
    if (reason !== null) groups.set(reason, [...(groups.get(reason) ?? []), row.id]);
  }
  return groups;
}

function tellsPassword(kind: WelcomeKind): boolean {
  return kind === 'welcome' || kind === 'fresh-password';
}

function isLiving(credential: Recipient['credential'], now: Date): boolean {
  return (
    credential !== null &&
    credential.sealed !== null &&
    credential.used_at === null &&
    credential.expires_at > now
  );
}
