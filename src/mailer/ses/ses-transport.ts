import { GetSendQuotaCommand, SESClient, SendRawEmailCommand, type SESClientConfig } from '@aws-sdk/client-ses';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { answerOf, type Answer } from './ses-answer.js';

/** One email, ready: who it is for and its MIME. */
export interface ReadyMail {
  from: string;
  to: string;
  raw: Uint8Array;
  /** Come back in every SES event about it. */
  tags: Readonly<Record<string, string>>;
}

export interface SendQuota {
  perSecond: number;
  /** Recipients in any 24 hours; null when SES sets no limit. */
  in24Hours: number | null;
  sentIn24Hours: number;
}

/** Hands emails over. Another body than SES needs these three. */
export interface MailTransport {
  /** Never throws: what went wrong is an answer too. */
  send(mail: ReadyMail): Promise<Answer>;
  /** @throws what the SDK throws */
  quota(): Promise<SendQuota>;
  close(): void;
}

export interface SesTransportOptions {
  configurationSet: string | null;
  /** Hand-overs at once. */
  connections?: number;
  /** Milliseconds until an answer counts as lost. */
  timeoutMs?: number;
  /** Beside this the SDK reads its own environment: AWS_REGION, AWS_ENDPOINT_URL_SES, credentials. */
  client?: SESClientConfig;
}

/** Parts of the SDK that cost time with every email: they log nothing, look for Lambda, and count features used. */
const ofNoUse = ['loggerMiddleware', 'recursionDetectionMiddleware', 'getUserAgentMiddleware'];

/** Stands in the form for the email until the email itself is put there. */
const standIn = 'mail';

/**
 * The form that the SDK posts, with the email in it. The SDK would look at each letter of the mail's base64, of which only
 * three must not stand in a form, and turn the whole into bytes several times over; that takes a tenth of a hand-over.
 */
function formWith(mail: Uint8Array, form: string): Buffer {
  const [before, after, ...more] = form.split(`&RawMessage.Data=${standIn}`);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error('The AWS SDK no longer writes the form of an email as it did.');
  const encoded = Buffer.from(mail.buffer, mail.byteOffset, mail.byteLength)
    .toString('base64')
    .replace(/\+/g, '%2B')
    .replace(/\//g, '%2F')
    .replace(/=/g, '%3D');
  return Buffer.from(`${before}&RawMessage.Data=${encoded}${after}`, 'latin1');
}

/** How far a hand-over came, by the command's input: the one thing that stays the same through all of the SDK. */
interface Progress {
  /** The request was given to the connection; until then not one byte left. */
  begun: boolean;
  /** What the connection itself said, before the SDK could put it into other words. */
  broke?: unknown;
}

/** SES by the AWS SDK. It never tries an email twice by itself: the SDK would also retry what SES already took. */
export function createSesTransport(options: SesTransportOptions): MailTransport {
  const { configurationSet, connections = 50, timeoutMs = 30_000 } = options;
  // A connection that lies idle may be closed by SES while an email is under way on it, and that answer is then lost;
  // so we close it first.
  const agent = { keepAlive: true, maxSockets: connections, timeout: 4_000 };
  const client = new SESClient({
    maxAttempts: 1,
    // The stack of middleware is the same for every email; putting it together again takes a fifth of a hand-over.
    cacheMiddleware: true,
    base64Encoder: () => standIn,
    requestHandler: {
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
      connectionTimeout: 5_000,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: 0,
    },
    ...options.client,
  });
  for (const name of ofNoUse) client.middlewareStack.remove(name);
  client.middlewareStack.add(
    (next) => (args) => {
      const mail = 'RawMessage' in args.input ? args.input.RawMessage?.Data : undefined;
      const request = args.request as { body: string | Buffer };
      if (mail) request.body = formWith(mail, request.body as string);
      return next(args);
    },
    { name: 'mailIntoForm', step: 'build', priority: 'high' },
  );
  const underWay = new WeakMap<object, Progress>();
  client.middlewareStack.add(
    (next) => async (args) => {
      const progress = underWay.get(args.input);
      if (progress) progress.begun = true;
      try {
        return await next(args);
      } catch (error) {
        if (progress) progress.broke = error;
        throw error;
      }
    },
    // The innermost place: behind it there is only the connection.
    { name: 'noteProgress', step: 'deserialize', priority: 'low' },
  );
  return {
    async send({ from, to, raw, tags }) {
      const command = new SendRawEmailCommand({
        Source: from,
        Destinations: [to],
        RawMessage: { Data: raw },
        Tags: Object.entries(tags).map(([Name, Value]) => ({ Name, Value })),
        ...(configurationSet === null ? {} : { ConfigurationSetName: configurationSet }),
      });
      const progress: Progress = { begun: false };
      underWay.set(command.input, progress);
      try {
        const { MessageId } = await client.send(command);
        return MessageId
          ? { kind: 'accepted', messageId: MessageId }
          : { kind: 'unknown', code: 'NoMessageId', message: 'SES answered without a message id.' };
      } catch (error) {
        return answerOf(progress.broke ?? error, progress.begun);
      }
    },
    async quota() {
      const quota = await client.send(new GetSendQuotaCommand({}));
      const most = quota.Max24HourSend ?? 0;
      return {
        perSecond: quota.MaxSendRate ?? 1,
        in24Hours: most < 0 ? null : most,
        sentIn24Hours: quota.SentLast24Hours ?? 0,
      };
    },
    close: () => client.destroy(),
  };
}
