import { loadConfig } from '../app/config.js';
import { withDatabase } from '../app/with-app.js';
import { Problem } from '../lib/problem.js';
import { checkInvariants, type Finding } from '../store/db/invariants.js';

/** Checks the invariants on the live database and names each violation by id. Reads only. */
export async function verify(options: { json?: boolean }): Promise<void> {
  const findings = await withDatabase(loadConfig(process.env).databaseUrl, checkInvariants);
  const broken = findings.filter(({ count }) => count > 0);
  if (options.json) process.stdout.write(`${JSON.stringify({ holds: broken.length === 0, findings }, null, 2)}\n`);
  else {
    for (const finding of findings) process.stdout.write(asText(finding));
  }
  if (broken.length > 0) {
    throw new Problem({
      code: 'invariants-broken',
      message: `${broken.length} of ${findings.length} invariants are violated.`,
    });
  }
}

function asText({ code, holds, names, help, count, examples }: Finding): string {
  if (count === 0) return `  ok   ${holds}\n`;
  const many = `${count}${count === 1000 ? ' or more' : ''} ${count === 1 ? 'case' : 'cases'}`;
  return `FAIL   ${holds}\n       ${many} (${code}); ${names}: ${examples.join(', ')}\n       ${help}\n`;
}
