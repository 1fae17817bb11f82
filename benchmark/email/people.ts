import { randomBytes } from 'node:crypto';
import type { NewId } from '../../src/lib/ids.js';
import type { Credentials } from '../../src/store/accounts/credentials.js';
import { insertMany, type Database } from '../../src/store/db/database.js';
import { openKey } from '../../src/store/messages/urgent-messages.js';

/** Pet parents who can get a Welcome Email: one client, two pets and a temporary password each. */
export interface People {
  practiceId: string;
  accountIds: string[];
}

export interface PeopleDeps {
  db: Database;
  newId: NewId;
  credentials: Credentials;
}

const firstNames = ['Margaret', 'José', 'Kim', 'Olufemi', 'Anna', 'Zoë'];
const lastNames = ['Whitfield', 'García', 'Nguyen', 'Adeyemi', "O'Hara", 'Łukasik'];
const petNames = ['Bella', 'Max', 'Luna', 'Sir Barks-a-Lot', 'Mitzi'];

/** Email domain of a practice's pet parents; the SES endpoint counts by it. */
export const domainOf = (practiceId: string): string => `${practiceId}.example`;

export async function makePeople(
  { db, newId, credentials }: PeopleDeps,
  practiceId: string,
  count: number,
): Promise<People> {
  const now = new Date();
  const accountIds = Array.from({ length: count }, newId);
  const address = (n: number) => `parent.${n}@${domainOf(practiceId)}`;
  const first = (n: number) => firstNames[n % firstNames.length] as string;
  const last = (n: number) => lastNames[Math.floor(n / 7) % lastNames.length] as string;
  await insertMany(
    db,
    'accounts',
    accountIds.map((id, n) => ({
      id,
      email: address(n),
      email_key: address(n),
      first_name: first(n),
      last_name: last(n),
      created_at: now,
    })),
  );
  await insertMany(
    db,
    'pims_clients',
    accountIds.map((_, n) => ({
      practice_id: practiceId,
      pims_id: `c${n}`,
      fingerprint: randomBytes(16),
      display_id: String(n),
      first_name: first(n),
      last_name: last(n),
      email_key: address(n),
      record: '{}',
      first_seen_at: now,
      changed_at: now,
      living: 1,
      needs_evaluation: 0,
      verdict: 'invite' as const,
      reason: 'eligible' as const,
      decided_at: now,
    })) as never,
  );
  await insertMany(
    db,
    'pims_pets',
    accountIds.flatMap((_, n) =>
      [0, 1].map((at) => ({
        practice_id: practiceId,
        client_pims_id: `c${n}`,
        pims_id: `p${n}-${at}`,
        name: petNames[(n + at) % petNames.length] as string,
        species: 'dog',
        sex: 'female' as const,
        died_on: null,
        status: 'active' as const,
        primary_owner: 1,
      })),
    ),
  );
  await insertMany(
    db,
    'account_links',
    accountIds.map((id, n) => ({
      practice_id: practiceId,
      client_pims_id: `c${n}`,
      account_id: id,
      reason: 'new-account' as const,
      sentence: 'made',
      made_by: 'rule' as const,
      linked_at: now,
    })),
  );
  for (let at = 0; at < count; at += 1000) {
    const some = accountIds.slice(at, at + 1000);
    await credentials.issueMany(
      db,
      some.map((accountId) => ({ accountId, practiceId, days: 30 })),
    );
  }
  return { practiceId, accountIds };
}

/** Queues a Welcome Email for each of the first `count` pet parents, as a campaign. */
export async function queueMessages(
  { db, newId }: Pick<PeopleDeps, 'db' | 'newId'>,
  { practiceId, accountIds }: People,
  count: number,
): Promise<void> {
  const now = new Date();
  await insertMany(
    db,
    'messages',
    accountIds.slice(0, count).map((accountId, n) => ({
      id: newId(),
      practice_id: practiceId,
      account_id: accountId,
      client_pims_id: `c${n}`,
      kind: 'welcome' as const,
      state: 'queued' as const,
      due_at: now,
      created_at: now,
      changed_at: now,
      open_key: openKey('welcome', accountId, practiceId),
    })),
  );
}
