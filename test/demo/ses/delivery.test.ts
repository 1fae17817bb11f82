import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { sendRaw, startSes, startSubscriber, stopAll, until } from './support.js';

afterEach(stopAll);

const fast = { attempts: 5, baseMs: 1, maxMs: 4 };

describe('SES stand-in: the subscription', () => {
  it('is requested at start and confirmed by a visit; earlier events wait for it', async () => {
    const subscriber = await startSubscriber({ confirms: false });
    const { ses, client } = await startSes({ notify: { url: subscriber.url } });
    await sendRaw(client);
    await until(() => subscriber.messages.length === 1);
    const asked = subscriber.messages[0]!;
    expect(asked).toMatchObject({
      Type: 'SubscriptionConfirmation',
      TopicArn: ses.settings().notify!.topicArn,
    });
    expect(ses.events.state()).toMatchObject({ confirmed: false, pending: 2 });

    const wrong = await fetch(asked.SubscribeURL!.replace(asked.Token!, 'f'.repeat(64)));
    expect(wrong.status).toBe(400);
    expect(ses.events.state().confirmed).toBe(false);

    const visit = await fetch(asked.SubscribeURL!);
    expect(await visit.text()).toContain('<SubscriptionArn>');
    await ses.events.idle();
    expect(subscriber.events()).toHaveLength(2);
  });

  it('local SES: requests the subscription until the subscriber answers', async () => {
    const subscriber = await startSubscriber();
    subscriber.failNext = 3;
    const { ses } = await startSes({ notify: { url: subscriber.url, retries: fast } });
    await until(() => ses.events.state().confirmed);
    expect(subscriber.messages).toHaveLength(1);
  });

  it('can be opened while the endpoint runs', async () => {
    const subscriber = await startSubscriber();
    const { ses, client } = await startSes();
    await sendRaw(client);
    ses.set({ notify: { url: subscriber.url } });
    await until(() => ses.events.state().confirmed);
    await sendRaw(client);
    await ses.events.idle();
    expect(subscriber.events()).toHaveLength(2);
  });
});

describe('SES stand-in: delivery', () => {
  it('local SES: retries with the same message until it is accepted', async () => {
    const subscriber = await startSubscriber();
    subscriber.failNext = 4;
    const { ses, client } = await startSes({
      notify: { url: subscriber.url, confirmed: true, retries: fast },
    });
    await sendRaw(client);
    await ses.events.idle();
    expect(
      subscriber
        .events()
        .map((event) => event.eventType)
        .sort(),
    ).toEqual(['Delivery', 'Send']);
    expect(ses.events.state()).toMatchObject({ published: 2, taken: 2, retries: 4, failed: 0 });
  });

  it('local SES: gives up after the last attempt, and reports it', async () => {
    const subscriber = await startSubscriber();
    subscriber.failNext = 1_000;
    const { ses, client } = await startSes({
      notify: { url: subscriber.url, confirmed: true, retries: fast },
    });
    await sendRaw(client);
    await ses.events.idle();
    expect(ses.events.state()).toMatchObject({ taken: 0, failed: 2 });
    expect(1_000 - subscriber.failNext).toBe(2 * fast.attempts);
    expect(ses.mails.all()[0]!.events[0]!.notified).toBe('failed');
  });

  it('survives a subscriber that is down for a while', async () => {
    const { ses, client } = await startSes({
      notify: {
        url: await closedUrl(),
        confirmed: true,
        retries: { attempts: 1_000, baseMs: 1, maxMs: 5 },
      },
    });
    await sendRaw(client);
    await until(() => ses.events.state().retries >= 4);
    const subscriber = await startSubscriber();
    ses.set({ notify: { url: subscriber.url, confirmed: true } });
    await ses.events.idle();
    expect(subscriber.events()).toHaveLength(2);
  });

  it('local SES: duplicates events with the same MessageId if configured', async () => {
    const subscriber = await startSubscriber();
    const { ses, client } = await startSes({
      notify: { url: subscriber.url, confirmed: true, duplicate: 1 },
    });
    await sendRaw(client);
    await ses.events.idle();
    const ids = subscriber.messages.map((message) => message.MessageId);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(2);
    expect(ses.events.state()).toMatchObject({ published: 2, taken: 2, duplicates: 2 });
  });

  it('local SES: lets later events overtake delayed ones', async () => {
    const subscriber = await startSubscriber();
    const notify = { url: subscriber.url, confirmed: true, reorder: 0.4, holdMs: 40 };
    const { ses, client } = await startSes({ notify, seed: 3 });
    for (let n = 0; n < 20; n += 1) await sendRaw(client, { Destinations: [`a${n}@example.test`] });
    await ses.events.idle();

    const order = subscriber.events().map((event) => `${event.mail.destination[0]} ${event.eventType}`);
    expect(new Set(order).size).toBe(40);
    const overtaken = Array.from({ length: 20 }, (_, n) => `a${n}@example.test`).filter(
      (to) => order.indexOf(`${to} Delivery`) < order.indexOf(`${to} Send`),
    );
    expect(overtaken.length).toBeGreaterThan(0);
    expect(overtaken.length).toBeLessThan(20);
  });

  it('local SES: waits between the Send event and the next one if configured', async () => {
    const subscriber = await startSubscriber();
    const notify = { url: subscriber.url, confirmed: true, delayMs: { min: 30, max: 60 } };
    const { ses, client } = await startSes({ notify });
    await sendRaw(client);
    await ses.events.idle();
    const [send, delivery] = subscriber.events();
    expect([send!.eventType, delivery!.eventType]).toEqual(['Send', 'Delivery']);
    const waited = Date.parse(delivery!.delivery!.timestamp) - Date.parse(send!.mail.timestamp);
    expect(waited).toBeGreaterThanOrEqual(30);
    expect(waited).toBeLessThanOrEqual(60);
  });
});

/** Returns a URL on which no process listens any more. */
async function closedUrl(): Promise<string> {
  const server = http.createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return `http://127.0.0.1:${port}/v1/ses-events`;
}
