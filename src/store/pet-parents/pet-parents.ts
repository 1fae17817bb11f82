import type { SelectQueryBuilder } from 'kysely';
import type { Client } from '../../domain/client/client.js';
import { loginKinds } from '../../domain/message/message-kinds.js';
import { canSeeAccount } from '../accounts/account-access.js';
import { visibility, type LoginFacts } from '../../domain/account/visibility.js';
import { isLiving, type PetStatus } from '../../domain/client/pet.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import type { Database } from '../db/database.js';
import { petParentState, type PetParentState } from './pet-parent-state.js';
import type { MessageStatus } from '../db/tables.js';

export type { PetParentState };

/**
 * One line of the list: a client of a practice with our data about the person. If another practice issued the login,
 * the line contains this practice's PIMS data, whether there is an account, and whether the person uses it.
 */
export interface PetParentLine {
  practiceId: string;
  pimsId: string;
  displayId: string | null;
  firstName: string | null;
  lastName: string | null;
  /** For lists; without a personal name, the company or the client's number. */
  name: string;
  email: string | null;
  phone: string | null;
  pets: string[];
  accountId: string | null;
  state: PetParentState;
  /** The reason why the person is not invited or is on hold. */
  reason: string | null;
  expiresAt: Date | null;
  firstLoginAt: Date | null;
  lastLoginAt: Date | null;
  /** The status of the practice's newest message that contained a login. */
  mail: { state: MessageStatus; at: Date } | null;
}

const lineColumns = [
  'c.practice_id',
  'c.pims_id',
  'c.display_id',
  'c.first_name',
  'c.last_name',
  'c.email_key',
  'c.record',
  'c.verdict',
  'c.reason',
  'a.id as account_id',
  'a.email as account_email',
  'a.phone as account_phone',
  'a.first_name as account_first_name',
  'a.last_name as account_last_name',
  'a.password_hash',
  'a.first_login_at',
  'a.confirmed_at',
  'a.last_login_at',
  't.expires_at',
  't.cleared_at',
  't.used_at',
] as const;

/** Selects clients with their account and its temporary credential, in the allowed practices only. */
function petParentQuery(db: Database, allowed: AllowedPractices) {
  return db
    .selectFrom('pims_clients as c')
    .leftJoin('account_links as l', (join) =>
      join.onRef('l.practice_id', '=', 'c.practice_id').onRef('l.client_pims_id', '=', 'c.pims_id'),
    )
    .leftJoin('accounts as a', 'a.id', 'l.account_id')
    .leftJoin('temporary_credentials as t', 't.account_id', 'a.id')
    .select(lineColumns)
    .select(canSeeAccount(allowed, 'a.id', 't.issuing_practice_id').as('can_see'))
    .where('c.practice_id', 'in', allowed.idsForQuery);
}

type LineQuery = ReturnType<typeof petParentQuery>;
type LineRow = LineQuery extends SelectQueryBuilder<infer _D, infer _T, infer O> ? O : never;

/** Returns the lines of these clients, in the given order; omits those that are not allowed. */
export async function linesOf(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  pimsIds: readonly string[],
  now: Date,
): Promise<PetParentLine[]> {
  if (pimsIds.length === 0) return [];
  const rows = await petParentQuery(db, allowed)
    .where('c.practice_id', '=', allowed.require(practiceId))
    .where('c.pims_id', 'in', [...pimsIds])
    .execute();
  const order = new Map(pimsIds.map((pimsId, at) => [pimsId, at]));
  rows.sort((one, other) => order.get(one.pims_id)! - order.get(other.pims_id)!);
  return withPetsAndMail(db, rows, now);
}

/** Returns one client's line. @throws Problem `not-found`, also for a client of a practice that is not allowed */
export async function lineOf(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  pimsId: string,
  now: Date,
): Promise<PetParentLine | null> {
  const [line] = await linesOf(db, allowed, practiceId, [pimsId], now);
  return line ?? null;
}

async function withPetsAndMail(db: Database, rows: readonly LineRow[], now: Date): Promise<PetParentLine[]> {
  if (rows.length === 0) return [];
  const accountIds = [...new Set(rows.map((row) => row.account_id).filter((id) => id !== null))];
  const practiceIds = [...new Set(rows.map((row) => row.practice_id))];
  const [pets, mails] = await Promise.all([
    db
      .selectFrom('pims_pets')
      .select(['practice_id', 'client_pims_id', 'name', 'status', 'died_on'])
      .where('practice_id', 'in', practiceIds)
      .where(
        'client_pims_id',
        'in',
        rows.map((row) => row.pims_id),
      )
      .orderBy('name')
      .execute(),
    accountIds.length === 0
      ? []
      : db
          .selectFrom('messages')
          .select(['account_id', 'practice_id', 'state', 'changed_at'])
          .where('account_id', 'in', accountIds)
          .where('practice_id', 'in', practiceIds)
          .where('kind', 'in', loginKinds)
          .orderBy('created_at')
          .execute(),
  ]);
  const mailKey = (accountId: string | null, practiceId: string | null) => `${accountId} ${practiceId}`;
  const newestMail = new Map(mails.map((mail) => [mailKey(mail.account_id, mail.practice_id), mail]));
  return rows.map((row) => {
    const client = JSON.parse(row.record) as Partial<Client>;
    const mail = newestMail.get(mailKey(row.account_id, row.practice_id));
    const canSee = Number(row.can_see) === 1;
    const isUsed = (row.first_login_at ?? row.confirmed_at ?? row.password_hash) !== null;
    const account = row.account_id === null ? null : canSee ? stateOf(row) : isUsed ? used : pending;
    // If another practice issued the login, staff do not learn that it has expired.
    const password = canSee ? visibility(loginFactsOf(row), now) : 'visible';
    const firstName = row.first_name ?? (canSee ? row.account_first_name : null);
    const lastName = row.last_name ?? (canSee ? row.account_last_name : null);
    return {
      practiceId: row.practice_id,
      pimsId: row.pims_id,
      displayId: row.display_id,
      firstName,
      lastName,
      name:
        [firstName, lastName].filter(Boolean).join(' ') ||
        client.companyName ||
        `Client ${row.display_id ?? row.pims_id}`,
      email: (canSee ? row.account_email : null) ?? row.email_key ?? client.emails?.[0] ?? null,
      phone: (canSee ? row.account_phone : null) ?? client.phones?.[0]?.number ?? null,
      pets: pets
        .filter((pet) => pet.practice_id === row.practice_id && pet.client_pims_id === row.pims_id)
        .filter((pet) => isLiving({ status: pet.status as PetStatus, diedOn: pet.died_on }))
        .map((pet) => pet.name ?? 'no name'),
      accountId: row.account_id,
      state: petParentState({ verdict: row.verdict, account, password, mail: mail?.state ?? null }),
      reason: row.reason,
      expiresAt: canSee ? row.expires_at : null,
      firstLoginAt: canSee ? row.first_login_at : null,
      lastLoginAt: canSee ? row.last_login_at : null,
      mail: mail ? { state: mail.state, at: mail.changed_at } : null,
    };
  });
}

const stateOf = (row: LineRow) => ({
  firstLoginAt: row.first_login_at,
  confirmedAt: row.confirmed_at,
  hasPassword: row.password_hash !== null,
});
// The visible facts of another practice's login: only whether it is used.
const used = { firstLoginAt: null, confirmedAt: null, hasPassword: true };
const pending = { firstLoginAt: null, confirmedAt: null, hasPassword: false };

function loginFactsOf(row: LineRow): LoginFacts {
  const { first_login_at: firstLoginAt, password_hash: passwordHash, expires_at: expiresAt } = row;
  const credential = expiresAt && { usedAt: row.used_at, clearedAt: row.cleared_at, expiresAt };
  return { firstLoginAt, passwordHash, credential };
}
