import { practiceById } from '../app/config.js';
import { withApp } from '../app/with-app.js';
import { Problem } from '../lib/problem.js';
import { newTemporaryPassword } from '../domain/account/temporary-password.js';
import { ensurePractices } from '../store/sync-runs/practices.js';
import { createStaff, type StaffRole } from '../store/access/staff.js';
import { hashPassword } from '../web/login/passwords.js';

/** Adds a staff member and prints their first password, once. */
export async function addStaff(
  email: string,
  options: { name: string; role: string; practice?: string[] },
): Promise<void> {
  const practiceIds = options.practice ?? [];
  if (practiceIds.length === 0 && options.role !== 'operator') {
    throw new Problem({
      code: 'practice-missing',
      message: `A staff member with the role ${options.role} works at a practice.`,
      help: 'Name it: --practice elm-street',
    });
  }
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) {
    throw new Problem({
      code: 'email-wrong',
      message: `"${email}" is not an email address.`,
    });
  }
  await withApp(async (app) => {
    const { config } = app;
    for (const id of practiceIds) practiceById(config, id);
    await ensurePractices(app.db, config.practices, app.clock());
    const password = newTemporaryPassword();
    await createStaff(
      app.db,
      {
        email,
        name: options.name,
        role: options.role as StaffRole,
        practiceIds,
        passwordHash: await hashPassword(password),
      },
      {
        actor: { kind: 'operator', id: null, name: 'the command line' },
        newId: app.newId,
        now: app.clock(),
      },
    );
    process.stdout.write(
      `${email} can sign in at ${config.publicUrl}/ with the password\n\n  ${password.open()}\n\nIt is not shown again.\n`,
    );
  });
}
