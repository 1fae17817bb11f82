import { createPrivateKey, randomBytes, randomUUID, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { generate } from 'selfsigned';

/** A signed message as SNS posts it to an HTTP subscriber. */
export interface SnsMessage {
  Type: 'Notification' | 'SubscriptionConfirmation';
  MessageId: string;
  Token?: string;
  TopicArn: string;
  Subject?: string;
  Message: string;
  SubscribeURL?: string;
  Timestamp: string;
  SignatureVersion: '1' | '2';
  Signature: string;
  SigningCertURL: string;
  UnsubscribeURL?: string;
}

/** Signs as SNS does, with its own key and certificate, which last as long as the process. */
export interface SnsSigner {
  certificatePem: string;
  signed(message: Omit<SnsMessage, 'Signature'>): Promise<SnsMessage>;
}

const signAsync = promisify(sign);

export async function createSigner(
  certificate: { name?: string; notBeforeDate?: Date; notAfterDate?: Date } = {},
): Promise<SnsSigner> {
  const { name = 'sns.local', ...dates } = certificate;
  const names = [{ name: 'commonName', value: name }];
  const pair = await generate(names, { keySize: 2048, algorithm: 'sha256', ...dates });
  const key = createPrivateKey(pair.private);
  return {
    certificatePem: pair.cert,
    async signed(message) {
      const digest = message.SignatureVersion === '1' ? 'sha1' : 'sha256';
      const signature = await signAsync(digest, Buffer.from(signedText(message)), key);
      return { ...message, Signature: signature.toString('base64') };
    },
  };
}

/** Builds an unsigned Notification. */
export function notification(parts: {
  topicArn: string;
  version: '1' | '2';
  at: Date;
  message: string;
  certificateUrl: string;
  publicUrl: string;
}): Omit<SnsMessage, 'Signature'> {
  return {
    Type: 'Notification',
    MessageId: randomUUID(),
    TopicArn: parts.topicArn,
    Subject: 'Amazon SES Email Event Notification',
    Message: parts.message,
    Timestamp: parts.at.toISOString(),
    SignatureVersion: parts.version,
    SigningCertURL: parts.certificateUrl,
    UnsubscribeURL: `${parts.publicUrl}/?Action=Unsubscribe&SubscriptionArn=${encodeURIComponent(subscriptionArn(parts.topicArn))}`,
  };
}

/** Builds the first message to a new subscriber, who must visit `SubscribeURL` before any event is delivered. */
export function subscriptionConfirmation(parts: {
  topicArn: string;
  version: '1' | '2';
  at: Date;
  token: string;
  certificateUrl: string;
  publicUrl: string;
}): Omit<SnsMessage, 'Signature'> {
  return {
    Type: 'SubscriptionConfirmation',
    MessageId: randomUUID(),
    Token: parts.token,
    TopicArn: parts.topicArn,
    Message:
      `You have chosen to subscribe to the topic ${parts.topicArn}.\n` +
      'To confirm the subscription, visit the SubscribeURL included in this message.',
    SubscribeURL: `${parts.publicUrl}/?Action=ConfirmSubscription&TopicArn=${parts.topicArn}&Token=${parts.token}`,
    Timestamp: parts.at.toISOString(),
    SignatureVersion: parts.version,
    SigningCertURL: parts.certificateUrl,
  };
}

export const certificatePath = '/SimpleNotificationService-local.pem';
export const subscriptionArn = (topicArn: string): string => `${topicArn}:00000000-0000-0000-0000-000000000001`;
export const newToken = (): string => randomBytes(32).toString('hex');

/** Builds the text to sign: these names in byte order, each with its value, without absent ones (SNS guide). */
function signedText(message: Omit<SnsMessage, 'Signature'>): string {
  const names =
    message.Type === 'Notification'
      ? (['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const)
      : (['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'] as const);
  return names
    .filter((name) => message[name] !== undefined)
    .map((name) => `${name}\n${message[name]}\n`)
    .join('');
}
