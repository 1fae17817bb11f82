import { CompiledQuery } from 'kysely';
import type { Database } from './database.js';

/** Something that must never be true, and the query that finds it. Each row is one case, told by ids only. */
interface Invariant {
  code: string;
  /** What holds when nothing is found. */
  holds: string;
  query: string;
}

export interface Finding {
  code: string;
  holds: string;
  /** How many cases break it, at most 1,000. */
  count: number;
  /** The first few, as ids. */
  examples: string[];
}

const inFlight = 'INTERVAL 60 SECOND';

const invariants: readonly Invariant[] = [
  {
    code: 'credential-alive-after-first-login',
    holds: 'No temporary password is kept for anyone who has logged in.',
    query: `SELECT c.account_id AS id FROM temporary_credentials c JOIN accounts a ON a.id = c.account_id
      WHERE c.key_id IS NOT NULL AND a.first_login_at < UTC_TIMESTAMP(3) - ${inFlight}`,
  },
  {
    code: 'credential-without-account',
    holds: 'Every temporary password belongs to an account.',
    query: `SELECT c.account_id AS id FROM temporary_credentials c LEFT JOIN accounts a ON a.id = c.account_id
      WHERE a.id IS NULL`,
  },
  {
    code: 'account-twice',
    holds: 'No two accounts have one address.',
    query: `SELECT MIN(id) AS id FROM accounts WHERE closed_at IS NULL GROUP BY LOWER(email) HAVING COUNT(*) > 1`,
  },
  {
    code: 'link-without-end',
    holds: 'Every link joins a client that was seen to an account that exists.',
    query: `SELECT CONCAT(l.practice_id, '/', l.client_pims_id) AS id FROM account_links l
      LEFT JOIN accounts a ON a.id = l.account_id
      LEFT JOIN pims_clients c ON c.practice_id = l.practice_id AND c.pims_id = l.client_pims_id
      WHERE a.id IS NULL OR c.pims_id IS NULL`,
  },
  {
    code: 'invited-without-account',
    holds: 'Everyone who is invited, at a practice whose plan was approved, has an account.',
    query: `SELECT CONCAT(c.practice_id, '/', c.pims_id) AS id FROM pims_clients c
      LEFT JOIN account_links l ON l.practice_id = c.practice_id AND l.client_pims_id = c.pims_id
      WHERE c.verdict = 'invite' AND c.undecided = 0 AND l.account_id IS NULL
        AND EXISTS (SELECT 1 FROM account_links o WHERE o.practice_id = c.practice_id)`,
  },
  {
    code: 'welcome-forgotten',
    holds: 'Every account that nobody has logged in to was offered a Welcome Email.',
    query: `SELECT a.id FROM accounts a
      LEFT JOIN welcomes w ON w.account_id = a.id AND w.kind IN ('welcome', 'fresh-password', 'password-reset')
      WHERE a.first_login_at IS NULL AND a.closed_at IS NULL AND w.id IS NULL`,
  },
  {
    code: 'welcome-twice',
    holds: 'Nobody was sent the Welcome Email of one practice twice but by a person.',
    query: `SELECT MIN(w.id) AS id FROM welcomes w
      WHERE w.kind = 'welcome' AND w.asked_by IS NULL AND w.superseded = 0
        AND w.state IN ('accepted', 'delivered', 'delayed', 'bounced', 'complained')
      GROUP BY w.account_id, w.practice_id HAVING COUNT(*) > 1`,
  },
  {
    code: 'attempt-after-acceptance',
    holds: 'No mail was handed to SES again after SES had accepted it.',
    query: `SELECT welcome_id AS id FROM send_attempts WHERE ses_message_id IS NOT NULL
      GROUP BY welcome_id HAVING COUNT(*) > 1`,
  },
  {
    code: 'run-left-open',
    holds: 'No sync run stands still for more than ten minutes.',
    query: `SELECT id FROM sync_runs WHERE state IN ('queued', 'reading', 'settling')
      AND COALESCE(progressed_at, requested_at) < UTC_TIMESTAMP(3) - INTERVAL 10 MINUTE`,
  },
];

/** Checks all of them; reads only. An empty `examples` everywhere means that everything holds. */
export async function checkInvariants(db: Database): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { code, holds, query } of invariants) {
    const { rows } = await db.executeQuery<{ id: string }>(CompiledQuery.raw(`${query} LIMIT 1000`));
    findings.push({ code, holds, count: rows.length, examples: rows.slice(0, 5).map(({ id }) => id) });
  }
  return findings;
}
