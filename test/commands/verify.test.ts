import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { answer, openClinic, practiceId, type Clinic } from '../support/clinic.js';

// Each chapter starts processes; a machine that is busy with other tests needs its time.
jest.setTimeout(120_000);

interface Person {
  account: string;
  client: string;
  welcome: string;
}

describe('verify', () => {
  let clinic: Clinic;
  beforeAll(async () => {
    clinic = await openClinic({ clients: 60 });
    await answer(clinic, 'sync', practiceId);
  });
  afterAll(() => clinic?.close());

  it('finds every fault that is planted, and names it', async () => {
    const clean = await answer(clinic, 'verify');
    expect(clean).toMatchObject({ holds: true });
    const planted = await plantFaults(clinic);
    expect(Object.keys(planted).sort()).toEqual(clean.findings.map(({ code }: { code: string }) => code).sort());

    const found = await clinic.run('verify', '--json');
    expect(found.code).toBe(1);
    expect(found.err).toContain('(invariants-broken)');
    const { holds, findings } = JSON.parse(found.out);
    expect(holds).toBe(false);
    for (const { code, count, examples } of findings) expect({ code, count, examples }).toEqual({ code, count: 1, examples: [planted[code]] });
    const { out } = await clinic.run('verify');
    for (const code of Object.keys(planted)) expect(out).toMatch(new RegExp(`^FAIL .*\\n +1 cases \\(${code}\\), such as \\S+$`, 'm'));
  }); // prettier-ignore
});

/** Breaks each rule once, for different people. @returns the id that verify should name, by the rule's code */
async function plantFaults(clinic: Clinic): Promise<Record<string, string>> {
  const people = await clinic.rows<Person>(
    `SELECT a.id account, l.client_pims_id client, w.id welcome FROM accounts a JOIN account_links l ON l.account_id = a.id
       JOIN welcomes w ON w.account_id = a.id GROUP BY a.id HAVING COUNT(*) = 1 ORDER BY a.id LIMIT 6`,
  );
  const [late, forgotten, unlinked, mailed, sent, namesake] = people as [
    Person,
    Person,
    Person,
    Person,
    Person,
    Person,
  ];
  const plant = (sql: string, ...values: unknown[]) => clinic.rows(sql, values);
  await plant(
    'UPDATE accounts SET first_login_at = UTC_TIMESTAMP(3) - INTERVAL 5 MINUTE WHERE id = ?',
    late.account,
  );
  await plant(
    "INSERT INTO temporary_credentials (account_id, issued_at, expires_at) VALUES ('nobody', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))",
  );
  await plant(
    `INSERT INTO accounts (id, email, email_key, first_login_at, created_at)
     SELECT 'zz-namesake', UPPER(email), CONCAT(email_key, '!'), UTC_TIMESTAMP(3), created_at FROM accounts WHERE id = ?`,
    namesake.account,
  );
  await plant(
    `INSERT INTO account_links (practice_id, client_pims_id, account_id, reason, sentence, made_by, linked_at)
     VALUES (?, 'ghost', ?, 'planted', '', 'test', UTC_TIMESTAMP(3))`,
    practiceId,
    late.account,
  );
  await plant(
    'DELETE FROM account_links WHERE practice_id = ? AND client_pims_id = ?',
    practiceId,
    unlinked.client,
  );
  await plant('DELETE FROM welcomes WHERE id = ?', forgotten.welcome);
  await plant("UPDATE welcomes SET state = 'delivered' WHERE id = ?", mailed.welcome);
  await plant(
    `INSERT INTO welcomes (id, practice_id, account_id, kind, state, due_at, created_at, changed_at)
     SELECT 'zz-second', practice_id, account_id, kind, 'accepted', due_at, created_at, changed_at FROM welcomes WHERE id = ?`,
    mailed.welcome,
  );
  await plant(
    `INSERT INTO send_attempts (id, welcome_id, number, claimed_at, ses_message_id)
     VALUES ('a1', ?, 1, UTC_TIMESTAMP(3), 'm1'), ('a2', ?, 2, UTC_TIMESTAMP(3), 'm2')`,
    sent.welcome,
    sent.welcome,
  );
  await plant(
    `INSERT INTO sync_runs (id, practice_id, kind, state, active_practice, requested_at, counts)
     VALUES ('stuck', ?, 'resync', 'reading', ?, UTC_TIMESTAMP(3) - INTERVAL 1 HOUR, '{}')`,
    practiceId,
    practiceId,
  );
  return {
    'credential-alive-after-first-login': late.account,
    'credential-without-account': 'nobody',
    'account-twice': namesake.account,
    'link-without-end': `${practiceId}/ghost`,
    'invited-without-account': `${practiceId}/${unlinked.client}`,
    'welcome-forgotten': forgotten.account,
    'welcome-twice': mailed.welcome,
    'attempt-after-acceptance': sent.welcome,
    'run-left-open': 'stuck',
  };
}
