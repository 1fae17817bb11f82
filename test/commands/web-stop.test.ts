import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { openClinic, type Clinic } from '../support/clinic.js';
import { until } from '../support/processes.js';

// Shorter than the drain time of a process that was not told that no requests come.
jest.setTimeout(45_000);

describe('command line: a web process that is asked to stop', () => {
  let clinic: Clinic;
  beforeAll(async () => {
    clinic = await openClinic({ clients: 5 });
  });
  afterAll(() => clinic?.close());

  const ready = () => fetch(`${clinic.webUrl}/readyz`);
  const started = async (drainSeconds: number) => {
    clinic.configure({ root: { web: { drainSeconds } } });
    const web = clinic.start('web');
    await web.says('"serving"');
    return web;
  };

  it('web stop: reports it to the load balancer, serves remaining requests, and ends', async () => {
    const web = await started(3);
    expect(await (await ready()).json()).toMatchObject({ status: 'ok', checks: { web: 'ok' } });
    const ended = web.stop();
    await until('it says that it stops', async () => (await ready()).status === 503);
    expect(await (await ready()).json()).toMatchObject({
      status: 'not ready',
      checks: { web: 'stopping', database: 'ok' },
    });
    expect((await fetch(`${clinic.webUrl}/healthz`)).status).toBe(200);
    expect((await fetch(`${clinic.webUrl}/app/login`)).status).toBe(200);
    expect((await ended).code).toBe(0);
    await expect(ready()).rejects.toThrow();
  });

  it('web stop: ends at once if no load balancer checks readiness', async () => {
    const web = await started(60);
    expect((await web.stop()).code).toBe(0);
  });
});
