import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { loadConfig } from '../../src/app/config.js';
import { Problem } from '../../src/lib/problem.js';

const key = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
const servers = {
  DATABASE_URL: 'mysql://u:p@localhost/d',
  REDIS_URL: 'redis://localhost',
  CREDENTIAL_KEYS: key,
};

describe('configuration', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function load(yaml: string, env: Record<string, string> = {}) {
    const file = join(folder, 'some.yaml');
    writeFileSync(file, yaml);
    return loadConfig({ ...servers, PIMS_SYNC_CONFIG: file, ...env });
  }
  function problemOf(yaml: string, env?: Record<string, string>): string {
    try {
      load(yaml, env);
    } catch (error) {
      expect(error).toBeInstanceOf(Problem);
      return (error as Problem).message;
    }
    throw new Error('It was accepted.');
  }
  const good = `
publicUrl: https://pets.example/
mail: { from: hello@petapp.example }
practices:
  - id: elm
    name: Elm
    timeZone: America/Chicago
    connector: cornerstone
    connection: { password: "\${PIMS_PASSWORD}" }
    mail: { support: { phone: "555" } }
`;

  it('accepts the shipped examples', () => {
    const env = { ELM_STREET_PIMS_PASSWORD: 'a', OAK_GROVE_PIMS_PASSWORD: 'b' };
    const both = { PIMS_SYNC_CONFIG: 'config/default.yaml,config/practices.example.yaml' };
    expect(loadConfig({ ...servers, ...env, ...both }).practices).toHaveLength(2);
    const demo = { PIMS_SYNC_CONFIG: 'config/demo.yaml', PIMS_SYNC_LOCAL: '.local/demo', PORT: '8080' };
    expect(loadConfig({ ...servers, ...demo }).practices).toHaveLength(4);
  });

  it('inserts environment variables, derives links, is frozen, and never prints a password', () => {
    const config = load(good, { PIMS_PASSWORD: 'hunter2hunter2' });
    const [elm] = config.practices;
    expect(JSON.parse(elm?.connection.open() ?? '')).toEqual({ password: 'hunter2hunter2' });
    expect(config.mail.loginUrl).toBe('https://pets.example/app/login');
    expect(Object.isFrozen(elm?.policy)).toBe(true);
    for (const printed of [JSON.stringify(config), inspect(config, { depth: 9 }), String(elm?.connection)]) {
      expect(printed).not.toContain('hunter2');
      expect(printed).not.toContain(key.slice(3));
    }
  });

  it('reports the settings that a practice without an email section lacks', () => {
    const without = good.replace('    mail: { support: { phone: "555" } }\n', '');
    expect(problemOf(without, { PIMS_PASSWORD: 'x' })).toContain(
      'practices[elm].mail.support: needs a phone number or an email address for questions of pet parents',
    );
  });

  it('configuration: reports all problems at once, each with its path', () => {
    const message = problemOf(
      good
        .replace('America/Chicago', 'Chicago')
        .replace('hello@petapp.example', 'hello')
        .replace('id: elm', 'id: Elm!'),
      { DATABASE_URL: 'postgres://x' },
    );
    expect(message).toContain('practices[Elm!].connection.password uses ${PIMS_PASSWORD}');
    expect(message).toContain('practices[Elm!].id: must be lower-case');
    expect(message).toContain('practices[Elm!].timeZone: must be an IANA name');
    expect(message).toContain('mail.from');
    expect(message).toContain('DATABASE_URL is not a URL that starts with mysql://');
  });

  it('configuration: reports a value left empty by an unset variable only once, and lists allowed values', () => {
    const message = problemOf(`${good}    pageSize: 5\nmetricsToken: \${METRICS_TOKEN}\nweb: { trustProxy: 7 }`, {});
    expect(message).toContain('metricsToken uses ${METRICS_TOKEN}');
    expect(message).not.toContain('metricsToken: ');
    expect(message).toContain('web.trustProxy: must be true, false, or addresses');
    expect(message).toContain('practices[elm].pageSize');
    const rollout = good.replace('mail: { support', 'mail: { rollout: true, support');
    expect(problemOf(rollout, { PIMS_PASSWORD: 'x' })).toMatch(
      /practices\[elm\]\.mail\.rollout: must be false, or hold only first, factor/,
    );
  });

  it('configuration: gives the position of a YAML error without quoting the line', () => {
    const message = problemOf('publicUrl: https://a.example\nmail: {from: "secret-thing', {
      PIMS_PASSWORD: 'x',
    });
    expect(message).toMatch(/some\.yaml, line \d+, column \d+: not valid YAML/);
    expect(message).not.toContain('secret-thing');
  });

  it('names a missing file, and an id that is used twice', () => {
    expect(problemOf('practices: []', { PIMS_SYNC_CONFIG: '/nowhere/at-all.yaml' })).toContain(
      '/nowhere/at-all.yaml cannot be read',
    );
    const twice = good + good.slice(good.indexOf('  - id'));
    expect(problemOf(twice, { PIMS_PASSWORD: 'x' })).toContain('Two practices have the id "elm"');
  });

  it('configuration: trusts only configured proxies, and applies the retention settings', () => {
    const pims = { PIMS_PASSWORD: 'x' };
    const config = load(good, pims);
    expect(config.web.trustProxy).toBe(false);
    expect(config.retention).toEqual({
      missingClientRows: 365,
      mailHistory: 730,
      runs: 400,
      closedWork: 400,
      receipts: 30,
    });
    const trusting = (value: string) => load(`${good}\nweb: { trustProxy: ${value} }`, pims).web.trustProxy;
    expect(trusting('true')).toBe(true);
    expect(trusting('"10.0.0.0/8, ::1"')).toBe('10.0.0.0/8, ::1');
    expect(problemOf(`${good}\nweb: { trustProxy: "the balancer" }`, pims)).toContain('web.trustProxy');
    expect(problemOf(`${good}\nweb: { trustProxy: "10.0.0.0/33" }`, pims)).toContain('10.0.0.0/8');
    expect(problemOf(`${good}\nretention: { runs: 3 }`, pims)).toContain('retention.runs');
    expect(load(`${good}\nretention: { runs: null }`, pims).retention.runs).toBeNull();
  });

  it('reports a URL with an unencoded password, without printing the password', () => {
    const said = problemOf(good, { PIMS_PASSWORD: 'x', DATABASE_URL: 'mysql://u:100%sure@localhost/d' });
    expect(said).toContain('DATABASE_URL');
    expect(said).toContain('%25');
    expect(said).not.toContain('sure');
  });

  it.each(['ssl=true', 'sslmode=require', 'ssl-mode=REQUIRED', 'useSSL=true', 'tls=1'])(
    'refuses a DATABASE_URL that requests TLS by %s, which mysql2 would ignore',
    (query) => {
      const url = `mysql://u:secret@localhost/d?${query}`;
      const said = problemOf(good, { PIMS_PASSWORD: 'x', DATABASE_URL: url });
      expect(said).toContain('DATABASE_URL requests TLS with an option that mysql2 does not know');
      expect(said).not.toContain('secret');
      const ssl = encodeURIComponent('{"rejectUnauthorized":true}');
      expect(() =>
        load(good, { PIMS_PASSWORD: 'x', DATABASE_URL: `mysql://u:p@localhost/d?ssl=${ssl}` }),
      ).not.toThrow();
    },
  );
});
