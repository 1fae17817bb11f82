import type { App } from '../src/app/create-app.js';
import { isProblem } from '../src/lib/problem.js';
import { hashPassword } from '../src/web/login/passwords.js';
import { createStaff } from '../src/store/access/staff.js';
import { latestRuns, loadRun, requestSync } from '../src/store/sync-runs/sync-runs.js';
import type { Demo } from './start.js';

/** Syncs every practice of the demo as staff would, waits for the emails, and prints the results and where to sign in. */
export async function firstImport(
  app: App,
  demo: Demo,
  say: (text: string) => void,
  stopping: Promise<unknown>,
): Promise<void> {
  const { config, db, newId, clock } = app;
  let stopped = false;
  void stopping.then(() => (stopped = true));
  await ensureStaff(app, demo);
  const { enqueue } = await app.queues();
  const runs = new Map<string, string>();
  for (const { id } of config.practices) {
    const [last] = await latestRuns(db, id, 1);
    if (last?.state === 'done') continue;
    const { runId } = await requestSync(db, { practiceId: id, kind: 'resync', by: 'the demo' }, newId, clock);
    await enqueue('sync-practice', { runId }, { key: runId });
    runs.set(id, runId);
  }
  for (const [practiceId, runId] of runs) {
    const name = config.practices.find((practice) => practice.id === practiceId)?.name ?? practiceId;
    const run = await until(
      () => loadRun(db, runId),
      ({ state }) => !['queued', 'reading', 'evaluating'].includes(state),
      () => stopped,
    );
    const { read, accounts, messages } = run.counts;
    const waits = run.counts.reasons['eligible'] && accounts === 0 ? '; its invite plan waits for your approval' : '';
    say(
      run.state === 'done'
        ? `  ${name}: ${read} clients read, ${accounts} accounts created, ${messages} Welcome Emails queued${waits}`
        : `  ${name}: ${run.state}: ${run.error?.message ?? ''} ${run.error?.help ?? ''}`,
    );
  }
  const queued = async () => {
    const row = await db
      .selectFrom('messages')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('state', 'in', ['queued', 'sending'])
      .executeTakeFirstOrThrow();
    return Number(row.n);
  };
  if (!stopped && (await queued()) > 0) {
    say(`  sending ${await queued()} emails through the local SES endpoint ...`);
    await until(
      queued,
      (left) => left === 0,
      () => stopped,
    );
  }
  say(summary(app, demo));
}

async function ensureStaff({ config, db, newId, clock }: App, demo: Demo): Promise<void> {
  const practiceIds = config.practices.map(({ id }) => id);
  const passwordHash = await hashPassword(demo.staffPassword);
  const staff = {
    email: demo.staffEmail,
    name: 'Demo Owner',
    role: 'owner' as const,
    practiceIds,
    passwordHash,
  };
  try {
    await createStaff(db, staff, {
      actor: { kind: 'operator', id: null, name: 'the demo' },
      newId,
      now: clock(),
    });
  } catch (error) {
    if (!isProblem(error, 'staff-exists')) throw error;
  }
}

function summary({ config }: App, demo: Demo): string {
  return `
The demo is running. Nothing leaves this machine.

  Staff console   ${config.publicUrl}/staff
                  sign in as ${demo.staffEmail} with ${demo.staffPassword.open()}
  Mailbox         ${demo.mailboxUrl}
                  every Welcome Email, as the pet parents get it
  Pet App         ${config.publicUrl}/app/login
                  log in with the password from one of those emails

Try: find a pet parent under Pet Parents > Pet App, open View Details, log in as them to the Pet App,
and see the Temporary Password line disappear. Ctrl-C stops everything.
`;
}

async function until<T>(enqueue: () => Promise<T>, holds: (value: T) => boolean, stopped: () => boolean): Promise<T> {
  for (;;) {
    const value = await enqueue();
    if (holds(value) || stopped()) return value;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
