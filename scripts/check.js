// `npm run check`: runs types, lint, format, language, direction and unused-code checks in parallel. Always runs all of
// them and prints the output of those that failed.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

const checks = ['types', 'lint', 'direction', 'unused', 'language', 'format:check'];

/** Runs one npm script; resolves with its exit status, output and duration in seconds. */
function run(name) {
  const begin = performance.now();
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', name], {
      env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', (error) => (output += error.message));
    child.on('close', (status) => resolve({ status, output, seconds: (performance.now() - begin) / 1000 }));
  });
}

let failed = 0;
async function worker() {
  for (let name = checks.shift(); name !== undefined; name = checks.shift()) {
    const { status, output, seconds } = await run(name);
    console.log(`check ${name} ${status === 0 ? 'ok' : 'FAILED'} (${seconds.toFixed(1)} s)`);
    if (status !== 0) failed += 1;
    if (status !== 0) console.log(output.trimEnd());
  }
}
await Promise.all(Array.from({ length: Math.min(availableParallelism(), 2) }, worker));
process.exit(failed > 0 ? 1 : 0);
