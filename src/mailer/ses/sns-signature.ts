import { verify, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Clock } from '../../lib/ids.js';
import { Problem } from '../../lib/problem.js';

const verifyAsync = promisify<string, Buffer, X509Certificate['publicKey'], Buffer, boolean>(verify);

/** An SNS message (SNS developer guide, "HTTP/HTTPS notification JSON format"). */
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

type SnsMessage = z.output<typeof schema>;

export interface SnsOptions {
  /** Accepts only messages of these topics; an empty list accepts none. */
  topicArns: readonly string[];
  /** Accepts a signing certificate from any host. For the demo's own endpoint only, never for real email. */
  localCertificates: boolean;
  clock?: Clock;
  fetch?: typeof fetch;
}

/** `us-east-1`, `us-gov-west-1`, `cn-north-1`: the part of a topic's ARN that names its region. */
const topicArn = /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]+)+-\d):/;
const certificatePath = /^\/SimpleNotificationService-[0-9a-f]+\.pem$/;
const fetchMs = 10_000;
/** SNS retries an HTTP delivery for one hour at most (SNS developer guide, "Amazon SNS message delivery retries"). */
const maxAgeMs = 3600_000;

export interface SnsVerifier {
  /**
   * Parses and verifies a message.
   *
   * @throws Problem `sns-malformed`, `sns-topic-unknown`, `sns-too-old`, `sns-untrusted`, `sns-signature-wrong`; and
   *   `sns-certificate-unreachable`, after which SNS should retry
   */
  verify(body: string): Promise<SnsMessage>;
  /**
   * Confirms the subscription of a verified message, at an address built here: SubscribeURL could point anywhere.
   *
   * @throws Problem `sns-not-confirmed`
   */
  confirm(message: SnsMessage): Promise<void>;
}

/**
 * Proves that a message comes from one of our topics, as described in the SNS developer guide ("Verifying the
 * signatures of Amazon SNS messages"). Three more checks are needed. The topic: anyone can have SNS sign a message of
 * their own topic. The exact address of the certificate: other AWS services answer below the same domain with content
 * that anyone can choose. The age: a signature never expires.
 */
export function createSnsVerifier(options: SnsOptions): SnsVerifier {
  const { topicArns, localCertificates, clock = () => new Date(), fetch: get = fetch } = options;
  const certificates = new Map<string, X509Certificate>();

  async function certificateAt(url: URL): Promise<X509Certificate> {
    const known = certificates.get(url.href);
    if (known) return known;
    const response = await get(url, { redirect: 'error', signal: AbortSignal.timeout(fetchMs) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const certificate = new X509Certificate(await response.text());
    // Cached only after parsing; AWS replaces its certificate about once a year, under a new name.
    if (certificates.size >= 20) certificates.clear();
    certificates.set(url.href, certificate);
    return certificate;
  }

  /** Returns the SNS endpoint of the message's topic; in the demo, the origin of the certificate. */
  function endpointOf(message: SnsMessage): string {
    if (localCertificates && URL.canParse(message.SigningCertURL)) return new URL(message.SigningCertURL).origin;
    const { region, domain } = homeOf(message.TopicArn);
    return `https://sns.${region}.${domain}`;
  }

  function certificateUrl(message: SnsMessage): URL {
    const { SigningCertURL: text } = message;
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url && localCertificates) return url;
    // Compare the whole address, so that no user, port, query or other spelling of the host slips through.
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
    async verify(body) {
      const message = parse(body);
      if (!topicArns.includes(message.TopicArn)) {
        throw new Problem({
          code: 'sns-topic-unknown',
          message: `An SNS message is of topic ${message.TopicArn.slice(0, 200)}, which is not configured.`,
        });
      }
      // NaN, from an unreadable timestamp, fails this comparison too.
      if (!(Math.abs(clock().getTime() - Date.parse(message.Timestamp)) <= maxAgeMs)) {
        throw new Problem({
          code: 'sns-too-old',
          message: 'The timestamp of an SNS message is more than an hour from now.',
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

    async confirm(message) {
      const query = { Action: 'ConfirmSubscription', TopicArn: message.TopicArn, Token: message.Token ?? '' };
      const url = `${endpointOf(message)}/?${new URLSearchParams(query)}`;
      const response = await get(url, { redirect: 'error', signal: AbortSignal.timeout(fetchMs) });
      if (response.ok) return;
      throw new Problem({
        code: 'sns-not-confirmed',
        message: `SNS answered our confirmation with ${response.status}.`,
      });
    },
  };
}

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
 * Host names that an SNS certificate may be issued for. Most regions share `sns.amazonaws.com`; opt-in regions, China
 * and GovCloud have their own (AWS SDK for Java 2, sns-message-manager).
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
    message: `The body is not an SNS message: ${z.prettifyError(parsed.error)}`,
  });
}

/** Builds the signed text: these members by name, each with its value, without the absent ones. */
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
