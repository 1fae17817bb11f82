import type { App } from '../app/create-app.js';
import { withApp } from '../app/with-app.js';
import { Problem } from '../lib/problem.js';
import { record, type Actor } from '../store/access/audit.js';
import { inTransaction } from '../store/db/database.js';
import { emailKeys, everyPractice } from '../store/privacy/erasure-register.js';
import { erasePerson, type Erasure } from '../store/privacy/erase-person.js';
import { exportPerson } from '../store/privacy/export-person.js';

const actor: Actor = { kind: 'operator', id: null, name: 'the command line' };

/** Prints all stored data about one person, as JSON. */
export async function exportOne(place: string, reference: string): Promise<void> {
  await atPlace(place, async (app, practiceId) => {
    const data = await exportPerson(app.db, { practiceId, reference }, { actor, now: app.clock() });
    process.stdout.write(`${JSON.stringify(data, null, 2)}
`);
  });
}

/** Erases one person and prints the erased data, the retained data and the reasons. */
export async function eraseOne(
  place: string,
  reference: string,
  options: { dryRun?: boolean; json?: boolean },
): Promise<void> {
  await atPlace(place, async (app, practiceId) => {
    const deps = { db: app.db, people: app.erased };
    const dryRun = options.dryRun ?? false;
    const done = await erasePerson(deps, { practiceId, reference }, { actor, now: app.clock() }, dryRun);
    process.stdout.write(options.json ? `${JSON.stringify({ dryRun, ...done }, null, 2)}\n` : asText(done, dryRun));
  });
}

/** Allows an erased person to be copied from the PIMS again, on their request. */
export async function readmitOne(place: string, reference: string): Promise<void> {
  await atPlace(place, async (app, practiceId) => {
    const emails = reference.includes('@') ? emailKeys([reference]) : [];
    const clients = reference.includes('@') || practiceId === null ? [] : [reference];
    const marked = { practiceId: practiceId ?? everyPractice, clients, emails };
    await inTransaction(app.db, async (trx) => {
      if ((await app.erased.readmit(trx, marked)) === 0) throw nobody(place, reference);
      const details = { by: emails.length > 0 ? 'address' : 'PIMS id' };
      await record(trx, { actor, action: 'person-readmitted', practiceId, details }, app.clock());
    });
    process.stdout.write(
      `${place}: the next sync copies ${emails.length > 0 ? 'clients with this address' : 'this client'} again.\n` +
        'A person erased by address and by record needs both readmitted: the address, and the client id in the PIMS.\n',
    );
  });
}

async function atPlace(place: string, work: (app: App, practiceId: string | null) => Promise<void>): Promise<void> {
  if (place === 'all') return withApp((app) => work(app, null));
  return withApp((app) => work(app, place), { practiceId: place });
}

function asText(done: Erasure, dryRun: boolean): string {
  const lines = [dryRun ? `This would be erased at ${done.practice}:` : `Erased at ${done.practice}:`];
  for (const { practiceId, pimsId, displayId, name } of done.clients)
    lines.push(`  ${name}, client ${displayId ?? pimsId} of ${practiceId} (PIMS id ${pimsId})`);
  for (const { id, kept } of done.accounts)
    lines.push(
      kept === null ? `  account ${id}: its login, sessions and passwords are deleted` : `  account ${id}: kept`,
    );
  for (const [table, rows] of Object.entries(done.erased)) lines.push(`  ${String(rows).padStart(6)}  ${table}`);
  if (done.onTheirWay > 0)
    lines.push(`  ${done.onTheirWay} emails are being sent at this moment and may still arrive.`);
  lines.push('Kept:');
  for (const { what, why } of done.stays) lines.push(`  ${what}: ${why}`);
  lines.push(
    dryRun
      ? 'Nothing was changed. Run it without --dry-run to erase; that cannot be undone.'
      : 'The practice’s PIMS still has its record: pims-sync only reads it. Backups contain the person until they are overwritten.',
  );
  return `${lines.join('\n')}\n`;
}

function nobody(place: string, reference: string): Problem {
  return new Problem({
    code: 'person-not-erased',
    message: `No person at ${place} was erased under "${reference}".`,
  });
}
