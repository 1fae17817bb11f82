import { GetSendQuotaCommand, SendRawEmailCommand, SESClient } from '@aws-sdk/client-ses';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createFaults } from '../../../demo/ses/faults.js';
import { createRandom } from '../../../demo/ses/random.js';
import { rawMail, refusalOf, sendRaw, startSes, stopAll } from './support.js';

afterEach(stopAll);

describe('SES stand-in: faults', () => {
  it('loses the answer to an email that it accepted and counted', async () => {
    const { ses, client } = await startSes({ faults: { loseAnswers: { next: 2 } } });
    for (const to of ['ann', 'bob', 'cy']) {
      const sent = sendRaw(client, {
        Destinations: [`${to}@example.test`],
        Tags: [{ Name: 'message', Value: to }],
      });
      if (to === 'cy') await sent;
      else expect((await refusalOf(sent)).status).toBeUndefined();
    }
    expect(ses.counts.summary()).toMatchObject({ accepted: { mails: 3 }, answersLost: 2 });
    expect(ses.counts.acceptedTo('ANN@example.test')).toBe(1);
    expect(ses.counts.acceptedWithTag('message', 'bob')).toBe(1);
    expect(ses.mails.to('ann@example.test')).toHaveLength(1);
  });

  it('local SES: shows a duplicate email if the sender retries after a lost answer', async () => {
    const { ses } = await startSes({ faults: { loseAnswers: { next: 1 } } });
    const hasty = new SESClient({
      endpoint: ses.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 2,
    });
    const input = { Destinations: ['ann@example.test'], RawMessage: { Data: rawMail() } };
    await hasty.send(new SendRawEmailCommand(input));
    hasty.destroy();
    expect(ses.counts.acceptedTo('ann@example.test')).toBe(2);
  });

  it('drops a request without accepting it, which the sender cannot tell from a lost answer', async () => {
    const { ses, client } = await startSes({ faults: { dropRequests: { next: 1 } } });
    const dropped = await refusalOf(sendRaw(client));
    ses.set({ faults: { loseAnswers: { next: 1 } } });
    const lost = await refusalOf(sendRaw(client));
    expect(dropped).toEqual(lost);
    expect(ses.counts.summary()).toMatchObject({
      accepted: { mails: 1 },
      answersLost: 1,
      requestsDropped: 1,
    });
  });

  it('fails with HTTP 500 or throttling, and accepts nothing', async () => {
    const { ses, client } = await startSes({ faults: { fail500: { next: 1 } } });
    expect(await refusalOf(sendRaw(client))).toMatchObject({ name: 'InternalFailure', status: 500 });
    ses.set({ faults: { throttle: { next: 1 } } });
    expect(await refusalOf(sendRaw(client))).toMatchObject({ name: 'Throttling', status: 400 });
    await sendRaw(client);
    expect(ses.counts.summary()).toMatchObject({
      accepted: { mails: 1 },
      refused: { 'fault-500': 1, 'fault-throttle': 1 },
    });
  });

  it('local SES: faults do not apply to read calls', async () => {
    const { ses, client } = await startSes({ faults: { fail500: { next: 1 } } });
    await client.send(new GetSendQuotaCommand({}));
    expect(ses.settings().faults.fail500.next).toBe(1);
  });

  it('local SES: delays the answer if configured, after accepting at once', async () => {
    const { ses, client } = await startSes({ slowAnswersMs: 60_000 });
    const leaving = new AbortController();
    const input = { Destinations: ['ann@example.test'], RawMessage: { Data: rawMail() } };
    const sent = client.send(new SendRawEmailCommand(input), { abortSignal: leaving.signal });
    while (ses.mails.size() === 0) await new Promise((next) => setTimeout(next, 5));
    leaving.abort();
    await expect(sent).rejects.toThrow();
    expect(ses.counts.acceptedTo('ann@example.test')).toBe(1);
  });

  it('affects the same emails for the same seed', () => {
    const quiet = { next: 0, probability: 0 };
    const settings = {
      dropRequests: quiet,
      loseAnswers: { next: 1, probability: 0.3 },
      fail500: quiet,
      throttle: quiet,
    };
    const row = (seed: number) => {
      const own = structuredClone(settings);
      const faults = createFaults(() => own, createRandom(seed));
      return Array.from({ length: 1_000 }, () => faults('loseAnswers'));
    };
    expect(row(7)).toEqual(row(7));
    expect(row(7)).not.toEqual(row(8));
    expect(row(7)[0]).toBe(true);
    const struck = row(7).filter(Boolean).length;
    expect(struck).toBeGreaterThan(250);
    expect(struck).toBeLessThan(350);
  });
});
