import { actOf } from '../../support/act.js';
import { Secret } from '../../../src/lib/secret.js';
import { insertMany, type Database } from '../../../src/store/db/database.js';
import { createStaff } from '../../../src/store/access/staff.js';
import { noCounts, type SyncCounts } from '../../../src/store/sync-runs/sync-runs.js';
import type { StaffRole, SyncState, MessageKind, MessageStatus } from '../../../src/store/db/tables.js';
import { hashPassword } from '../../../src/web/login/passwords.js';
import type { TestWeb } from './web.js';

export const staffPassword = 'quiet harbour lantern 42';

export async function seedPractice(db: Database, id: string, name = `Practice ${id}`, approved = true): Promise<void> {
  await db
    .insertInto('practices')
    .values({
      id,
      name,
      time_zone: 'America/Los_Angeles',
      policy_key: null,
      approved_at: approved ? new Date('2026-03-01T00:00:00Z') : null,
      approved_by: approved ? 'Olive Owner' : null,
      email_paused_at: null,
      email_pause_reason: null,
      created_at: new Date('2026-03-01T00:00:00Z'),
    } as never)
    .execute();
}

/** A sync of the whole practice that started this number of minutes ago. */
export async function seedRun(
  web: TestWeb,
  practiceId: string,
  state: SyncState,
  { minutesAgo = 5, counts = {} }: { minutesAgo?: number; counts?: Partial<SyncCounts> } = {},
): Promise<string> {
  const id = web.deps.newId();
  const at = new Date(web.clock.now.getTime() - minutesAgo * 60_000);
  await insertMany(web.deps.db, 'sync_runs', [
    {
      id,
      practice_id: practiceId,
      kind: 'resync',
      nightly_date: null,
      client_reference: null,
      state,
      active_practice: null,
      requested_by: 'Mia',
      requested_at: at,
      started_at: at,
      progressed_at: at,
      passed_safety_stop: state === 'done' ? 1 : 0,
      finished_at: state === 'done' ? at : null,
      counts: JSON.stringify({ ...noCounts, ...counts }),
    } as never,
  ]);
  return id;
}

let staffHash: Promise<string> | undefined;

/** Makes a staff member whose password is `staffPassword`. */
export async function seedStaff(web: TestWeb, email: string, role: StaffRole, practiceIds: string[]): Promise<string> {
  const passwordHash = await (staffHash ??= hashPassword(new Secret(staffPassword)));
  const name = `${email.split('@')[0]} of ${practiceIds.join(' and ') || 'the machines'}`;
  const { deps } = web;
  const by = { kind: 'operator', id: null, name: 'test' } as const;
  const { staffId } = await createStaff(
    deps.db,
    { email, name, role, practiceIds, passwordHash },
    actOf(by, deps.clock()),
  );
  return staffId;
}

export interface SeededPerson {
  practiceId: string;
  pimsId: string;
  email: string;
  accountId: string | null;
  /** Null without an account. */
  password: Secret | null;
  messageId: string | null;
}

export interface PersonOptions {
  pimsId?: string;
  firstName?: string;
  lastName?: string;
  email?: string;
  phone?: string;
  pets?: {
    name: string;
    species?: string;
    status?: string;
    diedOn?: string | null;
    breed?: string | null;
    bornOn?: string | null;
  }[];
  verdict?: 'invite' | 'hold' | 'skip';
  reason?: string;
  sentence?: string;
  account?: boolean;
  mail?: MessageStatus;
  kind?: MessageKind;
  days?: number;
}

let counter = 0;

/** Makes a client, by default with an account, a readable temporary password and a delivered Welcome Email. */
export async function seedPerson(web: TestWeb, practiceId: string, options: PersonOptions = {}): Promise<SeededPerson> {
  const { deps } = web;
  const { db } = deps;
  counter++;
  const firstName = options.firstName ?? 'Ada';
  const lastName = options.lastName ?? `Lovelace${counter}`;
  const email = options.email ?? `${lastName}.${counter}@example.com`.toLowerCase().replaceAll(/[^a-z0-9.@]/g, '');
  const pimsId = options.pimsId ?? String(1000 + counter);
  const now = deps.clock();
  await db
    .insertInto('pims_clients')
    .values({
      practice_id: practiceId,
      pims_id: pimsId,
      fingerprint: Buffer.alloc(16),
      display_id: `D${pimsId}`,
      first_name: firstName,
      last_name: lastName,
      email_key: email.toLowerCase(),
      duplicate_key: null,
      record: JSON.stringify({
        pimsId,
        displayId: `D${pimsId}`,
        firstName,
        lastName,
        emails: [email],
        phones: [{ label: 'cell', number: options.phone ?? '(415) 555-0132' }],
        lastVisitOn: '2026-01-12',
        createdOn: '2019-05-02',
      }),
      first_seen_at: now,
      changed_at: now,
      missing_since: null,
      merged_into: null,
      verdict: options.verdict ?? 'invite',
      reason: options.reason ?? 'eligible',
      sentence: options.sentence ?? 'Everything is in order.',
      decided_at: now,
      decide_on: null,
      needs_evaluation: 0,
      living: 1,
      identity_conflict: 0,
    } as never)
    .execute();
  for (const [index, pet] of (options.pets ?? [{ name: 'Rex' }, { name: 'Mimi', species: 'cat' }]).entries()) {
    await db
      .insertInto('pims_pets')
      .values({
        practice_id: practiceId,
        client_pims_id: pimsId,
        pims_id: `${pimsId}-${index}`,
        name: pet.name,
        species: pet.species ?? 'dog',
        breed: pet.breed ?? null,
        sex: 'female',
        born_on: pet.bornOn ?? '2020-02-01',
        died_on: pet.diedOn ?? null,
        status: pet.status ?? 'active',
        primary_owner: 1,
      } as never)
      .execute();
  }
  if (options.account === false) return { practiceId, pimsId, email, accountId: null, password: null, messageId: null };
  const accountId = deps.newId();
  await db
    .insertInto('accounts')
    .values({
      id: accountId,
      email,
      email_key: email.toLowerCase(),
      first_name: firstName,
      last_name: lastName,
      phone: (options.phone ?? '+14155550132').slice(0, 40),
      password_hash: null,
      first_login_at: null,
      confirmed_at: null,
      last_login_at: null,
      closed_at: null,
      created_at: now,
    })
    .execute();
  await linkAccount(db, practiceId, pimsId, accountId, now);
  await deps.credentials.issueMany(db, [{ accountId, practiceId, days: options.days ?? 30 }]);
  const shown = await deps.credentials.show(accountId);
  const messageId = await seedMail(
    web,
    practiceId,
    accountId,
    pimsId,
    options.kind ?? 'welcome',
    options.mail ?? 'delivered',
  );
  return { practiceId, pimsId, email, accountId, password: shown.visible ? shown.password : null, messageId };
}

export async function linkAccount(
  db: Database,
  practiceId: string,
  pimsId: string,
  accountId: string,
  now: Date,
): Promise<void> {
  await db
    .insertInto('account_links')
    .values({
      practice_id: practiceId,
      client_pims_id: pimsId,
      account_id: accountId,
      reason: 'new-account',
      sentence: 'Made for this client.',
      made_by: 'rule',
      linked_at: now,
    })
    .execute();
}

export async function seedMail(
  web: TestWeb,
  practiceId: string,
  accountId: string,
  pimsId: string,
  kind: MessageKind,
  state: MessageStatus,
): Promise<string> {
  const id = web.deps.newId();
  const now = web.deps.clock();
  await web.deps.db
    .insertInto('messages')
    .values({
      id,
      practice_id: practiceId,
      account_id: accountId,
      client_pims_id: pimsId,
      kind,
      state,
      due_at: now,
      created_at: now,
      changed_at: now,
      reason: null,
      detail: state === 'bounced' ? 'The mailbox does not exist.' : null,
      requested_by: null,
      enqueued_at: null,
      open_key: null,
    } as never)
    .execute();
  if (state === 'delivered' || state === 'bounced') {
    await web.deps.db
      .insertInto('ses_events')
      .values({
        id: `event-${id}`,
        message_id: id,
        attempt_id: null,
        type: state === 'delivered' ? 'delivery' : 'bounce',
        happened_at: now,
        received_at: now,
        detail: null,
      })
      .execute();
  }
  return id;
}
