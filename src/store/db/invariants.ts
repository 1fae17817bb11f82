import { CompiledQuery } from 'kysely';
import type { Database } from './database.js';

/** Something that must never be true, and the query that finds it. Each row is one case, told by ids only. */
interface Invariant {
  code: string;
  /** What holds when nothing is found. */
  holds: string;
  /** What the ids name, and so where to look. */
  names: 'accounts' | 'clients' | 'mails' | 'practices' | 'runs';
  /** What an operator does about it. */
  help: string;
  query: string;
}

export interface Finding {
  code: string;
  holds: string;
  names: Invariant['names'];
  help: string;
  /** How many cases break it, at most 1,000. */
  count: number;
  /** The first few, as ids. */
  examples: string[];
}

const inFlight = 'INTERVAL 60 SECOND';
/** A practice's last complete sync; `r` is the run. */
const lastDone = `r.id = (SELECT MAX(s.id) FROM sync_runs s
        WHERE s.practice_id = r.practice_id AND s.kind <> 'client' AND s.state = 'done')`;
const noRunOpen = `NOT EXISTS (SELECT 1 FROM sync_runs o WHERE o.practice_id = r.practice_id AND o.state IN ('reading', 'evaluating'))`;
const report = 'Stop the workers, keep a copy of the database, and report it with these ids.';

const invariants: readonly Invariant[] = [
  {
    code: 'credential-alive-after-first-login',
    holds: 'No temporary password is kept for anyone who has logged in.',
    names: 'accounts',
    help: 'See that a worker serves the queue "accounts"; its sweep destroys what is left within a minute.',
    query: `SELECT c.account_id AS id FROM temporary_credentials c JOIN accounts a ON a.id = c.account_id
      WHERE c.key_id IS NOT NULL AND a.first_login_at < UTC_TIMESTAMP(3) - ${inFlight}`,
  },
  {
    code: 'credential-kept-though-destroyed',
    holds: 'Nothing is left of a temporary password that was destroyed.',
    names: 'accounts',
    help: report,
    query: `SELECT account_id AS id FROM temporary_credentials
      WHERE cleared_at IS NOT NULL AND (sealed IS NOT NULL OR key_id IS NOT NULL)`,
  },
  {
    code: 'credential-without-account',
    holds: 'Every temporary password belongs to an account.',
    names: 'accounts',
    help: report,
    query: `SELECT c.account_id AS id FROM temporary_credentials c LEFT JOIN accounts a ON a.id = c.account_id
      WHERE a.id IS NULL`,
  },
  {
    code: 'account-twice',
    holds: 'No two accounts have one address.',
    names: 'accounts',
    help: report,
    query: `SELECT MIN(id) AS id FROM accounts WHERE closed_at IS NULL GROUP BY LOWER(email) HAVING COUNT(*) > 1`,
  },
  {
    code: 'client-lost',
    holds: 'Every client that a practice’s last complete sync read is kept.',
    names: 'practices',
    help: 'Run "pims-sync sync <practice>". If it stays so, stop the workers and report it.',
    // Who the sync left out it has counted; who was erased since then has a mark of that time.
    query: `SELECT r.practice_id AS id FROM sync_runs r
      WHERE ${lastDone}
        AND CAST(JSON_VALUE(r.counts, '$.read') AS SIGNED) - COALESCE(CAST(JSON_VALUE(r.counts, '$.leftOut') AS SIGNED), 0) >
          (SELECT COUNT(*) FROM pims_clients c WHERE c.practice_id = r.practice_id
            AND (c.missing_since IS NULL OR c.missing_since >= r.started_at))
          + (SELECT COUNT(*) FROM erased_people e WHERE e.practice_id = r.practice_id AND e.erased_at >= r.started_at)
        AND ${noRunOpen}`,
  },
  {
    code: 'client-not-in-pims',
    holds: 'Nobody is kept as a client who a practice’s last complete sync did not meet.',
    names: 'practices',
    help: 'Run "pims-sync sync <practice>", which marks as gone who the PIMS does not have. If it stays so, report it.',
    // Whoever stands as before that sync began was met by it, unchanged, and else it would have marked them as gone.
    query: `SELECT r.practice_id AS id FROM sync_runs r
      WHERE ${lastDone}
        AND (SELECT COUNT(*) FROM pims_clients c
              WHERE c.practice_id = r.practice_id AND c.missing_since IS NULL AND c.changed_at < r.started_at)
          > CAST(JSON_VALUE(r.counts, '$.unchanged') AS SIGNED) + CAST(JSON_VALUE(r.counts, '$.conflicts') AS SIGNED)
            + CAST(JSON_VALUE(r.counts, '$.unreadable') AS SIGNED)
        AND ${noRunOpen}`,
  },
  {
    code: 'client-undecided',
    holds: 'Everyone who is new, changed or gone is decided within an hour of the sync that saw it.',
    names: 'clients',
    help: 'See that a worker serves the queue "pims", that the configuration names the practice, and what "pims-sync dead-letters list" says.',
    // Who is to be decided again for another reason has no time of its own; the sweep asks for them each minute.
    query: `SELECT CONCAT(c.practice_id, '/', c.pims_id) AS id FROM pims_clients c
      JOIN sync_runs r ON r.practice_id = c.practice_id
      WHERE c.needs_evaluation = 1 AND ${lastDone} AND ${noRunOpen}
        AND r.finished_at < UTC_TIMESTAMP(3) - INTERVAL 1 HOUR
        AND GREATEST(c.changed_at, COALESCE(c.missing_since, c.changed_at)) <= r.finished_at
        AND (c.decided_at IS NULL OR c.decided_at <= GREATEST(c.changed_at, COALESCE(c.missing_since, c.changed_at)))`,
  },
  {
    code: 'death-undone-unconfirmed',
    holds: 'No pet that the PIMS had listed as dead counts as living before staff confirmed it.',
    names: 'clients',
    help: 'Run "pims-sync sync <practice> --full". If it stays so, report it.',
    query: `SELECT DISTINCT CONCAT(f.practice_id, '/', f.client_pims_id) AS id FROM undone_facts f
      JOIN pims_pets p ON p.practice_id = f.practice_id AND p.client_pims_id = f.client_pims_id
        AND p.pims_id = f.subject
      WHERE f.kind = 'pet-died' AND p.status = 'active' AND p.died_on IS NULL`,
  },
  {
    code: 'link-without-end',
    holds: 'Every link joins a client that was seen to an account that exists.',
    names: 'clients',
    help: report,
    query: `SELECT CONCAT(l.practice_id, '/', l.client_pims_id) AS id FROM account_links l
      LEFT JOIN accounts a ON a.id = l.account_id
      LEFT JOIN pims_clients c ON c.practice_id = l.practice_id AND c.pims_id = l.client_pims_id
      WHERE a.id IS NULL OR c.pims_id IS NULL`,
  },
  {
    code: 'invited-without-account',
    holds: 'Everyone who is invited, at a practice whose plan was approved, has an account.',
    names: 'clients',
    help: 'Run "pims-sync sync <practice> --full", which decides everyone again. If it stays so, report it.',
    query: `SELECT CONCAT(c.practice_id, '/', c.pims_id) AS id FROM pims_clients c
      LEFT JOIN account_links l ON l.practice_id = c.practice_id AND l.client_pims_id = c.pims_id
      WHERE c.verdict = 'invite' AND c.needs_evaluation = 0 AND l.account_id IS NULL
        AND EXISTS (SELECT 1 FROM account_links o WHERE o.practice_id = c.practice_id)`,
  },
  {
    code: 'welcome-forgotten',
    holds: 'Every account that nobody has logged in to was offered a Welcome Email.',
    names: 'accounts',
    help: 'Send it from the pet parent’s page: "Send the Welcome Email again". Then report it.',
    query: `SELECT a.id FROM accounts a
      LEFT JOIN messages w ON w.account_id = a.id AND w.kind IN ('welcome', 'new-temporary-password', 'password-reset')
      WHERE a.first_login_at IS NULL AND a.closed_at IS NULL AND w.id IS NULL`,
  },
  {
    code: 'welcome-twice',
    holds: 'Nobody was sent the Welcome Email of one practice twice but by a person.',
    names: 'mails',
    help: report,
    query: `SELECT MIN(w.id) AS id FROM messages w
      WHERE w.kind = 'welcome' AND w.requested_by IS NULL AND w.superseded = 0
        AND w.state IN ('accepted', 'delivered', 'delayed', 'bounced', 'complained')
      GROUP BY w.account_id, w.practice_id HAVING COUNT(*) > 1`,
  },
  {
    code: 'welcome-without-password',
    holds: 'Every Welcome Email that is still to go has a temporary password to tell.',
    names: 'mails',
    help: 'Send it again from the pet parent’s page, which makes a new password. Then report it.',
    query: `SELECT w.id FROM messages w JOIN accounts a ON a.id = w.account_id
      LEFT JOIN temporary_credentials c ON c.account_id = w.account_id
      WHERE w.kind IN ('welcome', 'new-temporary-password') AND w.state = 'queued' AND a.first_login_at IS NULL
        AND a.closed_at IS NULL AND c.key_id IS NULL`,
  },
  {
    code: 'attempt-after-acceptance',
    holds: 'No mail was handed to SES again after SES had accepted it.',
    names: 'mails',
    help: report,
    query: `SELECT message_id AS id FROM send_attempts WHERE ses_message_id IS NOT NULL
      GROUP BY message_id HAVING COUNT(*) > 1`,
  },
  {
    code: 'mail-left-in-hand-over',
    holds: 'No mail stays between us and SES for more than a quarter of an hour.',
    names: 'mails',
    help: 'See that a worker serves the queue "accounts"; its sweep lists such an email as uncertain within a minute.',
    query: `SELECT id FROM messages WHERE state = 'sending' AND changed_at < UTC_TIMESTAMP(3) - INTERVAL 15 MINUTE`,
  },
  {
    code: 'mail-owed-for-days',
    holds: 'No mail is due for more than three days without a reason to wait.',
    names: 'mails',
    help: 'See that a worker serves the queue "mail" and that the configuration names the practice; its Email Marketing page says what an email waits for.',
    // The reasons: the practice is paused or watched in its careful first campaign, its data are old, SES refuses us, or its
    // day is used up.
    query: `SELECT w.id FROM messages w JOIN practices p ON p.id = w.practice_id
      LEFT JOIN fair_queue t ON t.practice_id = w.practice_id
      WHERE w.state = 'queued' AND w.due_at < UTC_TIMESTAMP(3) - INTERVAL 3 DAY
        AND (p.email_paused_at IS NULL OR w.kind = 'password-reset')
        AND (t.watch_until IS NULL OR t.watch_until < UTC_TIMESTAMP(3) OR w.urgent = 1)
        AND (w.urgent = 1 OR EXISTS (SELECT 1 FROM sync_runs r WHERE r.practice_id = w.practice_id AND r.kind <> 'client'
              AND r.state = 'done' AND r.started_at > UTC_TIMESTAMP(3) - INTERVAL 36 HOUR))
        AND NOT EXISTS (SELECT 1 FROM email_sending l
              WHERE l.stopped_at IS NOT NULL OR l.quota_sent >= 0.9 * l.quota_24_hours)`,
  },
  {
    code: 'run-left-open',
    holds: 'No sync run stands still for more than ten minutes, nor waits for six hours.',
    names: 'runs',
    help: 'See that a worker serves the queue "pims", and look at its log for the run’s id.',
    // In the night of a thousand practices the last of them wait for hours, and nothing is wrong.
    query: `SELECT id FROM sync_runs
      WHERE (state IN ('reading', 'evaluating') AND COALESCE(progressed_at, requested_at) < UTC_TIMESTAMP(3) - INTERVAL 10 MINUTE)
        OR (state = 'queued' AND requested_at < UTC_TIMESTAMP(3) - INTERVAL 6 HOUR)`,
  },
];

/** Checks all of them; reads only. An empty `examples` everywhere means that everything holds. */
export async function checkInvariants(db: Database): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { query, ...told } of invariants) {
    const { rows } = await db.executeQuery<{ id: string }>(CompiledQuery.raw(`${query} LIMIT 1000`));
    findings.push({ ...told, count: rows.length, examples: rows.slice(0, 5).map(({ id }) => id) });
  }
  return findings;
}
