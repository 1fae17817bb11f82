import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createSigner, notification } from '../../demo/ses/events/sns-message.js';
import { createIntake } from '../../src/mailer/ses/sns-webhook.js';
import { createSnsVerifier } from '../../src/mailer/ses/sns-signature.js';
import { createSesEvents } from '../../src/store/messages/ses-events.js';
import { createCampaignActions } from '../../src/store/messages/campaign-actions.js';
import { sesEventsPlugin } from '../../src/web/http/ses-events.js';
import { drain, startWorld, until, type World } from '../mailer/support.js';

const topic = 'arn:aws:sns:us-east-1:000000000000:ses-events';
const fran = { kind: 'staff' as const, id: null, name: 'Fran' };

describe('POST /v1/ses-events', () => {
  let world: World;
  let app: FastifyInstance;
  let url: string;

  beforeAll(async () => {
    world = await startWorld();
    await world.addPractice('elm', { rollout: { first: 10_000, bouncePercent: 100, complaintPercent: 100 } });
    app = Fastify();
    const verifier = createSnsVerifier({ topicArns: [topic], localCertificates: true });
    const events = createSesEvents({ ...world, emailField: async () => 'the Email field of Cornerstone' });
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    await app.register(sesEventsPlugin(createIntake({ verifier, events, log })));
    url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/v1/ses-events`;
    world.ses.set({
      notify: { url, topicArn: topic, confirmed: false, duplicate: 0.5, reorder: 0.5, holdMs: 20 },
    });
    await until(() => world.ses.events.state().confirmed);
  });
  afterEach(() => world.ses.set({ outcomes: [] }));
  afterAll(async () => {
    await app.close();
    await world.stop();
  });

  /** Sends emails and waits until every event of SES about them was accepted. */
  async function mail(count: number, address: (n: number) => string) {
    const people = await world.owe({ count, address });
    await drain(world.mailer());
    await world.ses.events.idle();
    return people;
  }
  const stateOf = async (id: string) => (await world.welcome(id)).state;

  it('confirms the subscription, and accepts its events, even repeated and out of order', async () => {
    const people = await mail(30, (n) => `happy-${n}@example.com`);
    for (const { messageId } of people) expect(await stateOf(messageId)).toBe('delivered');
    const rows = await world.db
      .selectFrom('ses_events')
      .select('type')
      .where('message_id', '=', people[0]!.messageId)
      .execute();
    expect(rows.map(({ type }) => type).sort()).toEqual(['Delivery', 'Send']);
  });

  it.each([
    ['bounce', 'bounced', null],
    ['soft-bounce', 'bounced', 'bounced-for-now'],
    ['complaint', 'complained', null],
    ['delay', 'delayed', null],
    ['reject', 'rejected', 'rejected-by-ses'],
    ['out-of-office', 'delivered', null],
    ['silence', 'accepted', null],
  ] as const)('turns the outcome %s into the status %s', async (outcome, state, reason) => {
    world.ses.set({ outcomes: [{ address: `${outcome}-*`, outcome }] });
    const [person] = await mail(1, (n) => `${outcome}-${n}@example.com`);
    const row = await world.welcome(person!.messageId);
    expect({ state: row.state, reason: row.reason }).toEqual({ state, reason });
  });

  it('suppresses an address that bounced, evaluates its clients again and names the field to the front desk', async () => {
    world.ses.set({ outcomes: [{ address: 'gone-*', outcome: 'bounce' }] });
    const [person] = await mail(1, (n) => `gone-${n}@example.com`);
    const suppressed = await world.db
      .selectFrom('suppressions')
      .selectAll()
      .where('email_key', '=', person!.email)
      .executeTakeFirst();
    expect(suppressed).toMatchObject({ reason: 'bounced', detail: expect.stringContaining('550 5.1.1') });
    const item = await world.db
      .selectFrom('tasks')
      .selectAll()
      .where('account_id', '=', person!.accountId)
      .executeTakeFirstOrThrow();
    expect(item).toMatchObject({ kind: 'bounced-email', client_pims_id: person!.pimsId, practice_id: 'elm' });
    expect(item.sentence).toContain(`The email to ${person!.email} of Kim Weaver`);
    expect(item.sentence).toContain('Correct the Email field of Cornerstone');
    const client = await world.db
      .selectFrom('pims_clients')
      .select('needs_evaluation')
      .where('pims_id', '=', person!.pimsId)
      .executeTakeFirstOrThrow();
    expect(client.needs_evaluation).toBe(1);
  });

  it('resolves an uncertain email by its tags', async () => {
    const [person] = await world.owe({ address: (n) => `lost-${n}@example.com` });
    world.ses.set({ faults: { loseAnswers: { next: 1 } } });
    await world.mailer().sender.send(person!.messageId);
    await world.ses.events.idle();
    const row = await world.welcome(person!.messageId);
    expect(row).toMatchObject({ state: 'delivered', open_key: null });
    const attempt = await world.db
      .selectFrom('send_attempts')
      .selectAll()
      .where('message_id', '=', person!.messageId)
      .executeTakeFirstOrThrow();
    expect(attempt).toMatchObject({
      outcome: 'accepted',
      ses_message_id: world.ses.mails.to(person!.email)[0]!.messageId,
    });
  });

  it('lets staff resolve an uncertain email without an event after a while, and only once', async () => {
    const people = await world.owe({ count: 2, address: (n) => `never-${n}@example.com` });
    world.ses.set({ faults: { dropRequests: { next: 2 } } });
    const mailer = world.mailer();
    for (const { messageId } of people) await mailer.sender.send(messageId);
    const { resolveUncertain } = createCampaignActions(world);
    const settle = (at: number, as: 'sent' | 'not-sent') =>
      resolveUncertain(
        { messageId: people[at]!.messageId, practiceId: 'elm', as, afterMinutes: 60 },
        fran,
        world.clock(),
      );
    await expect(settle(0, 'not-sent')).rejects.toMatchObject({ code: 'resolve-too-early' });
    world.pass(3601);
    await settle(0, 'not-sent');
    await settle(1, 'sent');
    await expect(settle(1, 'not-sent')).rejects.toMatchObject({ code: 'not-uncertain' });
    await drain(mailer);
    expect(people.map(({ email }) => world.ses.counts.acceptedTo(email))).toEqual([1, 0]);
    expect([await stateOf(people[1]!.messageId)]).toEqual(['accepted']);
  });

  describe('SES events: from strangers', () => {
    const post = async (body: string) => {
      const response = await app.inject({
        method: 'POST',
        url: '/v1/ses-events',
        payload: body,
        headers: { 'content-type': 'text/plain; charset=UTF-8' },
      });
      return [
        response.statusCode,
        response.json<{ code?: string; done?: string }>().code ?? response.json<{ done: string }>().done,
      ];
    };
    const message = (change: object = {}) =>
      notification({
        topicArn: topic,
        version: '2',
        at: new Date(),
        message: '{}',
        certificateUrl: world.ses.certificateUrl,
        publicUrl: world.ses.url,
        ...change,
      });

    it('are refused unless a trusted certificate signed them for a topic of ours', async () => {
      const stranger = await createSigner();
      const forged = await stranger.signed(message());
      expect(await post(JSON.stringify(forged))).toEqual([403, 'sns-signature-wrong']);
      expect(await post(JSON.stringify({ ...forged, Message: 'other' }))).toEqual([403, 'sns-signature-wrong']);
      const other = await stranger.signed(message({ topicArn: 'arn:aws:sns:us-east-1:666:evil' }));
      expect(await post(JSON.stringify(other))).toEqual([403, 'sns-topic-unknown']);
      const gone = await stranger.signed(message({ certificateUrl: `${world.ses.url}/nothing-here.pem` }));
      expect(await post(JSON.stringify(gone))).toEqual([503, 'sns-certificate-unreachable']);
      expect(await post('{"Type":"Notification"}')).toEqual([400, 'sns-malformed']);
      expect(await post('<xml>')).toEqual([400, 'sns-malformed']);
    });

    it('fetches certificates only from AWS, except in the demo', async () => {
      const asked: string[] = [];
      const fetch = async (at: unknown) => {
        asked.push(String(at));
        throw new Error('no network here');
      };
      const verifier = createSnsVerifier({ topicArns: [topic], localCertificates: false, fetch: fetch });
      const signer = await createSigner();
      const verifyAt = async (certificateUrl: string) =>
        verifier
          .verify(JSON.stringify(await signer.signed(message({ certificateUrl }))))
          .catch((error: { code: string }) => error.code);
      expect(await verifyAt('https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123.pem')).toBe(
        'sns-certificate-unreachable',
      );
      for (const evil of [
        'http://sns.us-east-1.amazonaws.com/a.pem',
        'https://sns.us-east-1.amazonaws.com.evil.example/a.pem',
        'https://evil.example/sns.us-east-1.amazonaws.com/a.pem',
        'https://sns.us-east-1.amazonaws.com@evil.example/a.pem',
        'https://sns.us-east-1.amazonaws.com:8443/a.pem',
        'not a url',
      ]) {
        expect(await verifyAt(evil)).toBe('sns-untrusted');
      }
      expect(asked).toEqual(['https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123.pem']);
    });
  });
});
