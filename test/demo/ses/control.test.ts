import http from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { isProblem } from '../../../src/lib/problem.js';
import { startLocalSes } from '../../../demo/ses/local-ses.js';
import { sendRaw, startSes, stopAll } from './support.js';

afterEach(stopAll);

async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

describe('SES stand-in: the control routes', () => {
  it('local SES control: returns all counts of accepted emails', async () => {
    const { ses, client } = await startSes();
    const Tags = [{ Name: 'message', Value: 'w-1' }];
    await sendRaw(client, { Tags });
    await sendRaw(client, { Tags });
    await sendRaw(client, { Destinations: ['nonsense'] }).catch(() => undefined);

    const state = (await (await fetch(`${ses.url}/control/state`)).json()) as Record<string, unknown>;
    expect(state).toMatchObject({
      accepted: { mails: 2, recipients: 2, addresses: 1 },
      refused: { address: 1 },
      actions: { SendRawEmail: 3 },
      sentLast24Hours: 2,
      kept: 2,
    });
    const { lastAt, domains } = state as { lastAt: number; domains: object };
    expect(domains).toEqual({ 'example.test': { mails: 2, lastAt } });
    const seconds = Object.values(state['perSecond'] as Record<string, number>);
    expect(seconds.reduce((sum, count) => sum + count, 0)).toBe(2);
    expect(await (await fetch(`${ses.url}/control/ledger`)).json()).toEqual({
      destinations: { 'ann@example.test': 2 },
      tags: { 'message=w-1': 2 },
    });
  });

  it('local SES control: changes only the given options', async () => {
    const { ses } = await startSes({ maxSendRate: 14, faults: { fail500: { probability: 0.5 } } });
    const answer = await post(`${ses.url}/control/options`, {
      faults: { loseAnswers: { next: 2 } },
      sendingEnabled: false,
    });
    expect(answer.status).toBe(200);
    expect(ses.settings()).toMatchObject({
      maxSendRate: 14,
      sendingEnabled: false,
      faults: { loseAnswers: { next: 2, probability: 0 }, fail500: { next: 0, probability: 0.5 } },
    });
  });

  it('local SES control: names an invalid option and changes nothing', async () => {
    const { ses } = await startSes();
    for (const wrong of [{ maxSendRates: 3 }, { maxSendRate: -1 }, { port: 80 }, []]) {
      const answer = await post(`${ses.url}/control/options`, wrong);
      expect(answer.status).toBe(400);
      expect(answer.body['error']).toContain('options');
    }
    expect(ses.settings().maxSendRate).toBe(10_000);
  });

  it('are closed to a web page that resolves its own name to this machine', async () => {
    const { ses } = await startSes();
    const { port } = new URL(ses.url);
    const status = await new Promise((resolve, reject) => {
      const headers = { host: 'evil.test', 'content-type': 'application/json' };
      http
        .request({ port, host: '127.0.0.1', path: '/control/options', method: 'POST', headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        })
        .on('error', reject)
        .end('{"sendingEnabled":false}');
    });
    expect(status).toBe(403);
    expect(ses.settings().sendingEnabled).toBe(true);
  });

  it('clear emails and counts', async () => {
    const { ses, client } = await startSes();
    await sendRaw(client);
    const { body } = await post(`${ses.url}/control/clear`, {});
    expect(body).toMatchObject({ accepted: { mails: 0 }, kept: 0, sentLast24Hours: 1 });
  });
});

describe('SES stand-in: starting and stopping', () => {
  it('refuses unknown options by name', async () => {
    const wrong = { maxSendRate: 'fast', nottify: {} } as unknown as Parameters<typeof startLocalSes>[0];
    const problem = await startLocalSes(wrong).catch((error: unknown) => error);
    expect(isProblem(problem) && problem.code).toBe('local-ses-options');
    expect((problem as Error).message).toMatch(/maxSendRate[\s\S]*nottify|nottify[\s\S]*maxSendRate/);
  });

  it('stops at once even if clients keep connections open and answers are slow', async () => {
    const ses = await startLocalSes({ slowAnswersMs: 60_000 });
    const agent = new http.Agent({ keepAlive: true });
    await new Promise((done) =>
      http.get(`${ses.url}/control/state`, { agent }, (answer) => answer.resume().on('end', done)),
    );
    await ses.stop();
    agent.destroy();
    await expect(fetch(ses.url)).rejects.toThrow();
  });
});
