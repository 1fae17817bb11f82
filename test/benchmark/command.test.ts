import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import type { Result } from '../../benchmark/report.js';
import { startBenchmark } from '../support/processes.js';

// The test starts about twenty processes, so it needs a long timeout on a machine that runs other tests too.
jest.setTimeout(300_000);

describe('pims-sync benchmark', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pims-benchmark-'));
  const adminUrl = process.env['DATABASE_URL'] as string;
  const user = `pims_bench_${process.pid}_${Math.random().toString(36).slice(2, 7)}`;
  let admin: Connection;
  let env: Record<string, string>;

  beforeAll(async () => {
    const config = join(folder, 'pims-sync.yaml');
    writeFileSync(config, 'publicUrl: http://127.0.0.1:1\nmail: { from: hello@pims.test }\npractices: []\n');
    admin = await createConnection(adminUrl);
    await admin.query(`CREATE USER '${user}'@'%' IDENTIFIED BY 'narrow'`);
    env = {
      DATABASE_URL: Object.assign(new URL(adminUrl), { username: user, password: 'narrow', pathname: '/' }).href,
      REDIS_URL: process.env['REDIS_URL'] as string,
      CREDENTIAL_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
      PIMS_SYNC_CONFIG: config,
    };
  });
  afterAll(async () => {
    await admin?.query(`DROP USER '${user}'@'%'`);
    await admin?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const databasesOf = async (pid: number) => {
    const [rows] = await admin.query<RowDataPacket[]>('SHOW DATABASES');
    return rows
      .map(({ Database }) => String(Database))
      .filter((name) => new RegExp(`^pims_bench_.*_${pid}(_|$)`).test(name));
  };

  it('benchmark: names the missing privilege of a user who may not create databases', async () => {
    const { code, err } = await startBenchmark(['import', '--clients', '20'], env).ended;
    expect([code, err]).toEqual([1, expect.stringContaining('(benchmark-needs-databases)')]);
    expect(err).toContain(`GRANT ALL ON \`pims\\_bench\\_%\`.* TO '${user}'@'%'`);
  });

  it('benchmark: measures import, emails and console as administrator, and leaves no database behind', async () => {
    const [out, svg] = [join(folder, 'all.json'), join(folder, 'all.svg')];
    const run = startBenchmark(['import', 'console', 'mail', '--clients', '20', '--out', out, '--svg', svg], {
      ...env,
      DATABASE_ADMIN_URL: adminUrl,
    });
    const { code, out: told, err } = await run.ended;
    expect([code, code === 0 ? '' : err]).toEqual([0, '']);
    const { lines } = JSON.parse(readFileSync(out, 'utf8')) as Result;
    expect([...new Set(lines.map(({ suite }) => suite))].sort()).toEqual(['console', 'import', 'mail']);
    for (const { what, size, seconds, baselineSeconds, baselineMs, medianMs } of lines) {
      expect([what, size > 0, seconds > 0]).toEqual([what, true, true]);
      // Each line has a baseline.
      expect([what, (baselineSeconds ?? 0) > 0 || ((baselineMs ?? 0) > 0 && (medianMs ?? 0) > 0)]).toEqual([
        what,
        true,
      ]);
      expect(told).toContain(what);
    }
    expect(readFileSync(svg, 'utf8').match(/ x, [\d.]+ a second/g)).toHaveLength(lines.length);
    expect(await databasesOf(run.pid)).toEqual([]);
  });

  it('benchmark: writes each line to --out at once, so that an interrupted run keeps its results', async () => {
    const out = join(folder, 'cut.json');
    const run = startBenchmark(['import', '--clients', '20', '--out', out], {
      ...env,
      DATABASE_ADMIN_URL: adminUrl,
    });
    await run.says('  first import:');
    await run.stop('SIGKILL');
    expect(existsSync(out)).toBe(true);
    expect((JSON.parse(readFileSync(out, 'utf8')) as Result).lines[0]?.what).toBe('first import');
    for (const name of await databasesOf(run.pid)) await admin.query(`DROP DATABASE ${name}`);
  });
});
