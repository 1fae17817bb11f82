import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { createFaultProxy } from '../../src/connectors/conformance/proxy.js';
import { openClinic, type Clinic } from '../support/clinic.js';
import { freePort, until, type Running } from '../support/processes.js';

jest.setTimeout(60_000);

describe('command line: a worker with a health port', () => {
  let clinic: Clinic;
  let proxy: Awaited<ReturnType<typeof createFaultProxy>>;
  let worker: Running;
  let port: string;

  beforeAll(async () => {
    clinic = await openClinic({ clients: 5 });
    const direct = new URL(clinic.env['DATABASE_URL'] as string);
    proxy = await createFaultProxy({ host: direct.hostname, port: Number(direct.port) });
    clinic.env['DATABASE_URL'] = Object.assign(new URL(direct), { port: String(proxy.port) }).href;
    worker = clinic.start('worker', '--queues', 'accounts', '--health-port', '0');
    await worker.says(/"healthPort":\d+/);
    port = /"healthPort":(\d+)/.exec(worker.output())?.[1] as string;
  });
  afterAll(async () => {
    await clinic?.close();
    await proxy?.close();
  });

  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { code: answer.status, ...((await answer.json()) as object) };
  };
  /** Runs the health check of the container. @returns its exit status and output */
  const checked = (...args: string[]) =>
    new Promise<{ status: number; says: string }>((done) => {
      const child = execFile(process.execPath, [resolve('scripts/lib/healthy.js'), ...args], (_, out, err) =>
        done({ status: child.exitCode ?? -1, says: out + err }),
      );
    });

  it('worker health: reports alive and ready', async () => {
    expect(await ask('/healthz')).toEqual({ code: 200, status: 'ok' });
    const checks = { database: 'ok', redis: 'ok', work: 'ok' };
    expect(await ask('/readyz')).toEqual({ code: 200, status: 'ok', checks });
  });

  it('worker health: the container check succeeds even if the other port does not answer', async () => {
    const nobody = String(await freePort());
    expect(await checked('readyz', nobody, port)).toEqual({ status: 0, says: '' });
    expect(await checked('readyz', nobody)).toMatchObject({ status: 1, says: expect.stringContaining('ECONNREFUSED') });
  });

  it('worker health: not ready while the database is down, and names it; alive all the time; ready again afterwards', async () => {
    proxy.cut();
    const away = await ask('/readyz');
    expect(away).toMatchObject({ code: 503, checks: { redis: 'ok', work: 'ok' } });
    expect(away).not.toMatchObject({ checks: { database: 'ok' } });
    expect(await ask('/healthz')).toMatchObject({ status: 'ok' });
    expect(await checked('readyz', port)).toMatchObject({ status: 1, says: expect.stringContaining('"database":') });
    expect(await checked('healthz', port)).toMatchObject({ status: 0 });
    proxy.heal();
    await until('it is ready again', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
  });

  it('worker health: refuses to start on a port in use, before it takes jobs', async () => {
    clinic.env['HEALTH_PORT'] = port;
    const { code, err, out } = await clinic.run('worker');
    delete clinic.env['HEALTH_PORT'];
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringMatching(/port \d+ [^]*HEALTH_PORT/) });
    expect(out).not.toContain('"working"');
  });

  it('worker health: does not answer after a clean stop', async () => {
    expect(await worker.stop()).toMatchObject({ code: 0 });
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
  });
});
