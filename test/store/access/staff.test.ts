import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newIds } from '../../../src/lib/ids.js';
import { allowPractices } from '../../../src/store/access/allowed-practices.js';
import { auditOfPractice, record, auditOfAccount } from '../../../src/store/access/audit.js';
import {
  allowedTo,
  createStaff,
  findStaffLogin,
  loadStaff,
  requireStaffOf,
  setStaffDisabled,
  staffOf,
} from '../../../src/store/access/staff.js';
import type { StaffRole } from '../../../src/store/db/tables.js';
import { seedPractice } from '../../web/support/seed.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
const newId = newIds();
const now = new Date('2026-03-03T10:00:00.000Z');
const by = { kind: 'operator', id: null, name: 'the command line' } as const;

beforeAll(async () => {
  database = await testDatabase();
  for (const id of ['north', 'south']) await seedPractice(database.db, id);
});
afterAll(() => database.drop());

const add = async (email: string, role: StaffRole, practiceIds: string[]) =>
  (
    await createStaff(
      database.db,
      { email, name: email, role, practiceIds, passwordHash: 'x' },
      { actor: by, newId, now },
    )
  ).staffId;

describe('access: staff', () => {
  it('may see their own practices, and an operator all of them', async () => {
    const desk = await add('desk@north.example', 'front-desk', ['north']);
    const operator = await add('root@machines.example', 'operator', []);
    expect((await loadStaff(database.db, desk))!.allowed.ids).toEqual(['north']);
    expect((await loadStaff(database.db, operator))!.allowed.ids).toEqual(['north', 'south']);
  });

  it('are found by their address in any case, once', async () => {
    await add('Case@North.example', 'owner', ['north']);
    expect((await findStaffLogin(database.db, ' case@north.EXAMPLE '))?.staff.email).toBe('Case@North.example');
    await expect(add('CASE@north.example', 'owner', ['south'])).rejects.toMatchObject({
      code: 'staff-exists',
    });
  });

  it('cannot belong to an unknown practice, and a failed attempt stores nothing', async () => {
    await expect(add('lost@north.example', 'owner', ['north', 'nowhere'])).rejects.toMatchObject({
      code: 'practice-unknown',
    });
    expect(await findStaffLogin(database.db, 'lost@north.example')).toBeNull();
  });

  it('see no practice once disabled', async () => {
    const id = await add('gone@north.example', 'manager', ['north']);
    await setStaffDisabled(database.db, id, true, allowPractices(['north']), { actor: by, newId, now });
    expect(await loadStaff(database.db, id)).toBeNull();
    await setStaffDisabled(database.db, id, false, allowPractices(['north']), { actor: by, newId, now });
    expect(await loadStaff(database.db, id)).not.toBeNull();
  });

  it('are managed only by someone who has all their practices; operators by no one', async () => {
    const both = await add('both@north.example', 'manager', ['north', 'south']);
    const operator = await add('op@machines.example', 'operator', []);
    const north = allowPractices(['north']);
    await expect(requireStaffOf(database.db, both, north)).rejects.toMatchObject({ code: 'not-found' });
    await expect(setStaffDisabled(database.db, operator, true, north, { actor: by, newId, now })).rejects.toMatchObject(
      {
        code: 'not-found',
      },
    );
    expect((await requireStaffOf(database.db, both, allowPractices(['north', 'south']))).id).toBe(both);
    const listed = await staffOf(database.db, north);
    expect(listed.find(({ id }) => id === both)?.practiceIds).toEqual(['north']);
    expect(listed.map(({ role }) => role)).not.toContain('operator');
  });

  it('without a practice see nothing', async () => {
    const id = await add('nowhere@example.com', 'front-desk', []);
    const { staff } = (await loadStaff(database.db, id))!;
    const allowed = await allowedTo(database.db, staff);
    expect(allowed.ids).toEqual([]);
    expect(await staffOf(database.db, allowed)).toEqual([]);
    expect(() => allowed.require('north')).toThrow('nothing at this address');
  });
});

describe('access: the audit trail', () => {
  const accountId = newId();

  it('audit trail: keeps who, what, when and where, newest first, only for permitted practices', async () => {
    const actor = { kind: 'staff', id: 'x', name: 'Finn' } as const;
    for (const [minute, practiceId] of ['north', 'south', null].entries()) {
      const at = new Date(now.getTime() + minute * 60_000);
      const details = { address: '192.0.2.1', screen: 'Pet Parents > Pet App' };
      await record(database.db, { actor, action: 'temporary-password-viewed', practiceId, accountId, details }, at);
    }
    const seen = await auditOfAccount(database.db, accountId, allowPractices(['north']), true);
    expect(seen.map(({ practiceId }) => practiceId)).toEqual([null, 'north']);
    expect(seen[1]).toMatchObject({ actorName: 'Finn', details: { address: '192.0.2.1' }, at: now });
    expect(await auditOfAccount(database.db, accountId, allowPractices([]), true)).toHaveLength(1);
    expect(await auditOfAccount(database.db, accountId, allowPractices([]), false)).toHaveLength(0);
  });

  it('audit trail: pages through one practice by id and by action', async () => {
    const filter = { practiceId: 'north', actions: ['staff-created'] as const };
    const all = await auditOfPractice(database.db, allowPractices(['north']), filter);
    expect(all.length).toBeGreaterThan(2);
    expect(all.every(({ action }) => action === 'staff-created')).toBe(true);
    const rest = await auditOfPractice(database.db, allowPractices(['north']), {
      ...filter,
      before: all[0]!.id,
    });
    expect(rest).toEqual(all.slice(1));
    await expect(
      auditOfPractice(database.db, allowPractices(['north']), { practiceId: 'south' }),
    ).rejects.toMatchObject({ code: 'not-found' });
  });
});
