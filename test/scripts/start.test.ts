import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { alive, launch, makeProject, until, type Running } from './support.js';

/** Replaces the application: prints its arguments and ends on the first signal. */
const app = `
  import { writeFileSync } from 'node:fs';
  const { CREDENTIAL_KEYS, PIMS_SYNC_CONFIG, PORT, AWS_REGION, REDIS_URL } = process.env;
  const told = { args: process.argv.slice(2), CREDENTIAL_KEYS, PIMS_SYNC_CONFIG, PORT, AWS_REGION, REDIS_URL };
  let signals = 0;
  process.on('SIGINT', () => (signals += 10));
  process.on('SIGTERM', () => { signals += 1; setTimeout(() => { console.log('signals', signals); process.exit(0); }, 100); });
  setInterval(() => {}, 1000);
  if (process.env.FAKE_EXIT) process.exit(Number(process.env.FAKE_EXIT));
  console.log(JSON.stringify({ pid: process.pid, ...told }));
`;
const files = { 'dist/demo/main.js': app };
const skip = { PIMS_SYNC_SKIP_SETUP: '1' };
const given = { ...skip, DATABASE_URL: 'mysql://given/one', REDIS_URL: 'redis://given' };

interface Told {
  pid: number;
  args: string[];
  CREDENTIAL_KEYS: string;
  PIMS_SYNC_CONFIG: string;
  PORT: string;
  AWS_REGION: string;
  REDIS_URL: string;
}

async function told(running: Running): Promise<Told> {
  await until('the application runs', () => running.stdout().includes('\n'));
  return JSON.parse(running.stdout().split('\n')[0] as string) as Told;
}

describe('scripts/start', () => {
  let remove: () => Promise<void> = () => Promise.resolve();
  afterEach(() => remove());

  async function project(): Promise<string> {
    const made = await makeProject(files);
    remove = made.remove;
    return made.folder;
  }

  it.each([
    ['SIGINT', ['redis', 'mariadb'], skip],
    ['SIGTERM', ['redis'], { ...skip, DATABASE_URL: given.DATABASE_URL }],
    ['SIGHUP', ['redis'], { ...skip, DATABASE_URL: given.DATABASE_URL }],
  ] as const)(
    'ends on %s with status 0, stops the application once and leaves no server (%j)',
    async (signal, names, env) => {
      const folder = await project();
      const start = launch(folder, ['scripts/start'], env);
      const { pid } = await told(start);
      const servers = await Promise.all(
        names.map(async (name) => Number(await readFile(join(folder, '.local/demo', name, 'pid'), 'utf8'))),
      );
      for (const server of servers) expect(await alive(server)).toBe(true);

      start.child.kill(signal);
      const ended = await start.ended;
      expect(ended).toMatchObject({ status: 0 });
      expect(ended.stdout).toContain('signals 1\n');
      for (const each of [pid, ...servers]) expect(await alive(each)).toBe(false);
    },
  );

  it('reacts to SIGINT even if a script started it in the background', async () => {
    const folder = await project();
    const outer = launch(folder, ['bash', '-c', 'scripts/start & echo "$!" > pid; wait $!'], given);
    await told(outer);
    process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')), 'SIGINT');
    expect((await outer.ended).status).toBe(0);
  });

  it('creates the demo key once, readable only by its owner, and keeps it', async () => {
    const folder = await project();
    const keys: string[] = [];
    for (let time = 0; time < 2; time += 1) {
      const start = launch(folder, ['scripts/start'], given);
      keys.push((await told(start)).CREDENTIAL_KEYS);
      start.child.kill('SIGTERM');
      await start.ended;
    }
    expect(keys[0]).toBe(keys[1]);
    const [id, key] = (keys[0] as string).split(':');
    expect(id).toBe('k1');
    expect(Buffer.from(key as string, 'base64')).toHaveLength(32);
    expect((await stat(join(folder, '.local/demo/credential-keys'))).mode & 0o777).toBe(0o600);
  });

  it('--env prints the environment of the running demo for a second terminal', async () => {
    const folder = await project();
    const start = launch(folder, ['scripts/start'], { ...skip, DATABASE_URL: given.DATABASE_URL });
    const { CREDENTIAL_KEYS, REDIS_URL } = await told(start);
    const command = 'eval "$(scripts/start --env)" && echo "$REDIS_URL $CREDENTIAL_KEYS $DATABASE_URL"';
    const ask = () => launch(folder, ['bash', '-c', command], { DATABASE_URL: given.DATABASE_URL }).ended;
    expect((await ask()).stdout).toBe(`${REDIS_URL} ${CREDENTIAL_KEYS} ${given.DATABASE_URL}\n`);
    start.child.kill('SIGTERM');
    await start.ended;
    expect((await ask()).stderr).toContain('Redis of');
  });

  it('keeps variables that the environment sets and fills in the rest', async () => {
    const folder = await project();
    const set = { ...given, CREDENTIAL_KEYS: 'k9:mine', PIMS_SYNC_CONFIG: 'my.yaml', PORT: '1234' };
    const start = launch(folder, ['scripts/start'], set);
    expect(await told(start)).toMatchObject({
      args: [],
      CREDENTIAL_KEYS: 'k9:mine',
      PIMS_SYNC_CONFIG: 'my.yaml',
      PORT: '1234',
      AWS_REGION: 'us-east-1',
      REDIS_URL: 'redis://given',
    });
    start.child.kill('SIGTERM');
    await start.ended;
  });

  it('takes the next port if 8080 is taken', async () => {
    const folder = await project();
    const taker = createServer();
    // Another process may use the port already, which is just as good.
    await new Promise<void>((resolve) => {
      taker.once('error', () => resolve());
      taker.listen(8080, () => resolve());
    });
    const start = launch(folder, ['scripts/start'], given);
    expect(Number((await told(start)).PORT)).toBeGreaterThan(8080);
    start.child.kill('SIGTERM');
    expect((await start.ended).stderr).toContain('port 8080 is taken');
    taker.close();
  });

  it('refuses to run twice in one folder, and deletes everything with --fresh', async () => {
    const folder = await project();
    const first = launch(folder, ['scripts/start'], given);
    const { CREDENTIAL_KEYS: before } = await told(first);
    const second = await launch(folder, ['scripts/start'], given).ended;
    expect(second.status).toBe(1);
    expect(second.stderr).toContain('already running');
    first.child.kill('SIGTERM');
    await first.ended;

    const fresh = launch(folder, ['scripts/start', '--fresh'], given);
    expect((await told(fresh)).CREDENTIAL_KEYS).not.toBe(before);
    fresh.child.kill('SIGTERM');
    expect((await fresh.ended).stderr).toContain('--fresh: deleting');
  });

  it('ends with the exit status of a failing application', async () => {
    const folder = await project();
    const ended = await launch(folder, ['scripts/start'], { ...given, FAKE_EXIT: '7' }).ended;
    expect(ended.status).toBe(7);
    expect(ended.stderr).toContain('exit status 7');
  });
});
