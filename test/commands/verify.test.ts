import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Secret } from '../../src/lib/secret.js';
import { openDatabase, type Database } from '../../src/store/db/database.js';
import { checkInvariants } from '../../src/store/db/invariants.js';
import { answer, openClinic, practiceId, type Clinic } from '../support/clinic.js';

// Each test starts processes, so it needs a long timeout on a machine that runs other tests too.
jest.setTimeout(120_000);

interface Person {
  account: string;
  client: string;
  welcome: string;
}

/** Breaks one rule for a person, and returns the id that verify should name. */
type Fault = (person: Person) => { id: string; statements: [sql: string, ...values: unknown[]][] };

const now = 'UTC_TIMESTAMP(3)';
/** A practice for this test, with a sync of long ago. */
const quiet = 'quiet-practice';
const quietClient = (client: {
  id: string;
  changedMinutesAgo: number;
  decidedMinutesAgo: number;
  needs_evaluation: 0 | 1;
}): [string, ...unknown[]] => [
  `INSERT INTO pims_clients (practice_id, pims_id, fingerprint, record, first_seen_at, changed_at, living, needs_evaluation, decided_at)
    VALUES (?, ?, REPEAT('x', 16), '{}', ${now} - INTERVAL ? MINUTE, ${now} - INTERVAL ? MINUTE, 0, ?, ${now} - INTERVAL ? MINUTE)`,
  quiet,
  client.id,
  client.changedMinutesAgo,
  client.changedMinutesAgo,
  client.needs_evaluation,
  client.decidedMinutesAgo,
];

const faults: Record<string, Fault> = {
  'credential-kept-after-first-login': ({ account }) => ({
    id: account,
    statements: [[`UPDATE accounts SET first_login_at = ${now} - INTERVAL 5 MINUTE WHERE id = ?`, account]],
  }),
  'credential-kept-though-cleared': ({ account }) => ({
    id: account,
    statements: [[`UPDATE temporary_credentials SET cleared_at = ${now} WHERE account_id = ?`, account]],
  }),
  'credential-without-account': () => ({
    id: 'nobody',
    statements: [
      [
        `INSERT INTO temporary_credentials (account_id, issuing_practice_id, issued_at, expires_at)
          VALUES ('nobody', 'elm-street', ${now}, ${now})`,
      ],
    ],
  }),
  'account-twice': ({ account }) => ({
    id: account,
    statements: [
      [
        `INSERT INTO accounts (id, email, email_key, first_login_at, created_at)
      SELECT 'zz-namesake', UPPER(email), CONCAT(email_key, '!'), ${now}, created_at FROM accounts WHERE id = ?`,
        account,
      ],
    ],
  }),
  'client-lost': () => ({
    id: practiceId,
    // It belongs to no client; otherwise the rules about accounts would be broken too.
    statements: [
      ["DELETE FROM pims_clients WHERE practice_id = ? AND verdict = 'skip' ORDER BY pims_id LIMIT 1", practiceId],
    ],
  }),
  'client-not-in-pims': () => ({
    id: quiet,
    statements: [
      [
        `INSERT INTO sync_runs (id, practice_id, kind, state, requested_at, started_at, finished_at, counts)
        VALUES ('quiet', ?, 'resync', 'done', ${now} - INTERVAL 180 MINUTE, ${now} - INTERVAL 180 MINUTE, ${now} - INTERVAL 120 MINUTE,
          '{"read":1,"new":1,"unchanged":0,"conflicts":0,"unreadable":0}')`,
        quiet,
      ],
      quietClient({ id: 'ghost', changedMinutesAgo: 200, decidedMinutesAgo: 190, needs_evaluation: 0 }),
    ],
  }),
  'client-not-evaluated': () => ({
    id: `${quiet}/left`,
    statements: [
      quietClient({ id: 'left', changedMinutesAgo: 150, decidedMinutesAgo: 151, needs_evaluation: 1 }),
      // Something else marked this one as needing evaluation, perhaps just now, so it is no fault.
      quietClient({ id: 'again', changedMinutesAgo: 150, decidedMinutesAgo: 100, needs_evaluation: 1 }),
    ],
  }),
  'death-undone-unconfirmed': () => ({
    id: `${quiet}/risen`,
    statements: [
      quietClient({ id: 'risen', changedMinutesAgo: 200, decidedMinutesAgo: 190, needs_evaluation: 0 }),
      [
        `INSERT INTO pims_pets (practice_id, client_pims_id, pims_id, species, sex, status, primary_owner)
        VALUES (?, 'risen', 'p1', 'dog', 'male', 'active', 1)`,
        quiet,
      ],
      [
        `INSERT INTO undone_facts (practice_id, client_pims_id, kind, subject, pending) VALUES (?, 'risen', 'pet-died', 'p1', 1)`,
        quiet,
      ],
    ],
  }),
  'link-without-end': ({ account }) => ({
    id: `${practiceId}/ghost`,
    statements: [
      [
        `INSERT INTO account_links (practice_id, client_pims_id, account_id, reason, sentence, made_by, linked_at)
      VALUES (?, 'ghost', ?, 'planted', '', 'test', ${now})`,
        practiceId,
        account,
      ],
    ],
  }),
  'invited-without-account': ({ client }) => ({
    id: `${practiceId}/${client}`,
    statements: [['DELETE FROM account_links WHERE practice_id = ? AND client_pims_id = ?', practiceId, client]],
  }),
  'welcome-forgotten': ({ account, welcome }) => ({
    id: account,
    statements: [['DELETE FROM messages WHERE id = ?', welcome]],
  }),
  'welcome-twice': ({ welcome }) => ({
    id: welcome,
    statements: [
      ["UPDATE messages SET state = 'delivered' WHERE id = ?", welcome],
      [
        `INSERT INTO messages (id, practice_id, account_id, kind, state, due_at, created_at, changed_at)
        SELECT 'zz-second', practice_id, account_id, kind, 'accepted', due_at, created_at, changed_at FROM messages WHERE id = ?`,
        welcome,
      ],
    ],
  }),
  'welcome-without-password': ({ account, welcome }) => ({
    id: welcome,
    statements: [['UPDATE temporary_credentials SET key_id = NULL, sealed = NULL WHERE account_id = ?', account]],
  }),
  'attempt-after-acceptance': ({ welcome }) => ({
    id: welcome,
    statements: [
      [
        `INSERT INTO send_attempts (id, message_id, number, claimed_at, ses_message_id)
      VALUES ('a1', ?, 1, ${now}, 'm1'), ('a2', ?, 2, ${now}, 'm2')`,
        welcome,
        welcome,
      ],
    ],
  }),
  'email-left-in-sending': ({ welcome }) => ({
    id: welcome,
    statements: [
      [`UPDATE messages SET state = 'sending', changed_at = ${now} - INTERVAL 20 MINUTE WHERE id = ?`, welcome],
    ],
  }),
  'email-overdue': ({ welcome }) => ({
    id: welcome,
    statements: [[`UPDATE messages SET due_at = ${now} - INTERVAL 4 DAY WHERE id = ?`, welcome]],
  }),
  'run-left-open': () => ({
    id: 'stuck',
    statements: [
      [
        `INSERT INTO sync_runs (id, practice_id, kind, state, active_practice, requested_at, counts)
      VALUES ('stuck', 'another-practice', 'resync', 'reading', 'another-practice', ${now} - INTERVAL 1 HOUR, '{}')`,
      ],
    ],
  }),
};

describe('pims-sync verify', () => {
  let clinic: Clinic;
  let db: Database;
  let people: Person[];
  beforeAll(async () => {
    clinic = await openClinic({ clients: 80 });
    db = openDatabase(new Secret(clinic.env['DATABASE_URL'] as string), 1);
    await answer(clinic, 'sync', practiceId);
    people = await clinic.rows<Person>(
      `SELECT a.id account, l.client_pims_id client, w.id welcome FROM accounts a JOIN account_links l ON l.account_id = a.id
         JOIN messages w ON w.account_id = a.id GROUP BY a.id HAVING COUNT(*) = 1 ORDER BY a.id LIMIT 20`,
    );
  });
  afterAll(async () => {
    await db?.destroy();
    await clinic?.close();
  });

  it('verify: detects a violation of each rule, and finds none after a sync', async () => {
    const clean = await answer(clinic, 'verify');
    expect(clean).toMatchObject({ holds: true });
    expect(Object.keys(faults)).toEqual(clean.findings.map(({ code }: { code: string }) => code));
  });

  // Breaks one rule after the other for different people: each adds exactly one finding.
  const planted: Record<string, string> = {};
  it.each(Object.keys(faults).map((code, at) => [code, at] as const))('finds %s', async (code, at) => {
    const { id, statements } = (faults[code] as Fault)(people[at] as Person);
    for (const [statement, ...values] of statements) await clinic.rows(statement, values);
    planted[code] = id;
    const found = (await checkInvariants(db)).filter(({ count }) => count > 0);
    expect(Object.fromEntries(found.map((one) => [one.code, one.examples]))).toEqual(
      Object.fromEntries(Object.entries(planted).map(([name, example]) => [name, [example]])),
    );
  });

  it('verify: gives finding, place and next step as text and as JSON', async () => {
    const told = await clinic.run('verify');
    expect(told.code).toBe(1);
    expect(told.err).toContain('(invariants-broken)');
    for (const [code, id] of Object.entries(planted))
      expect(told.out).toMatch(new RegExp(`^FAIL .*\\n +1 case \\(${code}\\); \\w+: ${id}\\n +\\S.*\\.$`, 'm'));
    expect(told.out).not.toMatch(/^ {2}ok/m);
    const { holds, findings } = JSON.parse((await clinic.run('verify', '--json')).out);
    expect(holds).toBe(false);
    expect(findings).toHaveLength(Object.keys(faults).length);
  });
});
