import { CompiledQuery } from 'kysely';
import { accessKinds, loginKinds, pausableKinds } from '../../domain/message/message-kinds.js';
import { literals } from './bulk.js';
import type { Database } from './database.js';

/**
 * A condition that must always hold, and the query that finds violations. Each row is one case, described by ids only.
 */
interface Invariant {
  code: string;
  /** The sentence that is true if the query finds nothing. */
  holds: string;
  /** The kind of record that the ids name. */
  names: 'accounts' | 'clients' | 'emails' | 'practices' | 'runs';
  /** The next step for an operator. */
  help: string;
  query: string;
}

export interface Finding {
  code: string;
  holds: string;
  names: Invariant['names'];
  help: string;
  /** Number of violations, at most 1,000. */
  count: number;
  /** The first few, as ids. */
  examples: string[];
}

const inFlight = 'INTERVAL 60 SECOND';
/** Selects a practice's last complete sync; `r` is the run. */
const lastDone = `r.id = (SELECT MAX(s.id) FROM sync_runs s
        WHERE s.practice_id = r.practice_id AND s.kind <> 'client' AND s.state = 'done')`;
const noRunOpen = `NOT EXISTS (SELECT 1 FROM sync_runs o WHERE o.practice_id = r.practice_id AND o.state IN ('reading', 'evaluating'))`;
const report = 'Stop the workers, keep a copy of the database, and report it with these ids.';

const invariants: readonly Invariant[] = [
  {
    code: 'credential-kept-after-first-login',
    holds: 'No temporary password is kept after its pet parent has logged in.',
    names: 'accounts',
    help: 'Check that a worker serves the queue "accounts"; its sweep clears the rest within a minute.',
    query: `SELECT c.account_id AS id FROM temporary_credentials c JOIN accounts a ON a.id = c.account_id
      WHERE c.key_id IS NOT NULL AND a.first_login_at < UTC_TIMESTAMP(3) - ${inFlight}`,
  },
  {
    code: 'credential-kept-though-cleared',
    holds: 'No sealed bytes are left of a cleared temporary password.',
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
    holds: 'No two accounts have the same address.',
    names: 'accounts',
    help: report,
    query: `SELECT MIN(id) AS id FROM accounts WHERE closed_at IS NULL GROUP BY LOWER(email) HAVING COUNT(*) > 1`,
  },
  {
    code: 'client-lost',
    holds: 'Every client that the last complete sync of a practice read is stored.',
    names: 'practices',
    help: 'Run "pims-sync sync <practice>". If the problem persists, stop the workers and report it.',
    // The sync counts the clients that it left out; people erased since then have a row with that time.
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
    holds: 'Every client that the last complete sync of a practice did not see is marked as missing.',
    names: 'practices',
    help: 'Run "pims-sync sync <practice>", which marks clients that the PIMS does not have as missing. If the problem persists, report it.',
    // The sync saw every client that has not changed since it began, as unchanged; it would have marked others as
    // missing.
    query: `SELECT r.practice_id AS id FROM sync_runs r
      WHERE ${lastDone}
        AND (SELECT COUNT(*) FROM pims_clients c
              WHERE c.practice_id = r.practice_id AND c.missing_since IS NULL AND c.changed_at < r.started_at)
          > CAST(JSON_VALUE(r.counts, '$.unchanged') AS SIGNED) + CAST(JSON_VALUE(r.counts, '$.conflicts') AS SIGNED)
            + CAST(JSON_VALUE(r.counts, '$.unreadable') AS SIGNED)
        AND ${noRunOpen}`,
  },
  {
    code: 'client-not-evaluated',
    holds: 'Every new, changed or missing client is evaluated within an hour of the sync that saw the change.',
    names: 'clients',
    help: 'Check that a worker serves the queue "pims" and that the configuration names the practice, then run "pims-sync dead-letters list".',
    // Clients that need evaluation for another reason have no timestamp for it; the sweep enqueues them every minute.
    query: `SELECT CONCAT(c.practice_id, '/', c.pims_id) AS id FROM pims_clients c
      JOIN sync_runs r ON r.practice_id = c.practice_id
      WHERE c.needs_evaluation = 1 AND ${lastDone} AND ${noRunOpen}
        AND r.finished_at < UTC_TIMESTAMP(3) - INTERVAL 1 HOUR
        AND GREATEST(c.changed_at, COALESCE(c.missing_since, c.changed_at)) <= r.finished_at
        AND (c.decided_at IS NULL OR c.decided_at <= GREATEST(c.changed_at, COALESCE(c.missing_since, c.changed_at)))`,
  },
  {
    code: 'death-undone-unconfirmed',
    holds: 'No pet that the PIMS had listed as dead counts as living before staff confirm it.',
    names: 'clients',
    help: 'Run "pims-sync sync <practice> --full". If the problem persists, report it.',
    query: `SELECT DISTINCT CONCAT(f.practice_id, '/', f.client_pims_id) AS id FROM undone_facts f
      JOIN pims_pets p ON p.practice_id = f.practice_id AND p.client_pims_id = f.client_pims_id
        AND p.pims_id = f.subject
      WHERE f.kind = 'pet-died' AND p.status = 'active' AND p.died_on IS NULL`,
  },
  {
    code: 'link-without-end',
    holds: 'Every link connects an existing client to an existing account.',
    names: 'clients',
    help: report,
    query: `SELECT CONCAT(l.practice_id, '/', l.client_pims_id) AS id FROM account_links l
      LEFT JOIN accounts a ON a.id = l.account_id
      LEFT JOIN pims_clients c ON c.practice_id = l.practice_id AND c.pims_id = l.client_pims_id
      WHERE a.id IS NULL OR c.pims_id IS NULL`,
  },
  {
    code: 'invited-without-account',
    holds: 'Every invited client of a practice with an approved plan has an account.',
    names: 'clients',
    help: 'Run "pims-sync sync <practice> --full", which evaluates every client again. If the problem persists, report it.',
    query: `SELECT CONCAT(c.practice_id, '/', c.pims_id) AS id FROM pims_clients c
      LEFT JOIN account_links l ON l.practice_id = c.practice_id AND l.client_pims_id = c.pims_id
      WHERE c.verdict = 'invite' AND c.needs_evaluation = 0 AND l.account_id IS NULL
        AND EXISTS (SELECT 1 FROM account_links o WHERE o.practice_id = c.practice_id)`,
  },
  {
    code: 'welcome-forgotten',
    holds: 'Every account without a first login has a Welcome Email or another email with the login.',
    names: 'accounts',
    help: 'Send it from the pet parent’s page: "Send the Welcome Email again". Then report it.',
    query: `SELECT a.id FROM accounts a
      LEFT JOIN messages w ON w.account_id = a.id AND w.kind IN (${literals(accessKinds)})
      WHERE a.first_login_at IS NULL AND a.closed_at IS NULL AND w.id IS NULL`,
  },
  {
    code: 'welcome-twice',
    holds: 'No account gets the Welcome Email of one practice twice unless a person requested it.',
    names: 'emails',
    help: report,
    query: `SELECT MIN(w.id) AS id FROM messages w
      WHERE w.kind = 'welcome' AND w.requested_by IS NULL AND w.superseded = 0
        AND w.state IN ('accepted', 'delivered', 'delayed', 'bounced', 'complained')
      GROUP BY w.account_id, w.practice_id HAVING COUNT(*) > 1`,
  },
  {
    code: 'welcome-without-password',
    holds: 'Every queued Welcome Email has a temporary password.',
    names: 'emails',
    help: 'Send it again from the pet parent’s page, which makes a new password. Then report it.',
    query: `SELECT w.id FROM messages w JOIN accounts a ON a.id = w.account_id
      LEFT JOIN temporary_credentials c ON c.account_id = w.account_id
      WHERE w.kind IN (${literals(loginKinds)}) AND w.state = 'queued' AND a.first_login_at IS NULL
        AND a.closed_at IS NULL AND c.key_id IS NULL`,
  },
  {
    code: 'attempt-after-acceptance',
    holds: 'No email is sent to SES again after SES accepted it.',
    names: 'emails',
    help: report,
    query: `SELECT message_id AS id FROM send_attempts WHERE ses_message_id IS NOT NULL
      GROUP BY message_id HAVING COUNT(*) > 1`,
  },
  {
    code: 'email-left-in-sending',
    holds: 'No email stays in the status sending for more than 15 minutes.',
    names: 'emails',
    help: 'Check that a worker serves the queue "accounts"; its sweep marks such an email as uncertain within a minute.',
    query: `SELECT id FROM messages WHERE state = 'sending' AND changed_at < UTC_TIMESTAMP(3) - INTERVAL 15 MINUTE`,
  },
  {
    code: 'email-overdue',
    holds: 'No email is overdue by more than three days without a reason to wait.',
    names: 'emails',
    help: 'Check that a worker serves the queue "mail" and that the configuration names the practice; its Email Marketing page shows what an email waits for.',
    // Valid reasons to wait: the practice is paused or in its rollout, its data is old, SES refuses the account, or the
    // daily quota is used up.
    query: `SELECT w.id FROM messages w JOIN practices p ON p.id = w.practice_id
      LEFT JOIN fair_queue t ON t.practice_id = w.practice_id
      WHERE w.state = 'queued' AND w.due_at < UTC_TIMESTAMP(3) - INTERVAL 3 DAY
        AND (p.email_paused_at IS NULL OR w.kind NOT IN (${literals(pausableKinds)}))
        AND (t.watch_until IS NULL OR t.watch_until < UTC_TIMESTAMP(3) OR w.urgent = 1)
        AND (w.urgent = 1 OR EXISTS (SELECT 1 FROM sync_runs r WHERE r.practice_id = w.practice_id AND r.kind <> 'client'
              AND r.state = 'done' AND r.started_at > UTC_TIMESTAMP(3) - INTERVAL 36 HOUR))
        AND NOT EXISTS (SELECT 1 FROM email_sending l
              WHERE l.stopped_at IS NOT NULL OR l.quota_sent >= 0.9 * l.quota_24_hours)`,
  },
  {
    code: 'run-left-open',
    holds: 'No sync run makes no progress for ten minutes or stays queued for six hours.',
    names: 'runs',
    help: 'Check that a worker serves the queue "pims", and search its log for the run’s id.',
    // In the nightly sync of a thousand practices the last ones wait for hours; that is normal.
    query: `SELECT id FROM sync_runs
      WHERE (state IN ('reading', 'evaluating') AND COALESCE(progressed_at, requested_at) < UTC_TIMESTAMP(3) - INTERVAL 10 MINUTE)
        OR (state = 'queued' AND requested_at < UTC_TIMESTAMP(3) - INTERVAL 6 HOUR)`,
  },
];

/** Checks all invariants; reads only. Empty `examples` everywhere mean that all hold. */
export async function checkInvariants(db: Database): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { query, ...told } of invariants) {
    const { rows } = await db.executeQuery<{ id: string }>(CompiledQuery.raw(`${query} LIMIT 1000`));
    findings.push({ ...told, count: rows.length, examples: rows.slice(0, 5).map(({ id }) => id) });
  }
  return findings;
}
