import { createConnection, createPool } from 'mysql2/promise';
import { Redis } from 'ioredis';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { fillCornerstone } from '../../demo/practices/fill/cornerstone.js';
import { openOdbc, sqliteString } from '../../demo/practices/fill/odbc.js';
import { generatePractice } from '../../demo/practices/practice.js';
import type { Truth } from '../../demo/practices/truth.js';
import { freePort, killAll, pimsSync, startPimsSync, type Ended, type Running } from './processes.js';

type Settings = Record<string, unknown>;

export interface Clinic {
  folder: string;
  /** Path of the configuration file; `configure` rewrites it. */
  configFile: string;
  configure(change: { practice?: Settings; root?: Settings }): void;
  /** The text of a configuration file. */
  configuration(change: { practice?: Settings; root?: Settings }): string;
  /** The environment of its processes; a test may change it. */
  env: Record<string, string>;
  /** URL of the web process, as browsers reach it. */
  webUrl: string;
  truth: Truth;
  pimsFile: string;
  /** Changes the PIMS, as the practice's staff would. */
  pims(...statements: string[]): Promise<void>;
  /** Queries our own database. */
  rows<T = Record<string, unknown>>(sql: string, values?: unknown[]): Promise<T[]>;
  redis: Redis;
  run(...args: string[]): Promise<Ended>;
  start(...args: string[]): Running;
  close(): Promise<void>;
}

export const practiceId = 'elm-street';

/** The password of the PIMS login, which SQLite ignores; the tests check that it appears nowhere else. */
export const pimsPassword = 'pims-Passw0rd-of-Elm-Street';

/** Servers of its own instead of those shared by all tests. */
export interface ServerUrls {
  DATABASE_URL: string;
  REDIS_URL: string;
}

/**
 * Makes a practice on real servers: a PIMS of Cornerstone's shape in an SQLite file over ODBC, its own MariaDB
 * database, its own Redis database number, and a configuration file in its own folder.
 */
export async function openClinic(
  make: { clients?: number; mess?: number; seed?: number; migrated?: boolean; servers?: ServerUrls } = {},
): Promise<Clinic> {
  const { DATABASE_URL: database, REDIS_URL: redisUrl } = make.servers ?? process.env;
  if (!database || !redisUrl) throw new Error('Run the tests with ./scripts/test, which starts MariaDB and Redis.');
  const folder = mkdtempSync(join(tmpdir(), 'pims-clinic-'));
  const pimsFile = join(folder, 'cornerstone.sqlite');
  const truth = await fillCornerstone({
    practice: generatePractice({
      seed: make.seed ?? 7,
      clients: make.clients ?? 80,
      mess: make.mess ?? 0.5,
      today: new Date().toISOString().slice(0, 10),
    }),
    file: pimsFile,
  });

  const name = `pims_test_${process.pid}_${Date.now().toString(36)}_${Math.random().toString(36).slice(2, 8)}`;
  const databaseUrl = Object.assign(new URL(database), { pathname: `/${name}` });
  const maker = await createConnection(database);
  await maker.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  await maker.end();
  // One connection at a time, and a new one after the server restarted.
  const settings = { uri: databaseUrl.href, connectionLimit: 1 };
  const admin = createPool({ ...settings, timezone: 'Z', dateStrings: ['DATE'] });

  // Each jest process has its own number and runs one file at a time.
  const number = 1 + (Number(process.env['JEST_WORKER_ID'] ?? 1) % 14);
  const ownRedis = `${redisUrl.replace(/\/\d*$/, '')}/${number}`;
  const redis = new Redis(ownRedis);
  await redis.flushdb();

  const port = await freePort();
  const configFile = join(folder, 'pims-sync.yaml');
  const clinic: Clinic = {
    folder,
    configFile,
    configure: (change) => writeFileSync(configFile, clinic.configuration(change)),
    configuration: ({ practice, root }) => stringify(configuration(practice, root)),
    env: {
      DATABASE_URL: databaseUrl.href,
      REDIS_URL: ownRedis,
      CREDENTIAL_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
      PIMS_SYNC_CONFIG: configFile,
      ELM_STREET_PIMS_PASSWORD: pimsPassword,
      PORT: String(port),
      LISTEN_HOST: '127.0.0.1',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test-secret-of-aws',
      // A URL without a listener, until a test sets its own endpoint.
      AWS_ENDPOINT_URL_SES: 'http://127.0.0.1:9',
    },
    webUrl: `http://127.0.0.1:${port}`,
    truth,
    pimsFile,
    async pims(...statements) {
      const writer = await openOdbc(sqliteString(pimsFile));
      try {
        for (const statement of statements) await writer.run(statement);
      } finally {
        await writer.close();
      }
    },
    async rows<T>(sql: string, values: unknown[] = []) {
      const [found] = await admin.query(sql, values);
      return found as T[];
    },
    redis,
    run: (...args) => pimsSync(args, clinic.env, folder),
    start: (...args) => startPimsSync(args, clinic.env, folder),
    async close() {
      await killAll();
      await redis.flushdb();
      redis.disconnect();
      await admin.query(`DROP DATABASE ${name}`);
      await admin.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  clinic.configure({});
  if (make.migrated ?? true) {
    const { code, err } = await clinic.run('migrate');
    if (code !== 0) throw new Error(`migrate failed: ${err}`);
  }
  return clinic;
}

/** Returns a command's JSON answer. @throws with its error if it fails */
export async function answer(clinic: Clinic, ...args: string[]) {
  const { code, out, err } = await clinic.run(...args, '--json');
  if (code !== 0) throw new Error(`pims-sync ${args.join(' ')} failed: ${err}`);
  return JSON.parse(out);
}

function configuration(practice: Settings = {}, root: Settings = {}): Settings {
  return {
    publicUrl: 'http://127.0.0.1:${PORT}',
    ...root,
    mail: {
      from: 'hello@petapp.example',
      configurationSet: 'petapp',
      topicArns: ['arn:aws:sns:us-east-1:000000000000:ses-events'],
      localCertificates: true,
      ...(root['mail'] as Settings | undefined),
    },
    practices: [
      {
        id: practiceId,
        name: 'Elm Street Animal Hospital',
        timeZone: 'America/Chicago',
        connector: 'cornerstone',
        connection: {
          driver: 'SQLite3',
          database: 'cornerstone.sqlite',
          user: 'reader',
          password: '${ELM_STREET_PIMS_PASSWORD}',
        },
        policy: { welcome: 'automatic' },
        mail: { support: { phone: '555-0100', email: 'desk@elm.example' }, rollout: false },
        pageSize: 25,
        ...practice,
      },
    ],
  };
}
