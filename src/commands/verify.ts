import { loadConfig } from '../config.js';
import { Problem } from '../domain/problem.js';
import { openDatabase, ping } from '../store/database.js';
import { checkInvariants } from '../store/invariants.js';

/** Proves on the live database what must always hold, and names by id what breaks it. Reads only. */
export async function verify(options: { json?: boolean }): Promise<void> {
  const db = openDatabase(loadConfig(process.env).databaseUrl, 2);
  try {
    await ping(db);
    const findings = await checkInvariants(db);
    const broken = findings.filter(({ count }) => count > 0);
    if (options.json)
      process.stdout.write(`${JSON.stringify({ holds: broken.length === 0, findings }, null, 2)}\n`);
    else {
      for (const { code, holds, count, examples } of findings) {
        const told =
          count === 0
            ? ''
            : `\n       ${count}${count === 1000 ? ' or more' : ''} cases (${code}), such as ${examples.join(', ')}`;
        process.stdout.write(`${count === 0 ? '  ok ' : 'FAIL '}  ${holds}${told}\n`);
      }
    }
    if (broken.length > 0) {
      throw new Problem({
        code: 'invariants-broken',
        message: `${broken.length} of ${findings.length} things that must always hold do not.`,
        help: 'See docs/operations.md, "When verify finds something".',
      });
    }
  } finally {
    await db.destroy();
  }
}
