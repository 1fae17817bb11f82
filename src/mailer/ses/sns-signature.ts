import { verify, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Clock } from '../../lib/ids.js';
import { Problem } from '../../lib/problem.js';

const verifyAsync = promisify<string, Buffer, X509Certificate['publicKey'], Buffer, boolean>(verify);

/** A message as SNS posts it (SNS developer guide, "HTTP/HTTPS notification JSON format"). */
const schema = z.looseObject({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[\x21-\x7e]+$/),
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
  /** Only messages of these topics are accepted; without any, none is. */
  topicArns: readonly string[];
  /** The demo's own endpoint signs with a certificate of its own, from any host. Never for real mail. */
  localCertificates: boolean;
  clock?: Clock;
  fetch?: typeof fetch;
}

/** `us-east-1`, `us-gov-west-1`, `cn-north-1`: the part of a topic's ARN that names its region. */
const topicArn = /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]+)+-\d):/;
const certificatePath = /^\/SimpleNotificationService-[0-9a-f]+\.pem$/;
const fetchMs = 10_000;
/** SNS retries an HTTP delivery for an hour at most (SNS developer guide, "Amazon SNS message delivery retries"). */
const maxAgeMs = 3600_000;

/**
 * Proves that a message comes from one of our topics, as the SNS developer guide ("Verifying the signatures of Amazon
 * SNS messages") has it. The topic is checked too: anybody can have SNS sign a message of a topic of their own. So are
 * the exact address of the certificate, because other services of AWS answer below the same domain with content that
 * anybody can choose, and the age, because a signature never expires.
 */
export function createSnsVerifier(options: SnsOptions) {
  const { topicArns, localCertificates, clock = () => new Date(), fetch: get = fetch } = options;
  const certificates = new Map<string, X509Certificate>();

  async function certificateAt(url: URL): Promise<X509Certificate> {
    const known = certificates.get(url.href);
    if (known) return known;
    const response = await get(url, { redirect: 'error', signal: AbortSignal.timeout(fetchMs) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const certificate = new X509Certificate(await response.text());
    // Kept only once it is a certificate; AWS changes its own about once a year, under a new name.
    if (certificates.size >= 20) certificates.clear();
    certificates.set(url.href, certificate);
    return certificate;
  }

  /** The SNS endpoint of the message's topic; the demo's is where its certificate is. */
  function endpointOf(message: SnsMessage): string {
    if (localCertificates && URL.canParse(message.SigningCertURL)) return new URL(message.SigningCertURL).origin;
    const { region, domain } = homeOf(message.TopicArn);
    return `https://sns.${region}.${domain}`;
  }

  function certificateUrl(message: SnsMessage): URL {
    const { SigningCertURL: text } = message;
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url && localCertificates) return url;
    // Compared as a whole, so that no user, port, query or other spelling of the host is left over.
    const expected = url && certificatePath.test(url.pathname) ? endpointOf(message) + url.pathname : null;
    if (url && text === expected) return url;
    throw untrusted('The certificate of an SNS message is not at the address of SNS in the region of its topic.');
  }

  function checkCertificate(certificate: X509Certificate, message: SnsMessage): void {
    const now = clock().getTime();
    if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo))
      throw untrusted('The certificate of an SNS message is not valid now.');
    if (localCertificates) return;
    if (certificateNames(message.TopicArn).some((name) => certificate.checkHost(name) !== undefined)) return;
    throw untrusted('The certificate of an SNS message was not issued for SNS.');
  }

  return {
    /**
     * Parses and proves a message.
     *
     * @throws Problem `sns-malformed`, `sns-topic-unknown`, `sns-too-old`, `sns-untrusted`, `sns-signature-wrong`; and
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
      // NaN, for a time that cannot be read, is not within the hour either.
      if (!(Math.abs(clock().getTime() - Date.parse(message.Timestamp)) <= maxAgeMs)) {
        throw new Problem({
          code: 'sns-too-old',
          message: 'The time of an SNS message is more than an hour away from now.',
          help: 'If this happens to every message, correct the clock of the database server.',
        });
      }
      const url = certificateUrl(message);
      let certificate: X509Certificate;
      try {
        certificate = await certificateAt(url);
      } catch (cause) {
        throw new Problem({
          code: 'sns-certificate-unreachable',
          message: `The certificate of an SNS message cannot be fetched from ${url.host}.`,
          cause,
        });
      }
      checkCertificate(certificate, message);
      const digest = message.SignatureVersion === '1' ? 'sha1' : 'sha256';
      const signature = Buffer.from(message.Signature, 'base64');
      if (await verifyAsync(digest, Buffer.from(signedText(message)), certificate.publicKey, signature)) return message;
      throw new Problem({
        code: 'sns-signature-wrong',
        message: 'The signature of an SNS message is wrong.',
      });
    },

    /**
     * Confirms the subscription that a proven message asks about, at an address built here: SubscribeURL could lead
     * anywhere.
     *
     * @throws Problem `sns-not-confirmed`
     */
    async confirm(message: SnsMessage): Promise<void> {
      const query = { Action: 'ConfirmSubscription', TopicArn: message.TopicArn, Token: message.Token ?? '' };
      const url = `${endpointOf(message)}/?${new URLSearchParams(query)}`;
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

function untrusted(message: string): Problem {
  return new Problem({ code: 'sns-untrusted', message });
}

/** @throws Problem `sns-untrusted` for an ARN that names no region of AWS */
function homeOf(arn: string): { region: string; domain: string } {
  const [, partition, region] = topicArn.exec(arn) ?? [];
  if (!region) throw untrusted('The topic of an SNS message names no region of AWS.');
  return { region, domain: partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com' };
}

/**
 * What SNS's certificate may be issued for. Most regions share `sns.amazonaws.com`; regions that an account must enable,
 * China and GovCloud have their own (AWS SDK for Java 2, sns-message-manager).
 */
function certificateNames(arn: string): string[] {
  const { region, domain } = homeOf(arn);
  const own = region.startsWith('us-gov-') ? 'us-gov-west-1' : region;
  return ['sns.amazonaws.com', `sns-signing.${region}.${domain}`, `sns-${own}.${domain}`];
}

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
