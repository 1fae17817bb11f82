import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openClinic, pimsPassword, practiceId, type Clinic } from '../support/clinic.js';
import { leaksIn } from '../support/leaks.js';
import { pimsSync, type Ended } from '../support/processes.js';
import { dumpTables } from '../support/table-dump.js';

interface Failure {
  when: string;
  args: readonly string[];
  /** Changes to the environment; null removes a variable. */
  env?: Record<string, string | null>;
  /** Changes to the practice in the configuration. */
  practice?: Record<string, unknown>;
  /** A configuration file that replaces the usual one. */
  yaml?: string;
  /** The text that the error must name. */
  says: readonly (string | RegExp)[];
  /** The error's code; null for an invalid command line. */
  code: string | null;
}

const sync = ['sync', practiceId];
const odbc = { user: 'reader', password: '${ELM_STREET_PIMS_PASSWORD}' };
const wrongPassword = 'not-the-Passw0rd';
const add = ['staff', 'add', 'desk@elm.example', '--name', 'Dana'];

/** Run before `migrate`. */
const tooEarly: Failure[] = [sync, ['plan', practiceId], ['approve', practiceId], ['verify'], ['web'], ['worker']].map(
  (args) => ({
    when: `${args[0]} is called before migrate`,
    args,
    says: ['A table is missing', 'Run: pims-sync migrate'],
    code: 'database-not-migrated',
  }),
);

const failures: Failure[] = [
  // Errors in the configuration.
  {
    when: 'the YAML is broken',
    args: sync,
    yaml: 'publicUrl: "http://x\nmail: {from: [}',
    says: [/bad\d*\.yaml, line \d+, column \d+: not valid YAML/],
    code: 'config-wrong',
  },
  {
    when: 'the file does not exist',
    args: sync,
    env: { PIMS_SYNC_CONFIG: 'nowhere.yaml' },
    says: [/nowhere\.yaml cannot be read/, 'PIMS_SYNC_CONFIG'],
    code: 'config-wrong',
  },
  {
    when: 'settings are wrong',
    args: sync,
    practice: { timeZone: 'Mars', colour: 'red' },
    says: ['2 problems', 'practices[elm-street].timeZone', '"colour"'],
    code: 'config-wrong',
  },
  {
    when: 'variables are missing',
    args: sync,
    env: { DATABASE_URL: null, CREDENTIAL_KEYS: null, ELM_STREET_PIMS_PASSWORD: null },
    says: [
      '3 problems',
      'DATABASE_URL',
      'CREDENTIAL_KEYS',
      'practices[elm-street].connection.password uses ${ELM_STREET_PIMS_PASSWORD}',
    ],
    code: 'config-wrong',
  },
  {
    when: 'a key is invalid',
    args: sync,
    env: { CREDENTIAL_KEYS: `k1:${wrongPassword}` },
    says: ['Entry 1 of CREDENTIAL_KEYS', 'pims-sync keys new'],
    code: 'credential-keys-wrong',
  },
  {
    when: 'REDIS_URL is not a URL',
    args: sync,
    env: { REDIS_URL: `redis//:${wrongPassword}@x` },
    says: ['REDIS_URL'],
    code: 'config-wrong',
  },
  {
    when: 'the connector is unknown',
    args: sync,
    practice: { connector: 'cornerstonne' },
    says: ['"cornerstonne"', 'cornerstone, avimark'],
    code: 'pims-settings-wrong',
  },
  // Errors of required services.
  ...[sync, ['migrate'], ['staff', 'add', 'a@b.example', '--name', 'A', '--role', 'operator'], ['web'], ['worker']].map(
    (args) => ({
      when: `MariaDB is down and ${args[0]} is called`,
      args,
      env: { DATABASE_URL: 'mysql://u:p@127.0.0.1:9/x' },
      says: ['DATABASE_URL', 'ECONNREFUSED', 'Start it'],
      code: 'database-unreachable',
    }),
  ),
  {
    when: 'the password of MariaDB is wrong',
    args: sync,
    env: { DATABASE_URL: 'wrong password' },
    says: ['DATABASE_URL', 'Correct them'],
    code: 'database-login-refused',
  },
  {
    when: 'the database does not exist',
    args: sync,
    env: { DATABASE_URL: 'no database' },
    says: ['pims_nowhere', 'CREATE DATABASE pims_nowhere'],
    code: 'database-missing',
  },
  ...[sync, ['approve', practiceId], ['web'], ['worker']].map((args) => ({
    when: `Redis is down and ${args[0]} is called`,
    args,
    env: { REDIS_URL: 'redis://127.0.0.1:9' },
    says: ['REDIS_URL', 'Start it'],
    code: 'redis-unreachable',
  })),
  {
    when: 'the port is taken',
    args: ['web'],
    env: { PORT: 'taken' },
    says: [/port \d+ of 127\.0\.0\.1/, 'PORT'],
    code: 'port-not-free',
  },
  // Errors of the PIMS.
  {
    when: 'the DSN is wrong',
    args: sync,
    practice: { connection: { ...odbc, dsn: 'no_such_dsn' } },
    says: ['no_such_dsn', 'odbcinst'],
    code: 'pims-driver-missing',
  },
  {
    when: 'the connection string is wrong',
    args: sync,
    practice: { connection: { connectionString: `garbage PWD=${pimsPassword}` } },
    says: ['odbcinst'],
    code: 'pims-driver-missing',
  },
  {
    when: 'the ODBC driver is missing',
    args: sync,
    practice: { connection: { ...odbc, driver: 'SQL Everywhere 18', database: 'cs', dialect: 'sqlite' } },
    says: ['SQL Everywhere 18', 'odbcinst'],
    code: 'pims-driver-missing',
  },
  {
    when: 'the password of the PIMS is wrong',
    args: sync,
    practice: { connection: 'mariadb' },
    says: ['refused the login', '`connection`'],
    code: 'pims-login-refused',
  },
  {
    when: 'the PIMS is off',
    args: sync,
    practice: { connection: { ...odbc, driver: 'MariaDB Unicode', host: '127.0.0.1', port: 9, database: 'cs' } },
    says: ['127.0.0.1', 'firewall'],
    code: 'pims-unreachable',
  },
  ...[sync, ['plan', practiceId]].map((args) => ({
    when: `a column is missing and ${args[0]} is called`,
    args,
    says: [
      /column (\w+\.)?email\b/,
      'pims-sync check',
      '`mapping.clients.emails`',
      'mapping: { clients: { emails: [<column>] } }',
    ],
    code: 'pims-schema-differs',
  })),
  { when: 'a column is missing and check is called', args: ['check'], says: ['elm-street'], code: 'check-failed' },
  // Errors in the command line.
  ...[sync, ['plan'], ['check'], ['approve'], ['discover'], ['preview-mail']].map(([command = '']) => ({
    when: `${command} is called for a practice that is not there`,
    args: [command, 'oak'],
    says: ['"oak"', 'Configured practices: elm-street'],
    code: 'practice-unknown',
  })),
  { when: 'the command is unknown', args: ['synk'], says: ["unknown command 'synk'"], code: null },
  { when: 'an option is unknown', args: [...sync, '--fast'], says: ["unknown option '--fast'"], code: null },
  { when: 'an argument is missing', args: ['sync'], says: ["missing required argument 'practice'"], code: null },
  {
    when: 'a format is unknown',
    args: ['plan', practiceId, '--format', 'xml'],
    says: ["'xml'", 'table, csv, json'],
    code: null,
  },
  {
    when: 'a queue is unknown',
    args: ['worker', '--queues', 'fast'],
    says: ['"fast"', 'pims, mail, accounts'],
    code: null,
  },
  { when: 'a role is unknown', args: [...add, '--role', 'king'], says: ["'king'", 'front-desk'], code: null },
  {
    when: 'a staff member has no practice',
    args: [...add, '--role', 'owner'],
    says: ['owner', '--practice'],
    code: 'practice-missing',
  },
  {
    when: 'a staff member has no address',
    args: ['staff', 'add', 'dana', '--name', 'Dana', '--role', 'operator'],
    says: ['"dana"'],
    code: 'email-wrong',
  },
  {
    when: 'an approval has no plan',
    args: ['approve', practiceId],
    says: ['Elm Street', `pims-sync sync ${practiceId}`],
    code: 'nothing-to-approve',
  },
];

describe('command line: errors', () => {
  let clinic: Clinic;
  const ended = new Map<Failure, Ended>();
  const taken = createServer();
  let untouched: { before: unknown; after: unknown };

  beforeAll(async () => {
    clinic = await openClinic({ migrated: false });
    await inTurns(tooEarly, provoke);
    expect(await clinic.rows('SHOW TABLES')).toEqual([]);
    await clinic.run('migrate');
    await clinic.pims('ALTER TABLE pp_client RENAME COLUMN email TO e_mail');
    await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening));
    const except = ['sync_runs', 'practices'];
    const before = await dumpTables(clinic, except);
    await inTurns(failures, provoke);
    untouched = { before, after: await dumpTables(clinic, except) };
  }, 400_000);
  afterAll(async () => {
    taken.close();
    await clinic?.close();
  });

  describe.each([...tooEarly, ...failures])('when $when', (failure) => {
    it('command line: reports each error once with the next step, and exits with a status other than 0', () => {
      const { code, err, out } = ended.get(failure) as Ended;
      expect({ code, err, out }).toMatchObject({ code: 1 });
      expect(err.match(/^error: |^Error: /gim)).toHaveLength(1);
      expect(err).toMatch(failure.code === null ? /--help/ : /^Next: {2}\S/m);
      if (failure.code !== null) expect(err).toMatch(new RegExp(`^\\(${failure.code}\\)\\n$`, 'm'));
      for (const words of failure.says) expect(err).toMatch(words);
      expect(err).not.toMatch(/^\s+at |unexpected error/m);
    });

    it('prints no secret', () => {
      const { err, out } = ended.get(failure) as Ended;
      const { DATABASE_URL, CREDENTIAL_KEYS, AWS_SECRET_ACCESS_KEY } = clinic.env;
      const exact = [
        new URL(DATABASE_URL as string).password,
        (CREDENTIAL_KEYS as string).slice(3),
        AWS_SECRET_ACCESS_KEY as string,
        pimsPassword,
        wrongPassword,
      ];
      expect(leaksIn([out, err], { temporaryPasswords: [], emails: [], exact })).toEqual([]);
    });
  });

  it('names the missing column that check also reports, and a column that exists', () => {
    const failure = failures.find(({ code }) => code === 'check-failed') as Failure;
    expect(ended.get(failure)?.out).toMatch(/pp_client has no column email; it does have e_mail/);
  });

  it('the next sync succeeds as if there had been no error', async () => {
    expect(untouched.after).toEqual(untouched.before);
    expect(
      await clinic.rows(
        "SELECT id FROM sync_runs WHERE state IN ('queued', 'reading', 'evaluating') OR active_practice IS NOT NULL",
      ),
    ).toEqual([]);
    expect((await clinic.redis.keys('*')).filter((key) => !key.endsWith(':meta'))).toEqual([]);
    await clinic.pims('ALTER TABLE pp_client RENAME COLUMN e_mail TO email');
    const { code, out } = await clinic.run(...sync, '--json');
    expect({ code, ...JSON.parse(out) }).toMatchObject({
      code: 0,
      new: clinic.truth.clients,
      accounts: clinic.truth.accounts,
    });
  });

  async function provoke(failure: Failure, at: number): Promise<void> {
    const env = { ...clinic.env };
    if (failure.yaml !== undefined || failure.practice !== undefined) {
      env['PIMS_SYNC_CONFIG'] = join(clinic.folder, `bad${at}.yaml`);
      writeFileSync(env['PIMS_SYNC_CONFIG'], failure.yaml ?? clinic.configuration({ practice: practiceOf(failure) }));
    }
    for (const [name, value] of Object.entries(failure.env ?? {})) {
      if (value === null) delete env[name];
      else env[name] = spelledOut(name, value);
    }
    ended.set(failure, await pimsSync(failure.args, env, clinic.folder));
  }

  /** Fills in values that are known only once the servers run. */
  function spelledOut(name: string, value: string): string {
    const url = new URL(clinic.env['DATABASE_URL'] as string);
    if (value === 'wrong password') return Object.assign(url, { password: wrongPassword }).href;
    if (value === 'no database') return Object.assign(url, { pathname: '/pims_nowhere' }).href;
    return name === 'PORT' ? String((taken.address() as { port: number }).port) : value;
  }

  function practiceOf({ practice = {} }: Failure): Record<string, unknown> {
    if (practice['connection'] !== 'mariadb') return practice;
    const { hostname: host, port, username: user } = new URL(clinic.env['DATABASE_URL'] as string);
    return {
      connection: { ...odbc, driver: 'MariaDB Unicode', host, port: Number(port), database: 'cs', user },
    };
  }
});

/** Runs two at a time, as many as the cores of the smallest machine; two syncs at once would join as one. */
async function inTurns(all: readonly Failure[], provoke: (one: Failure, at: number) => Promise<void>): Promise<void> {
  const turn = async (syncs: boolean) => {
    for (const [at, one] of all.entries()) if ((one.args[0] === 'sync') === syncs) await provoke(one, at);
  };
  await Promise.all([turn(true), turn(false)]);
}
