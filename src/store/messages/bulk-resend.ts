import { sql, type RawBuilder } from 'kysely';
import type { NewId } from '../../lib/ids.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import { insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import type { WelcomeKind, WelcomeState } from '../db/tables.js';
import { openKey } from './messages.js';

/** Whom "resend to the rest" means: those whose mail never went, or all who have not logged in. */
export type Rest = 'not-sent' | 'not-logged-in';

/** What a rule took back is not among them: a rule offers it again once it is right. */
const neverWent: readonly WelcomeState[] = ['recalled', 'rejected', 'failed'];
const wentPerhaps: readonly WelcomeState[] = [
  'sending', 'uncertain', 'accepted', 'delayed', 'delivered', 'bounced', 'complained',
]; // prettier-ignore

const words = (all: readonly (WelcomeState | WelcomeKind)[]) => sql.join(all.map((one) => sql.lit(one)));
/** A mail of the account `a` that tells the log-in. */
const tellsLogin = sql`w.account_id = a.id AND w.kind IN (${words(['welcome', 'fresh-password'])})`;
const tellsPractice = sql`w.account_id = a.id AND w.kind = 'practice-added'`;
/** It went, or may have gone, to the address of now; one that went to a former address tells nobody anything. */
const wentHere = sql`w.superseded = 0 AND w.state IN (${words(wentPerhaps)})`;

/**
 * True when no mail of a kind is open or went. Whether the person has the mail is asked of all mails of that kind
 * together: after a recall and a second sending, the first one stays recalled for ever.
 */
function lacks(mail: RawBuilder<unknown>, practiceId: string): RawBuilder<boolean> {
  return sql`NOT EXISTS (SELECT 1 FROM welcomes w WHERE ${mail} AND w.practice_id = ${practiceId}
    AND (w.open_key IS NOT NULL OR (${wentHere})))`;
}

interface Someone {
  id: string;
  pims_id: string;
  kind: 'welcome' | 'practice-added';
}

/** The people whose mail never went and may go now; of the account `a`, `isWelcome` says which mail it is. */
function unsent(practiceId: string) {
  const isWelcome = sql`(some.login AND a.first_login_at IS NULL AND ${lacks(tellsLogin, practiceId)})`;
  // Who has no log-in yet must be told that first.
  const isAdded = sql`(some.practice AND ${lacks(tellsPractice, practiceId)} AND (a.first_login_at IS NOT NULL
    OR EXISTS (SELECT 1 FROM welcomes w WHERE ${tellsLogin} AND ${wentHere})))`;
  const people = sql`
    (SELECT account_id, MAX(kind IN (${words(['welcome', 'fresh-password'])})) AS login, MAX(kind = 'practice-added') AS practice
      FROM welcomes WHERE practice_id = ${practiceId} AND state IN (${words(neverWent)}) GROUP BY account_id) some
    JOIN accounts a ON a.id = some.account_id ${reachable(practiceId)} AND (${isWelcome} OR ${isAdded})`;
  return { people, isWelcome };
}

function unsentPeople(practiceId: string): RawBuilder<Someone> {
  const { people, isWelcome } = unsent(practiceId);
  return sql<Someone>`
    SELECT a.id, MIN(l.client_pims_id) AS pims_id, IF(${isWelcome}, 'welcome', 'practice-added') AS kind
    FROM ${people} GROUP BY a.id`;
}

function notLoggedIn(practiceId: string, cooled: Date): RawBuilder<Someone> {
  const here = sql`SELECT 1 FROM welcomes w WHERE ${tellsLogin} AND w.practice_id = ${practiceId}`;
  return sql<Someone>`
    SELECT a.id, MIN(l.client_pims_id) AS pims_id, 'welcome' AS kind
    FROM (SELECT DISTINCT account_id FROM account_links WHERE practice_id = ${practiceId}) some
      JOIN accounts a ON a.id = some.account_id ${reachable(practiceId)}
      AND a.first_login_at IS NULL AND EXISTS (${here})
      AND NOT EXISTS (${here} AND (w.open_key IS NOT NULL OR w.handed_at > ${cooled}))
    GROUP BY a.id`;
}

/** The account `a` is open, mail may go to its address, and one of its clients here is still to be told something. */
function reachable(practiceId: string): RawBuilder<unknown> {
  return sql`
    JOIN account_links l ON l.account_id = a.id AND l.practice_id = ${practiceId}
    JOIN pims_clients c ON c.practice_id = l.practice_id AND c.pims_id = l.client_pims_id
      AND (c.verdict = 'invite' OR c.reason = 'has-account')
    LEFT JOIN suppressions s ON s.email_key = a.email_key
    WHERE a.closed_at IS NULL AND s.email_key IS NULL`;
}

/** To how many people "send what never went" would send a mail now. */
export async function countUnsent(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
): Promise<number> {
  const { people } = unsent(allowed.require(practiceId));
  const { rows } = await sql<{ n: number }>`SELECT COUNT(DISTINCT a.id) AS n FROM ${people}`.execute(db);
  return Number(rows[0]?.n ?? 0);
}

export interface RestAsked {
  practiceId: string;
  rest: Rest;
  coolDownMinutes: number;
  askedBy: string;
}

/**
 * Owes their mails, as a wave. Call it in a transaction that holds the practice's row: who is among them is read and
 * written by one at a time.
 *
 * @returns the accounts of these people
 */
export async function oweRest(
  trx: DatabaseTransaction,
  { practiceId, rest, coolDownMinutes, askedBy }: RestAsked,
  newId: NewId,
  now: Date,
): Promise<string[]> {
  const cooled = new Date(now.getTime() - coolDownMinutes * 60_000);
  const people = rest === 'not-sent' ? unsentPeople(practiceId) : notLoggedIn(practiceId, cooled);
  const { rows } = await people.execute(trx);
  await insertMany(
    trx,
    'welcomes',
    rows.map(({ id, pims_id, kind }) => ({
      id: newId(),
      practice_id: practiceId,
      account_id: id,
      client_pims_id: pims_id,
      kind,
      state: 'owed' as const,
      asked_by: askedBy.slice(0, 200),
      due_at: now,
      created_at: now,
      changed_at: now,
      open_key: openKey(kind, id, practiceId),
    })),
    'ON DUPLICATE KEY UPDATE id = welcomes.id',
  );
  return rows.map(({ id }) => id);
}
