import { sql, type RawBuilder } from 'kysely';
import { loginKinds, type InvitationKind } from '../../domain/message/message-kinds.js';
import type { NewId } from '../../lib/ids.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import { insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import type { MessageKind, MessageStatus } from '../db/tables.js';
import { openKey } from './urgent-messages.js';

/** The recipients of "resend to the rest": those whose email was never sent, or all who have not logged in. */
export type Rest = 'not-sent' | 'not-logged-in';

/** Excludes messages that a rule canceled, because the rule queues them again once the reason is gone. */
const neverWent: readonly MessageStatus[] = ['recalled', 'rejected', 'failed'];
const wentPerhaps: readonly MessageStatus[] = [
  'sending',
  'uncertain',
  'accepted',
  'delayed',
  'delivered',
  'bounced',
  'complained',
];

const words = (all: readonly (MessageStatus | MessageKind)[]) => sql.join(all.map((one) => sql.lit(one)));
/** Messages of the account `a` that contain the login. */
const carriesLogin = sql`w.account_id = a.id AND w.kind IN (${words(loginKinds)})`;
const tellsPractice = sql`w.account_id = a.id AND w.kind = 'practice-added'`;
/** Sent, or possibly sent, to the account's current address; an email to a former address does not count. */
const wentHere = sql`w.superseded = 0 AND w.state IN (${words(wentPerhaps)})`;

/**
 * Builds a condition: no message of a kind is open or was sent. Checks all messages of that kind together, because
 * after a recall and a second sending the first message stays recalled forever.
 */
function lacks(mail: RawBuilder<unknown>, practiceId: string): RawBuilder<boolean> {
  return sql`NOT EXISTS (SELECT 1 FROM messages w WHERE ${mail} AND w.practice_id = ${practiceId}
    AND (w.open_key IS NOT NULL OR (${wentHere})))`;
}

interface Someone {
  id: string;
  pims_id: string;
  kind: InvitationKind;
}

/**
 * Selects accounts `a` whose message was never sent and can be sent now; `isWelcomeEmail` tells which message it is.
 */
function unsent(practiceId: string) {
  const isWelcomeEmail = sql`(some.login AND a.first_login_at IS NULL AND ${lacks(carriesLogin, practiceId)})`;
  // A person without a login gets the Welcome Email first.
  const isAdded = sql`(some.practice AND ${lacks(tellsPractice, practiceId)} AND (a.first_login_at IS NOT NULL
    OR EXISTS (SELECT 1 FROM messages w WHERE ${carriesLogin} AND ${wentHere})))`;
  const people = sql`
    (SELECT account_id, MAX(kind IN (${words(loginKinds)})) AS login, MAX(kind = 'practice-added') AS practice
      FROM messages WHERE practice_id = ${practiceId} AND state IN (${words(neverWent)}) GROUP BY account_id) some
    JOIN accounts a ON a.id = some.account_id ${reachable(practiceId)} AND (${isWelcomeEmail} OR ${isAdded})`;
  return { people, isWelcomeEmail };
}

function unsentPeople(practiceId: string): RawBuilder<Someone> {
  const { people, isWelcomeEmail } = unsent(practiceId);
  return sql<Someone>`
    SELECT a.id, MIN(l.client_pims_id) AS pims_id, IF(${isWelcomeEmail}, 'welcome', 'practice-added') AS kind
    FROM ${people} GROUP BY a.id`;
}

function notLoggedIn(practiceId: string, cooled: Date): RawBuilder<Someone> {
  const here = sql`SELECT 1 FROM messages w WHERE ${carriesLogin} AND w.practice_id = ${practiceId}`;
  return sql<Someone>`
    SELECT a.id, MIN(l.client_pims_id) AS pims_id, 'welcome' AS kind
    FROM (SELECT DISTINCT account_id FROM account_links WHERE practice_id = ${practiceId}) some
      JOIN accounts a ON a.id = some.account_id ${reachable(practiceId)}
      AND a.first_login_at IS NULL AND EXISTS (${here})
      AND NOT EXISTS (${here} AND (w.open_key IS NOT NULL OR w.accepted_at > ${cooled}))
    GROUP BY a.id`;
}

/** Builds a condition: `a` is open and not suppressed, and has an eligible client at this practice. */
function reachable(practiceId: string): RawBuilder<unknown> {
  return sql`
    JOIN account_links l ON l.account_id = a.id AND l.practice_id = ${practiceId}
    JOIN pims_clients c ON c.practice_id = l.practice_id AND c.pims_id = l.client_pims_id
      AND (c.verdict = 'invite' OR c.reason = 'has-account')
    LEFT JOIN suppressions s ON s.email_key = a.email_key
    WHERE a.closed_at IS NULL AND s.email_key IS NULL`;
}

/** Counts the people who would get an email from "Send unsent emails". */
export async function countUnsentMessages(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
): Promise<number> {
  const { people } = unsent(allowed.require(practiceId));
  const { rows } = await sql<{ n: number }>`SELECT COUNT(DISTINCT a.id) AS n FROM ${people}`.execute(db);
  return Number(rows[0]?.n ?? 0);
}

export interface BulkResendRequest {
  practiceId: string;
  rest: Rest;
  coolDownMinutes: number;
  requestedBy: string;
}

/**
 * Queues their messages as a campaign. Call it in a transaction that locks the practice's row, so that only one caller
 * at a time selects and inserts recipients.
 *
 * @returns the accounts of these people
 */
export async function queueBulkResend(
  trx: DatabaseTransaction,
  { practiceId, rest, coolDownMinutes, requestedBy }: BulkResendRequest,
  newId: NewId,
  now: Date,
): Promise<string[]> {
  const cooled = new Date(now.getTime() - coolDownMinutes * 60_000);
  const people = rest === 'not-sent' ? unsentPeople(practiceId) : notLoggedIn(practiceId, cooled);
  const { rows } = await people.execute(trx);
  await insertMany(
    trx,
    'messages',
    rows.map(({ id, pims_id, kind }) => ({
      id: newId(),
      practice_id: practiceId,
      account_id: id,
      client_pims_id: pims_id,
      kind,
      state: 'queued' as const,
      requested_by: requestedBy.slice(0, 200),
      due_at: now,
      created_at: now,
      changed_at: now,
      open_key: openKey(kind, id, practiceId),
    })),
    'ON DUPLICATE KEY UPDATE id = messages.id',
  );
  return rows.map(({ id }) => id);
}
