import { Problem } from '../../lib/problem.js';
import { allowPractices, type AllowedPractices } from './allowed-practices.js';
import { record, type Act, type Actor } from './audit.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';
import { endSessionsOf } from './sessions.js';
import { camelCased } from '../db/camel-case.js';
import type { Row, StaffRole } from '../db/tables.js';

export type { StaffRole };

export interface Staff {
  id: string;
  email: string;
  name: string;
  role: StaffRole;
  createdAt: Date;
  disabledAt: Date | null;
  lastLoginAt: Date | null;
  hasPassword: boolean;
}

export interface NewStaff {
  email: string;
  name: string;
  role: StaffRole;
  /** Practices they may see. An operator sees all, regardless of this list. */
  practiceIds: readonly string[];
  /** From `hashPassword`; null for a staff member who sets the password through an invitation. */
  passwordHash: string | null;
}

/**
 * Creates a staff member and records it in the audit trail.
 *
 * @throws Problem `staff-exists`, `practice-unknown`
 */
export async function createStaff(
  db: Database,
  staff: NewStaff,
  { actor, newId, now }: Act,
): Promise<{ staffId: string }> {
  const staffId = newId();
  const email = staff.email.trim();
  await inTransaction(db, async (trx) => {
    await requirePractices(trx, staff.practiceIds);
    const inserted = await trx
      .insertInto('staff')
      .ignore()
      .values({
        id: staffId,
        email,
        email_key: email.toLowerCase(),
        name: staff.name.trim(),
        role: staff.role,
        password_hash: staff.passwordHash,
        created_at: now,
        disabled_at: null,
        last_login_at: null,
      })
      .executeTakeFirst();
    if (Number(inserted.numInsertedOrUpdatedRows) !== 1) {
      throw new Problem({
        code: 'staff-exists',
        message: `${email} already has a staff account.`,
      });
    }
    await setPractices(trx, staffId, staff.practiceIds);
    for (const practiceId of staff.practiceIds.length > 0 ? staff.practiceIds : [null]) {
      const details = { staffId, email, role: staff.role };
      await record(trx, { actor, action: 'staff-created', practiceId, details }, now);
    }
  });
  return { staffId };
}

/** Finds a staff account for signing in, active or disabled, with its password hash. */
export async function findStaffLogin(
  db: Database,
  email: string,
): Promise<{ staff: Staff; passwordHash: string | null } | null> {
  const row = await db
    .selectFrom('staff')
    .selectAll()
    .where('email_key', '=', email.trim().toLowerCase())
    .executeTakeFirst();
  return row ? { staff: asStaff(row), passwordHash: row.password_hash } : null;
}

/** Loads a staff member by id, with the practices they may see; null if unknown or disabled. */
export async function loadStaff(
  db: Database,
  staffId: string,
): Promise<{ staff: Staff; allowed: AllowedPractices } | null> {
  const row = await db
    .selectFrom('staff')
    .selectAll()
    .where('id', '=', staffId)
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
  if (!row) return null;
  const staff = asStaff(row);
  return { staff, allowed: await allowedTo(db, staff) };
}

/** Returns the practices that a staff member may see: their own, or all for an operator. */
export async function allowedTo(db: Database, staff: Staff): Promise<AllowedPractices> {
  const rows =
    staff.role === 'operator'
      ? await db.selectFrom('practices').select('id').orderBy('name').execute()
      : await db
          .selectFrom('staff_practices as sp')
          .innerJoin('practices as p', 'p.id', 'sp.practice_id')
          .select('p.id')
          .where('sp.staff_id', '=', staff.id)
          .orderBy('p.name')
          .execute();
  return allowPractices(rows.map(({ id }) => id));
}

export interface StaffOfPractices extends Staff {
  practiceIds: string[];
}

/** Lists the staff of the allowed practices, each with the allowed ones among their practices. */
export async function staffOf(db: Database, allowed: AllowedPractices): Promise<StaffOfPractices[]> {
  const rows = await db
    .selectFrom('staff as s')
    .innerJoin('staff_practices as sp', 'sp.staff_id', 's.id')
    .selectAll('s')
    .select('sp.practice_id')
    .where('sp.practice_id', 'in', allowed.idsForQuery)
    .where('s.role', '!=', 'operator')
    .orderBy('s.name')
    .execute();
  const byId = new Map<string, StaffOfPractices>();
  for (const row of rows) {
    const staff = byId.get(row.id) ?? { ...asStaff(row), practiceIds: [] };
    staff.practiceIds.push(row.practice_id);
    byId.set(row.id, staff);
  }
  return [...byId.values()];
}

/**
 * Disables or restores a staff member's access and ends all their sessions.
 *
 * @param allowed the practices of the acting person; must include all practices of the changed staff member
 * @throws Problem `not-found`
 */
export async function setStaffDisabled(
  db: Database,
  staffId: string,
  disabled: boolean,
  allowed: AllowedPractices,
  { actor, now }: Act,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const practiceIds = await requireWholly(trx, staffId, allowed);
    await trx
      .updateTable('staff')
      .set({ disabled_at: disabled ? now : null })
      .where('id', '=', staffId)
      .execute();
    await endSessionsOf(trx, 'staff', staffId);
    for (const practiceId of practiceIds) {
      await record(trx, { actor, action: 'staff-changed', practiceId, details: { staffId, disabled } }, now);
    }
  });
}

/** Sets a staff password and ends all sessions of that person. */
export async function setStaffPassword(
  db: Database | DatabaseTransaction,
  staffId: string,
  passwordHash: string,
): Promise<void> {
  await db.updateTable('staff').set({ password_hash: passwordHash }).where('id', '=', staffId).execute();
  await endSessionsOf(db, 'staff', staffId);
}

export async function noteStaffLogin(
  trx: DatabaseTransaction,
  staff: Staff,
  details: Record<string, string>,
  now: Date,
): Promise<void> {
  await trx.updateTable('staff').set({ last_login_at: now }).where('id', '=', staff.id).execute();
  await record(trx, { actor: actorOf(staff), action: 'staff-signed-in', details }, now);
}

export function actorOf(staff: Pick<Staff, 'id' | 'name' | 'role'>): Actor {
  return { kind: staff.role === 'operator' ? 'operator' : 'staff', id: staff.id, name: staff.name };
}

/**
 * Loads a staff member whose practices are all allowed.
 *
 * @throws Problem `not-found`
 */
export async function requireStaffOf(db: Database, staffId: string, allowed: AllowedPractices): Promise<Staff> {
  await inTransaction(db, (trx) => requireWholly(trx, staffId, allowed));
  const row = await db.selectFrom('staff').selectAll().where('id', '=', staffId).executeTakeFirstOrThrow();
  return asStaff(row);
}

/**
 * Requires that all practices of the staff member are allowed: an owner of one practice cannot disable a person who
 * also works elsewhere.
 */
async function requireWholly(trx: DatabaseTransaction, staffId: string, allowed: AllowedPractices): Promise<string[]> {
  const rows = await trx.selectFrom('staff_practices').select('practice_id').where('staff_id', '=', staffId).execute();
  if (rows.length === 0 || !rows.every((row) => allowed.has(row.practice_id))) {
    throw new Problem({ code: 'not-found', message: 'There is no such person in your practices.' });
  }
  return rows.map((row) => row.practice_id);
}

async function requirePractices(trx: DatabaseTransaction, practiceIds: readonly string[]): Promise<void> {
  if (practiceIds.length === 0) return;
  const rows = await trx
    .selectFrom('practices')
    .select('id')
    .where('id', 'in', [...practiceIds])
    .execute();
  const missing = practiceIds.find((id) => !rows.some((row) => row.id === id));
  if (missing === undefined) return;
  throw new Problem({
    code: 'practice-unknown',
    message: `There is no practice "${missing}".`,
    help: 'Practices come from the configuration; run "pims-sync migrate" after adding one.',
  });
}

async function setPractices(trx: DatabaseTransaction, staffId: string, practiceIds: readonly string[]): Promise<void> {
  if (practiceIds.length === 0) return;
  const rows = practiceIds.map((practice_id) => ({ staff_id: staffId, practice_id }));
  await trx.insertInto('staff_practices').values(rows).execute();
}

function asStaff(row: Row<'staff'>): Staff {
  const { passwordHash, ...staff } = camelCased(row);
  return { ...staff, hasPassword: passwordHash !== null };
}
