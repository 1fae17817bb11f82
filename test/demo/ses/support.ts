import { createVerify } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { SendRawEmailCommand, SESClient } from '@aws-sdk/client-ses';
import { startLocalSes, type LocalSes } from '../../../demo/ses/local-ses.js';
import type { LocalSesOptions } from '../../../demo/ses/options.js';
import type { OutcomeOf } from '../../../demo/ses/events/outcome.js';
import type { SnsMessage } from '../../../demo/ses/events/sns-message.js';

/** Everything that a test starts; `stopAll` in afterEach stops it. */
const started: (() => Promise<void> | void)[] = [];

export async function stopAll(): Promise<void> {
  for (const stop of started.splice(0).reverse()) await stop();
}

/** A running endpoint and the real SDK client for it, without retries of its own. */
export async function startSes(
  options: LocalSesOptions = {},
  deps: { now?: () => number; outcome?: OutcomeOf } = {},
): Promise<{ ses: LocalSes; client: SESClient }> {
  const ses = await startLocalSes({ maxSendRate: 10_000, ...options }, deps);
  const client = sesClient(ses.url);
  started.push(
    () => ses.stop(),
    () => client.destroy(),
  );
  return { ses, client };
}

export function sesClient(endpoint: string): SESClient {
  return new SESClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
}

/** Builds a small raw email; pass only the properties that the test is about. */
export function rawMail(
  parts: { from?: string; to?: string; subject?: string; headers?: string[]; body?: string } = {},
): Buffer {
  const lines = [
    `From: ${parts.from ?? 'Oak Vets <hello@oak.test>'}`,
    `To: ${parts.to ?? 'ann@example.test'}`,
    `Subject: ${parts.subject ?? 'Welcome'}`,
    ...(parts.headers ?? []),
    '',
    parts.body ?? 'Hello.',
  ];
  return Buffer.from(lines.join('\r\n'));
}

export function sendRaw(client: SESClient, input: Partial<ConstructorParameters<typeof SendRawEmailCommand>[0]> = {}) {
  return client.send(
    new SendRawEmailCommand({
      Destinations: ['ann@example.test'],
      RawMessage: { Data: rawMail() },
      ...input,
    }),
  );
}

/** Returns the error of a rejected promise, as the SDK shows it. */
export async function refusalOf(
  promise: Promise<unknown>,
): Promise<{ name: string; message: string; status: number | undefined }> {
  try {
    await promise;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { name, message, status: $metadata?.httpStatusCode };
  }
  throw new Error('It was accepted, but should have been refused.');
}

/** The parts of an event that these tests check, as a subscriber reads it. */
interface SesEventJson {
  eventType: string;
  mail: { messageId: string; timestamp: string; destination: string[]; tags: Record<string, string[]> };
  delivery?: { timestamp: string; recipients: string[] };
  bounce?: { bounceType: string; bounceSubType: string; bouncedRecipients: { emailAddress: string }[] };
  complaint?: { complaintFeedbackType: string };
}

export interface Subscriber {
  url: string;
  /** Every SNS message received, in order, including duplicates. */
  messages: SnsMessage[];
  headers: http.IncomingHttpHeaders[];
  /** The SES events among them. */
  events(): SesEventJson[];
  /** Number of next posts to answer with HTTP 500. */
  failNext: number;
}

/** Starts a subscriber such as ours: it visits the SubscribeURL and answers 200. */
export async function startSubscriber(behaviour: { confirms?: boolean } = {}): Promise<Subscriber> {
  const server = http.createServer((request, answer) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const message = JSON.parse(body) as SnsMessage;
      if (subscriber.failNext > 0) {
        subscriber.failNext -= 1;
        answer.writeHead(500).end();
        return;
      }
      subscriber.messages.push(message);
      subscriber.headers.push(request.headers);
      answer.writeHead(200).end();
      if (message.SubscribeURL && behaviour.confirms !== false) void fetch(message.SubscribeURL);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  started.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const subscriber: Subscriber = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/ses-events`,
    messages: [],
    headers: [],
    failNext: 0,
    events: () =>
      subscriber.messages
        .filter((message) => message.Type === 'Notification')
        .map((message) => JSON.parse(message.Message) as SesEventJson),
  };
  return subscriber;
}

/** Waits until the condition holds; only the test's own time limit ends the wait. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((next) => setTimeout(next, 5));
}

/** Verifies a signature by the text of the SNS guide, without a library and without the signing code. */
export function verifies(message: SnsMessage, certificatePem: string): boolean {
  const fields = message as unknown as Record<string, string | undefined>;
  const names =
    message.Type === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
  const verifier = createVerify(message.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256');
  for (const name of names) {
    const value = fields[name];
    if (value !== undefined) verifier.update(`${name}\n${value}\n`);
  }
  return verifier.verify(certificatePem, message.Signature, 'base64');
}
