import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { createLog } from '../../src/platform/log.js';
import { Problem } from '../../src/lib/problem.js';

it('log: the process continues while the disk under its log is full', () => {
  const program = `
    import { createLog } from '${pathToFileURL(resolve('dist/src/platform/log.js')).href}';
    const log = createLog('info');
    for (let line = 0; line < 20_000; line++) log.info({ line }, 'a line that finds no room');
    console.log('worked');`;
  const run = spawnSync('sh', [
    '-c',
    'exec "$@" 2>/dev/full',
    'sh',
    process.execPath,
    '--input-type=module',
    '-e',
    program,
  ]);
  expect(run.stdout.toString()).toBe('worked\n');
  expect(run.status).toBe(0);
});

/** Errors as mysql2 creates them. */
const refused = () =>
  Object.assign(new Error("Duplicate entry 'kim@example.com' for key 'email_key'"), {
    code: 'ER_DUP_ENTRY',
    errno: 1062,
    sql: "UPDATE accounts SET password_hash = '$argon2id$v=19$abc', phone = '+14155550177'",
    sqlMessage: "Duplicate entry 'kim@example.com' for key 'email_key'",
    parameters: ['kim@example.com'],
  });

describe('platform: an error in the log', () => {
  const logged = (err: unknown) => {
    const lines: string[] = [];
    createLog('info', { write: (line) => void lines.push(line) }).error({ err }, 'failed');
    return JSON.parse(lines.join('')).err;
  };

  it('has its type, code, place and a text without data, and nothing else', () => {
    const kept = logged(refused());
    expect(kept).toEqual({
      type: 'Error',
      code: 'ER_DUP_ENTRY',
      message: "Duplicate entry '[value]' for key '[value]'",
      stack: expect.stringMatching(/^\s+at .*log\.test/),
    });
  });

  it('keeps the next step of a problem and its causes without their data, even in a circle', () => {
    const cause = refused();
    const problem = new Problem({ code: 'config-wrong', message: 'It failed.', help: 'Do this.', cause });
    expect(logged(problem)).toMatchObject({
      type: 'Problem',
      code: 'config-wrong',
      help: 'Do this.',
      cause: { code: 'ER_DUP_ENTRY' },
    });
    (cause as Error).cause = problem;
    expect(JSON.stringify(logged(problem))).not.toMatch(/argon2id|4155550177|kim@/);
  });

  it('can be any thrown value', () => {
    expect([logged('plain text'), logged(null), logged({ sql: 'SELECT 1' })]).toMatchObject([
      { type: 'string', message: 'plain text' },
      { type: 'object', message: 'null' },
      { type: 'object', message: '[object Object]' },
    ]);
  });
});

it('log: an uncaught error ends the process without printing its data', () => {
  const program = `
    import { failWithoutData } from '${pathToFileURL(resolve('dist/src/commands/fail.js')).href}';
    failWithoutData();
    Promise.reject(Object.assign(new Error('no'), { code: 'X', sql: "UPDATE t SET h = 'argon2id'" }));
    setTimeout(() => undefined, 60_000);`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program]);
  expect(run.status).toBe(1);
  expect(run.stderr.toString()).toContain('unexpected error');
  expect(run.stderr.toString()).not.toContain('argon2id');
});
