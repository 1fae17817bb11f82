import { GetSendQuotaCommand, SESClient, SendRawEmailCommand, type SESClientConfig } from '@aws-sdk/client-ses';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { answerOf, type Answer } from './ses-answer.js';

/** One email ready to send: addresses and MIME. */
interface ReadyMail {
  from: string;
  to: string;
  raw: Uint8Array;
  /** SES returns these in every event about the email. */
  tags: Readonly<Record<string, string>>;
}

interface SendQuota {
  perSecond: number;
  /** Maximum recipients in 24 hours; null if SES sets no limit. */
  in24Hours: number | null;
  sentIn24Hours: number;
}

/** Sends emails. A replacement for SES must implement these three. */
export interface MailTransport {
  /** Never throws: an error is an answer too. */
  send(mail: ReadyMail): Promise<Answer>;
  /** @throws what the SDK throws */
  quota(): Promise<SendQuota>;
  close(): void;
}

export interface SesTransportOptions {
  configurationSet: string | null;
  /** Maximum concurrent hand-overs. */
  connections?: number;
  /** Milliseconds after which an answer counts as lost. */
  timeoutMs?: number;
  /** The SDK also reads its own environment: AWS_REGION, AWS_ENDPOINT_URL_SES, credentials. */
  client?: SESClientConfig;
}

/** SDK middleware removed because it costs time per email without use: logging, Lambda detection, feature counting. */
const ofNoUse = ['loggerMiddleware', 'recursionDetectionMiddleware', 'getUserAgentMiddleware'];

/** Placeholder in the request form, replaced by the encoded email. */
const standIn = 'mail';

/**
 * Inserts the email into the form that the SDK posts. The SDK itself would scan each letter of the base64, of which
 * only three must be escaped, and convert the whole to bytes several times; that takes a tenth of a hand-over.
 */
function formWith(mail: Uint8Array, form: string): Buffer {
  const [before, after, ...more] = form.split(`&RawMessage.Data=${standIn}`);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error('The AWS SDK changed the request form of an email.');
  const encoded = Buffer.from(mail.buffer, mail.byteOffset, mail.byteLength)
    .toString('base64')
    .replace(/\+/g, '%2B')
    .replace(/\//g, '%2F')
    .replace(/=/g, '%3D');
  return Buffer.from(`${before}&RawMessage.Data=${encoded}${after}`, 'latin1');
}

/** Progress of a hand-over, keyed by the command's input: the one object that stays the same throughout the SDK. */
interface Progress {
  /** The request was handed to the connection; before that not one byte was sent. */
  begun: boolean;
  /** The connection's own error, before the SDK wraps it. */
  broke?: unknown;
}

/**
 * Creates the SES transport on the AWS SDK. Disables the SDK's retries, because it would also resend emails that SES
 * already accepted.
 */
export function createSesTransport(options: SesTransportOptions): MailTransport {
  const { configurationSet, connections = 50, timeoutMs = 30_000 } = options;
  // SES may close an idle connection while an email is under way on it, and its answer is then lost; close idle
  // connections before SES does.
  const agent = { keepAlive: true, maxSockets: connections, timeout: 4_000 };
  const client = new SESClient({
    maxAttempts: 1,
    // The middleware stack is the same for every email; building it again takes a fifth of a hand-over.
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
    // The innermost position: only the connection comes after it.
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
