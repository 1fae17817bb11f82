// `npm run chaos -- --storms 20 --seed 7`: the long version of test/chaos, on its own private Redis and MariaDB. The
// same seed draws the same storms; the course of each also depends on the machine.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    storms: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
  },
});
for (const [name, value] of Object.entries(values)) {
  if (/^[1-9]\d{0,8}$/.test(value)) continue;
  console.error(`--${name} must be a whole number above 0, not "${value}".`);
  process.exit(2);
}
console.log(`${values.storms} storms with seed ${values.seed}`);
const child = spawn('scripts/test', ['test/chaos/storms'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    CHAOS_STORMS: values.storms,
    CHAOS_SEED: values.seed,
    PIMS_SYNC_LOCAL: process.env.PIMS_SYNC_LOCAL ?? '.local/chaos',
  },
});
child.on('close', (code) => process.exit(code ?? 1));
