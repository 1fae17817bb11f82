import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { queueNames as allLanes } from '../../src/jobs/catalog.js';

interface Service {
  profiles?: string[];
  command?: string[];
  environment?: Record<string, unknown>;
  ports?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  stop_grace_period?: string;
  deploy?: { replicas: unknown };
}

const { services } = parse(readFileSync('compose.yaml', 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
};
const dockerfile = readFileSync('Dockerfile', 'utf8');
const ours = ['migrate', 'web', 'worker'] as const;

/** Interpolates as Compose does: `${NAME}`, `${NAME-default if unset}`, `${NAME:-default if empty}`, also nested. */
function interpolated(text: string, env: Record<string, string>): string {
  const inner = /\$\{(\w+)(?:(:?-)([^${}]*))?\}/;
  for (let match = inner.exec(text); match; match = inner.exec(text)) {
    const [whole, name = '', how, otherwise = ''] = match;
    const value = how === ':-' ? env[name] || otherwise : (env[name] ?? otherwise);
    text = text.replace(whole, () => value);
  }
  return text;
}

describe('compose.yaml', () => {
  it.each(ours)('runs %s with an existing command, once MariaDB and Redis are healthy', (name) => {
    const [command] = services[name]?.command ?? [];
    expect(readFileSync('src/main.ts', 'utf8')).toContain(`.command('${command}')`);
    expect(services[name]?.depends_on).toMatchObject({
      redis: { condition: 'service_healthy' },
      mariadb: { condition: 'service_healthy' },
    });
  });

  it.each(ours)('gives %s all variables that the configuration needs', (name) => {
    const given = Object.keys(services[name]?.environment ?? {});
    const needed = ['DATABASE_URL', 'REDIS_URL', 'CREDENTIAL_KEYS', 'PIMS_SYNC_CONFIG', 'PORT', 'AWS_REGION'];
    expect(needed.filter((one) => !given.includes(one))).toEqual([]);
  });

  it.each([
    ['web', 'PORT'],
    ['worker', 'HEALTH_PORT'],
  ])('checks the readiness of %s at its %s, with a file that is in the image', (name, variable) => {
    const { healthcheck, environment } = services[name] as Service;
    const [how, node, file, question, port] = healthcheck?.test ?? [];
    expect([how, node, question]).toEqual(['CMD', 'node', 'readyz']);
    expect(port).toBe(String(environment?.[variable]));
    expect(dockerfile).toMatch(new RegExp(`^COPY [^\\n]*${file}`, 'm'));
  });

  it('publishes web on the port where it listens, and Prometheus reads it there', () => {
    const { ports, environment } = services['web'] as Service;
    const port = String(environment?.['PORT']);
    expect(ports?.map((one) => one.split(':').at(-1))).toEqual([port]);
    const prometheus = parse(readFileSync('ops/prometheus.yaml', 'utf8')) as {
      scrape_configs: { dns_sd_configs: { names: string[]; port: number }[] }[];
    };
    expect(prometheus.scrape_configs[0]?.dns_sd_configs).toEqual([{ names: ['web'], type: 'A', port: Number(port) }]);
  });

  describe('keeps the application from changing the audit trail', () => {
    const env = { MARIADB_PASSWORD: 'app-password', MARIADB_ROOT_PASSWORD: 'root-password' };
    const given = (name: string, variable: string, also: Record<string, string> = {}) =>
      interpolated(String(services[name]?.environment?.[variable]), { ...env, ...also });

    it('by an administrator of the same database, which only migrate receives', () => {
      const admin = new URL(given('migrate', 'DATABASE_ADMIN_URL'));
      const app = new URL(given('migrate', 'DATABASE_URL'));
      expect([admin.username, admin.password]).toEqual(['root', given('mariadb', 'MARIADB_ROOT_PASSWORD')]);
      expect([app.username, app.password]).toEqual([
        services['mariadb']?.environment?.['MARIADB_USER'],
        given('mariadb', 'MARIADB_PASSWORD'),
      ]);
      expect([admin.host, admin.pathname]).toEqual([app.host, app.pathname]);
      expect(admin.pathname).toBe(`/${services['mariadb']?.environment?.['MARIADB_DATABASE']}`);
    });

    it('by default, and with another administrator or none if configured', () => {
      const unset = interpolated(String(services['migrate']?.environment?.['DATABASE_ADMIN_URL']), {});
      const root = interpolated(String(services['mariadb']?.environment?.['MARIADB_ROOT_PASSWORD']), {});
      expect(new URL(unset).password).toBe(root);
      const other = 'mysql://dba:secret@db.example:3306/pims_sync';
      expect(given('migrate', 'DATABASE_ADMIN_URL', { DATABASE_ADMIN_URL: other })).toBe(other);
      expect(given('migrate', 'DATABASE_ADMIN_URL', { DATABASE_ADMIN_URL: '' })).toBe('');
    });

    it.each(['web', 'worker'])('and hides the administrator in .env from %s', (name) => {
      // Values of `environment` take precedence over `env_file`.
      for (const variable of ['DATABASE_ADMIN_URL', 'MARIADB_ROOT_PASSWORD'])
        expect(services[name]?.environment?.[variable]).toBe('');
    });

    it('with a password that docs/operations.md generates', () => {
      expect(readFileSync('docs/operations.md', 'utf8')).toMatch(/^MARIADB_ROOT_PASSWORD=\$\(openssl rand -hex 16\)$/m);
    });
  });

  it('publishes the demo and its mailbox to this machine', () => {
    const { ports, environment } = services['demo'] as Service;
    expect(environment).toMatchObject({ LISTEN_HOST: '0.0.0.0', PORT: '${PORT:-8080}', MAILBOX_PORT: 8025 });
    expect(ports).toEqual(['${PORT:-8080}:${PORT:-8080}', '127.0.0.1:8025:8025']);
  });

  it('lets the application into the databases of the demo only in the demo', () => {
    const { profiles, command } = services['demo-rights'] as Service;
    expect([profiles, command]).toEqual([['demo'], [expect.stringMatching(/^GRANT .* ON `pims\\_demo\\_%`/)]]);
    expect(services['demo']?.depends_on).toMatchObject({
      'demo-rights': { condition: 'service_completed_successfully' },
    });
    expect(
      Object.entries(services).filter(([name, one]) => !/^demo/.test(name) && /demo/.test(JSON.stringify(one))),
    ).toEqual([]);
  });

  it('makes workers serve every queue by default', () => {
    const [, flag, queueNames = ''] = services['worker']?.command ?? [];
    expect([flag, interpolated(queueNames, {}).split(',').sort()]).toEqual(['--queues', [...allLanes].sort()]);
    expect(interpolated(queueNames, { WORKER_QUEUES: 'pims,accounts' })).toBe('pims,accounts');
  });

  it('runs as many workers as .env says, and one by default', () => {
    const replicas = String(services['worker']?.deploy?.replicas);
    expect([interpolated(replicas, {}), interpolated(replicas, { WORKERS: '3' })]).toEqual(['1', '3']);
  });

  it('gives each process more time to stop than it needs', () => {
    expect(services['worker']?.stop_grace_period).toBe('60s');
    expect(services['web']?.stop_grace_period).toBe('20s');
  });
});

describe('the Dockerfile', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, one = '']) => one.split(' '));

  it('copies only files that exist and that .dockerignore lets in', () => {
    const letIn = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(copied.length).toBeGreaterThan(8);
    expect(copied.filter((path) => !existsSync(path))).toEqual([]);
    // A folder in which operators put files is copied file by file.
    for (const folder of ['config', 'exports']) expect(copied).not.toContain(folder);
    expect(copied.filter((path) => !letIn.includes(path))).toEqual([]);
    expect(letIn.filter((path) => !copied.includes(path))).toEqual([]);
  });

  it('checks whether the process is alive, on the ports that it sets', () => {
    const [, port, healthPort] = /^ENV PORT=(\d+) HEALTH_PORT=(\d+)$/m.exec(dockerfile) ?? [];
    expect(dockerfile).toContain(`EXPOSE ${port} ${healthPort}`);
    expect(dockerfile).toMatch(/HEALTHCHECK [^]*healthy\.js healthz \$PORT \$HEALTH_PORT/);
  });
});
