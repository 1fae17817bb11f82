import { verify, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { Problem } from '../domain/problem.js';

const verifyAsync = promisify<string, Buffer, X509Certificate['publicKey'], Buffer, boolean>(verify);

/** A message as SNS posts it (SNS developer guide, "HTTP/HTTPS notification JSON format"). */
const schema = z.looseObject({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z.string().min(1).max(128).regex(/^[\x21-\x7e]+$/), // prettier-ignore
  TopicArn: z.string(),
  Message: z.string(),
  Subject: z.string().nullish(),
  Token: z.string().optional(),
  SubscribeURL: z.string().optional(),
  Timestamp: z.string(),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string(),
  SigningCertURL: z.string(),
});

export type SnsMessage = z.output<typeof schema>;

export interface SnsOptions {
  /** Only these are believed; without any, nothing is. */
  topicArns: readonly string[];
  /** The demo's own endpoint signs with a certificate of its own, from any host. Never for real mail. */
  localCertificates: boolean;
  fetch?: typeof fetch;
}

/** AWS's own hosts, in every partition: `sns.us-east-1.amazonaws.com`, `sns.cn-north-1.amazonaws.com.cn`. */
const awsHost = /^sns\.[a-z0-9-]{3,}\.amazonaws\.com(\.cn)?$/;
const fetchMs = 10_000;

/**
 * Proves that a message comes from one of our topics, as the SNS developer guide ("Verifying the signatures of Amazon
 * SNS messages") has it. The topic is checked too: anybody can have SNS sign a message of a topic of their own.
 */
export function createSnsVerifier({ topicArns, localCertificates, fetch: get = fetch }: SnsOptions) {
  const certificates = new Map<string, X509Certificate['publicKey']>();

  async function keyAt(url: URL): Promise<X509Certificate['publicKey']> {
    const known = certificates.get(url.href);
    if (known) return known;
    const response = await get(url, { redirect: 'error', signal: AbortSignal.timeout(fetchMs) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const key = new X509Certificate(await response.text()).publicKey;
    // Kept only once it is a certificate; AWS changes its own about once a year, under a new name.
    if (certificates.size >= 20) certificates.clear();
    certificates.set(url.href, key);
    return key;
  }

  function trusted(text: string, what: string): URL {
    const url = URL.canParse(text) ? new URL(text) : null;
    const ofAws =
      url?.protocol === 'https:' && awsHost.test(url.hostname) && url.port === '' && !url.username;
    if (url && (ofAws || localCertificates)) return url;
    throw new Problem({
      code: 'sns-untrusted',
      message: `The ${what} of an SNS message is not at an address of AWS.`,
    });
  }

  return {
    /**
     * Parses and proves a message.
     *
     * @throws Problem `sns-malformed`, `sns-topic-unknown`, `sns-untrusted`, `sns-signature-wrong`; and
     *   `sns-certificate-unreachable`, after which SNS may well try again
     */
    async verify(body: string): Promise<SnsMessage> {
      const message = parse(body);
      if (!topicArns.includes(message.TopicArn)) {
        throw new Problem({
          code: 'sns-topic-unknown',
          message: `An SNS message is of topic ${message.TopicArn.slice(0, 200)}, which is not configured.`,
          help: 'If it is yours, add it to mail.topicArns.',
        });
      }
      const url = trusted(message.SigningCertURL, 'certificate');
      let key: X509Certificate['publicKey'];
      try {
        key = await keyAt(url);
      } catch (cause) {
        throw new Problem({
          code: 'sns-certificate-unreachable',
          message: `The certificate of an SNS message cannot be fetched from ${url.host}.`,
          cause,
        });
      }
      const digest = message.SignatureVersion === '1' ? 'sha1' : 'sha256';
      const signature = Buffer.from(message.Signature, 'base64');
      if (await verifyAsync(digest, Buffer.from(signedText(message)), key, signature)) return message;
      throw new Problem({
        code: 'sns-signature-wrong',
        message: 'The signature of an SNS message is wrong.',
      });
    },

    /** Confirms the subscription that a proven message asks about. @throws Problem `sns-untrusted`, `sns-not-confirmed` */
    async confirm(message: SnsMessage): Promise<void> {
      const url = trusted(message.SubscribeURL ?? '', 'SubscribeURL');
      const response = await get(url, { redirect: 'error', signal: AbortSignal.timeout(fetchMs) });
      if (response.ok) return;
      throw new Problem({
        code: 'sns-not-confirmed',
        message: `SNS answered ${response.status} to our confirmation.`,
      });
    },
  };
}

export type SnsVerifier = ReturnType<typeof createSnsVerifier>;

function parse(body: string): SnsMessage {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    json = undefined;
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Problem({
    code: 'sns-malformed',
    message: `The body is no SNS message: ${z.prettifyError(parsed.error)}`,
  });
}

/** The text that is signed: these members by name, each with its value, those that are absent left out. */
function signedText(message: SnsMessage): string {
  const names =
    message.Type === 'Notification'
      ? (['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const)
      : (['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'] as const);
  return names
    .filter((name) => message[name] !== undefined && message[name] !== null)
    .map((name) => `${name}\n${message[name]}\n`)
    .join('');
}
