import https from 'node:https';
import net from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import SnsPayloadValidator from 'sns-payload-validator';
import type { SnsMessage } from '../../../demo/ses/events/sns-message.js';
import { rawMail, sendRaw, startSes, startSubscriber, stopAll, until, verifies } from './support.js';

afterEach(stopAll);

const topicArn = 'arn:aws:sns:us-east-1:000000000000:ses-events';

async function pemOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

describe('SES stand-in: the events of SES', () => {
  it('have the format of SES event publishing, with our tags', async () => {
    const subscriber = await startSubscriber();
    const { ses, client } = await startSes({ notify: { url: subscriber.url, confirmed: true } });
    const { MessageId } = await sendRaw(client, {
      Tags: [{ Name: 'message', Value: 'w-9' }],
      ConfigurationSetName: 'pims-sync',
      RawMessage: { Data: rawMail({ subject: 'Welcome to Oak' }) },
    });
    await ses.events.idle();

    const events = subscriber.events();
    expect(events.map((event) => event.eventType).sort()).toEqual(['Delivery', 'Send']);
    const delivery = events.find((event) => event.eventType === 'Delivery')!;
    expect(delivery.mail).toMatchObject({
      messageId: MessageId,
      source: 'hello@oak.test',
      destination: ['ann@example.test'],
      commonHeaders: { subject: 'Welcome to Oak', from: ['Oak Vets <hello@oak.test>'] },
      tags: {
        message: ['w-9'],
        'ses:configuration-set': ['pims-sync'],
        'ses:from-domain': ['oak.test'],
        'ses:operation': ['SendRawEmail'],
      },
    });
    expect(Date.parse(delivery.mail.timestamp)).not.toBeNaN();
    expect(delivery.delivery).toMatchObject({ recipients: ['ann@example.test'] });
    expect(subscriber.headers[0]).toMatchObject({
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-topic-arn': topicArn,
      'content-type': 'text/plain; charset=UTF-8',
    });
    expect(ses.mails.all()[0]!.events.map((event) => event.notified)).toEqual(['taken', 'taken']);
  });

  it.each([
    ['success', ['Send', 'Delivery']],
    ['success+7', ['Send', 'Delivery']],
    ['bounce', ['Send', 'Bounce Permanent General']],
    ['bounce+label', ['Send', 'Bounce Permanent General']],
    ['suppressionlist', ['Send', 'Bounce Permanent Suppressed']],
    ['complaint', ['Send', 'Delivery', 'Complaint abuse']],
    ['ooto', ['Send', 'Delivery', 'Bounce Transient General']],
  ])('%s@simulator.amazonses.com behaves as the real simulator does', async (local, wanted) => {
    const subscriber = await startSubscriber();
    const { ses, client } = await startSes({ notify: { url: subscriber.url, confirmed: true } });
    const to = `${local}@simulator.amazonses.com`;
    await sendRaw(client, { Destinations: [to] });
    await ses.events.idle();

    const told = subscriber.events().map((event) => {
      const { bounce, complaint } = event;
      const words = [event.eventType, bounce?.bounceType, bounce?.bounceSubType, complaint?.complaintFeedbackType];
      return words.filter(Boolean).join(' ');
    });
    expect(told.sort()).toEqual([...wanted].sort());
    const bounce = subscriber.events().find((event) => event.eventType === 'Bounce');
    if (bounce) expect(bounce.bounce?.bouncedRecipients).toMatchObject([{ emailAddress: to }]);
  });

  it('follow the configured rules: the first match wins, and outcomes can follow one another', async () => {
    const subscriber = await startSubscriber();
    const { ses, client } = await startSes({
      notify: { url: subscriber.url, confirmed: true },
      outcomes: [
        { address: 'late*@slow.test', outcome: ['delay', 'delivery'] },
        { address: '*@slow.test', outcome: 'silence' },
        { address: 'virus@example.test', outcome: 'reject' },
        { address: 'full@example.test', outcome: 'soft-bounce' },
      ],
    });
    const eventsOf = async (to: string) => {
      const before = subscriber.messages.length;
      await sendRaw(client, { Destinations: [to] });
      await ses.events.idle();
      return subscriber
        .events()
        .slice(before)
        .map((event) => event.eventType)
        .sort();
    };
    expect(await eventsOf('LATE-1@slow.test')).toEqual(['Delivery', 'DeliveryDelay', 'Send']);
    expect(await eventsOf('other@slow.test')).toEqual(['Send']);
    expect(await eventsOf('virus@example.test')).toEqual(['Reject', 'Send']);
    expect(await eventsOf('full@example.test')).toEqual(['Bounce', 'Send']);
  });

  it('can be decided by a function', async () => {
    const { ses, client } = await startSes(
      {},
      { outcome: (address) => (address.startsWith('b') ? 'bounce' : 'delivery') },
    );
    await sendRaw(client, { Destinations: ['ann@example.test', 'bob@example.test'] });
    expect(ses.mails.all()[0]!.events.map((event) => [event.type, ...event.recipients])).toEqual([
      ['Send', 'ann@example.test', 'bob@example.test'],
      ['Delivery', 'ann@example.test'],
      ['Bounce', 'bob@example.test'],
    ]);
  });

  it('are published only for emails with the configuration set that publishes them', async () => {
    const subscriber = await startSubscriber();
    const notify = { url: subscriber.url, confirmed: true, configurationSet: 'pims-sync' };
    const { ses, client } = await startSes({ notify });
    await sendRaw(client);
    await sendRaw(client, { ConfigurationSetName: 'pims-sync' });
    await ses.events.idle();
    expect(subscriber.messages).toHaveLength(2);
    expect(ses.mails.all().map((mail) => mail.events[0]!.notified)).toEqual(['taken', 'nobody-listens']);
  });
});

describe('SES stand-in: the signature', () => {
  it.each(['1', '2'] as const)(
    'of version %s passes the check that the SNS guide describes',
    async (signatureVersion) => {
      const subscriber = await startSubscriber();
      const { ses, client } = await startSes({ notify: { url: subscriber.url, signatureVersion } });
      await sendRaw(client);
      await until(() => ses.events.state().confirmed);
      await ses.events.idle();

      expect(subscriber.messages.map((message) => message.Type)).toEqual([
        'SubscriptionConfirmation',
        'Notification',
        'Notification',
      ]);
      for (const message of subscriber.messages) {
        expect(message.SignatureVersion).toBe(signatureVersion);
        expect(message.SigningCertURL).toBe(ses.certificateUrl);
        expect(verifies(message, await pemOf(message.SigningCertURL))).toBe(true);
      }
    },
  );

  it('fails if any signed field was changed', async () => {
    const subscriber = await startSubscriber();
    const { ses, client } = await startSes({ notify: { url: subscriber.url, confirmed: true } });
    await sendRaw(client);
    await ses.events.idle();
    const message = subscriber.messages[0]!;
    const pem = await pemOf(ses.certificateUrl);
    expect(verifies(message, pem)).toBe(true);
    for (const field of ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn'] as const) {
      expect(verifies({ ...message, [field]: `${message[field]}!` }, pem)).toBe(false);
    }
    expect(verifies({ ...message, SignatureVersion: '1' }, pem)).toBe(false);
  });

  it('fails for the certificate of another endpoint', async () => {
    const subscriber = await startSubscriber();
    const { ses, client } = await startSes({ notify: { url: subscriber.url, confirmed: true } });
    const other = await startSes();
    await sendRaw(client);
    await ses.events.idle();
    expect(verifies(subscriber.messages[0]!, await pemOf(other.ses.certificateUrl))).toBe(false);
  });

  it('passes sns-payload-validator if its certificate has an AWS address, and fails if it was tampered with', async () => {
    const signingCertUrl = `https://sns.us-east-1.amazonaws.com/SimpleNotificationService-${'0'.repeat(32)}.pem`;
    const subscriber = await startSubscriber();
    const notify = { url: subscriber.url, confirmed: true, signingCertUrl };
    const { ses, client } = await startSes({ notify });
    await sendRaw(client);
    await ses.events.idle();

    const validator = new SnsPayloadValidator({ requestAgent: agentFor(ses.url) });
    const message = subscriber.messages[0]!;
    expect(await validator.validate(message)).toMatchObject({ MessageId: message.MessageId });
    const tampered: SnsMessage = { ...message, Message: message.Message.replace('Send', 'Bounce') };
    await expect(validator.validate(tampered)).rejects.toThrow('Invalid Signature');
  });

  it('is refused by sns-payload-validator with the local certificate address', async () => {
    const subscriber = await startSubscriber();
    const { ses, client } = await startSes({ notify: { url: subscriber.url, confirmed: true } });
    await sendRaw(client);
    await ses.events.idle();
    const validated = new SnsPayloadValidator().validate(subscriber.messages[0]!);
    await expect(validated).rejects.toThrow('Invalid SigningCertURL');
  });
});

/** Redirects every certificate download to the local endpoint, without TLS. */
function agentFor(url: string): https.Agent {
  const agent = new https.Agent();
  const { hostname, port } = new URL(url);
  agent.createConnection = () => net.connect(Number(port), hostname);
  return agent;
}
