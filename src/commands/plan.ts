import { withApp } from '../app/with-app.js';
import { csvLine } from '../lib/csv-cell.js';
import { planPractice, type InvitePlan } from '../sync/plan.js';

/** Prints which clients would be invited or not, and why. Reads the PIMS; writes nothing. */
export async function plan(practiceId: string, options: { format: 'table' | 'csv' | 'json' }): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  await withApp(
    async (app) => {
      const practice = await app.practice(practiceId);
      const onPage = (read: number) => {
        if (process.stderr.isTTY) process.stderr.write(`\r${practice.name}: read ${read}`);
      };
      const made = await planPractice({ ...app, signal: stop.signal, onPage }, practice);
      if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
      process.stdout.write(print[options.format](made, practice.name));
    },
    { practiceId },
  );
}

const print = {
  json: (made: InvitePlan) => `${JSON.stringify(made, null, 2)}\n`,
  csv: (made: InvitePlan) =>
    [
      ['pims_id', 'client_number', 'name', 'email', 'verdict', 'reason', 'before', 'sentence'],
      ...made.clients.map((one) => [
        one.pimsId,
        one.displayId,
        one.name,
        one.email,
        one.verdict,
        one.reason,
        one.before,
        one.sentence,
      ]),
    ]
      .map(csvLine)
      .join(''),
  table: (made: InvitePlan, name: string) => {
    const { invite, hold, skip, unreadable } = made.counts;
    const rows = made.reasons.map(
      ({ count, verdict, title, code }) => `${String(count).padStart(8)}  ${verdict.padEnd(6)}  ${title} (${code})`,
    );
    return (
      `${name}: ${invite} would be invited, ${hold} on hold for staff to check, ${skip} skipped` +
      `${unreadable > 0 ? `, ${unreadable} could not be read` : ''}. Nothing was written.\n` +
      `${rows.join('\n')}\n` +
      `${sinceLastSync(made)} --format csv lists every client with its reason.\n`
    );
  },
};

function sinceLastSync({ clients, counts }: InvitePlan): string {
  const unknown = clients.filter(({ before }) => before === null).length;
  if (unknown === clients.length) return 'No sync has evaluated any of them yet.';
  if (counts.differ === 0) return 'Every decision is the same as at the last sync.';
  const others = counts.differ - unknown;
  const parts = [
    ...(others > 0 ? [`${others} would get another decision than at the last sync`] : []),
    ...(unknown > 0 ? [`${unknown} are new since then`] : []),
  ];
  return `${parts.join(', ')}.`;
}
