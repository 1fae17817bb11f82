import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createConnection, type Connection } from 'mysql2/promise';
import { stringify } from 'yaml';
import { startLocalSes, type LocalSes } from '../../../demo/ses/local-ses.js';
import { freePort, until } from '../../support/processes.js';
import { openPractices, type ChaosPractices } from './practices.js';
import { startServers, type Servers } from '../../support/servers.js';

/** The only topic that the town's web process trusts. */
export const topicArn = 'arn:aws:sns:us-east-1:000000000000:ses-events';

/** One process that is kept running: it restarts after every exit, as with a service manager. */
interface Kept {
  name: string;
  kind: 'web' | 'worker';
  /** Moves this process's wall clock by `offsetMs` milliseconds from the true time. */
  setClock(offsetMs: number): void;
  /** @returns false if it was not running */
  kill(): boolean;
  alive(): boolean;
}

export interface Town {
  servers: Servers;
  practices: ChaosPractices;
  ses: LocalSes;
  webUrl: string;
  env: Record<string, string>;
  kept: Kept[];
  /** Processes that ended although nothing killed them after they were up; each is a finding. */
  crashes: string[];
  /** Number of processes started so far. */
  starts(): number;
  /** Starts one more process of a kind. Its log goes to a full disk if `logFull` is set. */
  add(kind: Kept['kind'], options?: { logFull?: boolean }): Kept & { remove(): Promise<void> };
  /** Queries our own database; opens a connection for each query because the server restarts. */
  rows<T = Record<string, unknown>>(sql: string, values?: unknown[]): Promise<T[]>;
  /** Runs one command until it exits. */
  command(...args: string[]): Promise<{ code: number | null; out: string; err: string }>;
  /** Stops all processes gracefully. @returns what was wrong with their exits */
  stop(): Promise<string[]>;
  close(): Promise<void>;
}

export interface TownOptions {
  seed: number;
  /** Number of clients in each of the four practices. */
  clients: number;
  workers: number;
}

/** Starts four practices, their servers, and web and worker processes: the whole system on one machine. */
export async function openTown({ seed, clients, workers }: TownOptions): Promise<Town> {
  const { DATABASE_URL: outer } = process.env;
  if (!outer) throw new Error('Run the tests with ./scripts/test, which starts MariaDB and Redis.');
  const folder = mkdtempSync(join(tmpdir(), 'pims-chaos-'));
  const servers = await startServers(folder);
  const practices = await openPractices(join(folder, 'pims'), outer, clients, seed);
  const ses = await startLocalSes({ maxSendRate: 150, max24HourSend: -1, seed });
  const port = await freePort();
  const webUrl = `http://127.0.0.1:${port}`;
  const configFile = join(folder, 'pims-sync.yaml');
  writeFileSync(configFile, configuration(practices));
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: '/nonexistent',
    DATABASE_URL: servers.mariadb.url,
    REDIS_URL: servers.redis.url,
    CREDENTIAL_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
    PIMS_SYNC_CONFIG: configFile,
    PORT: String(port),
    LISTEN_HOST: '127.0.0.1',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_SES: ses.url,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  const crashes: string[] = [];
  const keeper = createKeeper(env, folder, crashes);
  const town: Town = {
    servers,
    practices,
    ses,
    webUrl,
    env,
    kept: keeper.kept,
    crashes,
    starts: keeper.starts,
    add: keeper.add,
    async rows<T>(sql: string, values: unknown[] = []) {
      const connection = await connectTo(servers.mariadb.url);
      try {
        return (await connection.query(sql, values))[0] as T[];
      } finally {
        await connection.end();
      }
    },
    command: (...args) => run(args, env, folder),
    stop: keeper.stop,
    async close() {
      await keeper.killAll();
      await ses.stop();
      await practices.close();
      await servers.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const migrated = await town.command('migrate');
  if (migrated.code !== 0) throw new Error(`migrate failed: ${migrated.err}`);
  town.add('web');
  for (let at = 0; at < workers; at++) town.add('worker');
  await until('the web process answers', () =>
    fetch(`${webUrl}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    ),
  );
  ses.set({ notify: { url: `${webUrl}/v1/ses-events`, topicArn, duplicate: 0.2, reorder: 0.2 } });
  await until('the subscription is confirmed', () => ses.events.state().confirmed);
  return town;
}

async function connectTo(url: string): Promise<Connection> {
  const connection = await createConnection({ uri: url, timezone: 'Z', dateStrings: ['DATE'] });
  await connection.query("SET time_zone = '+00:00'");
  return connection;
}

function configuration({ list }: ChaosPractices): string {
  return stringify({
    publicUrl: 'http://127.0.0.1:${PORT}',
    web: { drainSeconds: 0 },
    mail: {
      from: 'hello@petapp.example',
      configurationSet: 'petapp',
      topicArns: [topicArn],
      localCertificates: true,
      uncertainMinutes: 0,
    },
    practices: list.map(({ id, kind, connection }) => ({
      id,
      name: `Practice of ${kind}`,
      timeZone: 'UTC',
      connector: kind,
      connection,
      // Half a day from now: nightly syncs start only when a storm starts them, not by the time of the test.
      schedule: { at: '23:59', spreadMinutes: 0 },
      policy: { welcome: 'automatic' },
      mail: { support: { phone: '555-0100' }, rollout: false },
      pageSize: 20,
    })),
  });
}

const binary = resolve('dist/src/main.js');

async function run(args: readonly string[], env: Record<string, string>, cwd: string) {
  const child = spawn(process.execPath, [binary, ...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...written };
}

const keptOutput = 200_000;
/** A worker hands back its jobs after 20 s. */
const stopsWithinSeconds = 25;

function createKeeper(env: Record<string, string>, folder: string, crashes: string[]) {
  const kept: (Kept & { end(signal: NodeJS.Signals): Promise<number | null>; said(): string })[] = [];
  const preload = pathToFileURL(resolve('test/chaos/support/preload.mjs')).href;
  let starts = 0;
  let number = 0;

  function add(kind: Kept['kind'], { logFull = false } = {}) {
    const name = `${kind} ${++number}`;
    const clockFile = join(folder, `clock-${number}`);
    writeFileSync(clockFile, '0');
    let child: ChildProcess | null = null;
    let output = '';
    let wanted = true;
    let killed = false;
    let up = false;
    let began = 0;
    // A worker with a full log cannot report that it is up; after this time it is up, or it has given up.
    const wasUp = () => up || (logFull && Date.now() - began > 10_000);
    const command = [process.execPath, '--import', preload, binary, kind];
    const begin = () => {
      starts++;
      killed = false;
      up = false;
      output = '';
      const started = logFull
        ? spawn('sh', ['-c', 'exec "$@" 2>/dev/full', 'sh', ...command], {
            env: { ...env, CHAOS_CLOCK_FILE: clockFile },
            cwd: folder,
            stdio: ['ignore', 'pipe', 'ignore'],
          })
        : spawn(command[0] as string, command.slice(1), {
            env: { ...env, CHAOS_CLOCK_FILE: clockFile },
            cwd: folder,
            stdio: ['ignore', 'pipe', 'pipe'],
          });
      began = Date.now();
      child = started;
      for (const stream of [started.stdout, started.stderr]) {
        stream?.setEncoding('utf8').on('data', (text: string) => {
          output = (output + text).slice(-keptOutput);
          up ||= /"working"|"serving"/.test(text);
        });
      }
      started.on('close', (code, signal) => {
        if (child === started) child = null;
        // A process that never got up found its servers down and said so; its service manager restarts it.
        if (!killed && wanted && wasUp())
          crashes.push(`${name} ended by itself (${code ?? signal}):\n${output.slice(-3000)}`);
        if (wanted) setTimeout(() => wanted && child === null && begin(), 200);
      });
    };
    const one = {
      name,
      kind,
      setClock: (offsetMs: number) => writeFileSync(clockFile, String(offsetMs)),
      alive: () => child !== null && (logFull || up),
      kill() {
        if (child === null) return false;
        killed = true;
        child.kill('SIGKILL');
        return true;
      },
      said: () => output.slice(-3000),
      async end(signal: NodeJS.Signals) {
        wanted = false;
        if (child === null) return null;
        const closed = once(child, 'close') as Promise<[number | null]>;
        child.kill(signal);
        return (await closed)[0];
      },
      async remove() {
        kept.splice(kept.indexOf(one), 1);
        const code = await one.end('SIGTERM');
        if (code !== 0 && code !== null && wasUp())
          crashes.push(`${name} did not stop cleanly (${code}):\n${output.slice(-3000)}`);
      },
    };
    kept.push(one);
    begin();
    return one;
  }

  return {
    kept,
    add,
    starts: () => starts,
    async stop() {
      const ended = kept.splice(0).map(async (one) => {
        const began = Date.now();
        const code = await one.end('SIGTERM');
        const seconds = (Date.now() - began) / 1000;
        return code === 0 && seconds < stopsWithinSeconds
          ? []
          : [`${one.name} ended with ${code} after ${seconds} s:\n${one.said()}`];
      });
      return (await Promise.all(ended)).flat();
    },
    killAll: () => Promise.all(kept.splice(0).map((one) => one.end('SIGKILL'))),
  };
}
