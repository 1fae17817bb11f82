// `npm run crash -- --seed 1`: the long version of test/journeys/crash, by default with at least 5,000 emails, on its
// own private Redis and MariaDB. Prints the results as numbers. The same seed draws the same crashes; their moments
// also depend on the machine.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    mails: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
  },
});
for (const [name, value] of Object.entries(values)) {
  if (/^[1-9]\d{0,8}$/.test(value)) continue;
  console.error(`--${name} must be a whole number above 0, not "${value}".`);
  process.exit(2);
}
console.log(`at least ${values.mails} emails, crashes with seed ${values.seed}`);
const began = Date.now();
const folder = mkdtempSync(join(tmpdir(), 'pims-crash-outcome-'));
const file = join(folder, 'outcome.json');
const child = spawn('scripts/test', ['test/journeys/crash'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    CRASH_MAILS: values.mails,
    CRASH_SEED: values.seed,
    CRASH_OUTCOME: file,
    PIMS_SYNC_LOCAL: process.env.PIMS_SYNC_LOCAL ?? '.local/crash',
  },
});
child.on('close', (code) => {
  if (existsSync(file)) {
    for (const [what, count] of Object.entries(JSON.parse(readFileSync(file, 'utf8'))))
      console.log(`${String(count).padStart(8)}  ${what}`);
  }
  rmSync(folder, { recursive: true, force: true });
  const how = code === 0 ? 'every email was sent once' : 'FAILED: see the failed tests above';
  console.log(`seed ${values.seed}, ${Math.round((Date.now() - began) / 1000)} s: ${how}`);
  process.exit(code ?? 1);
});
