import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  createSigner,
  notification,
  subscriptionConfirmation,
  type SnsSigner,
} from '../../demo/ses/events/sns-message.js';
import { createSnsVerifier } from '../../src/mailer/ses/sns-signature.js';

const topic = 'arn:aws:sns:us-east-1:123456789012:ses-events';
const at = 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-9c6465fa7f48f5cacd23014631ec1136.pem';
const minute = 60_000;

/** A verifier for real topics; its network returns one certificate for every URL. */
function verifierOf(signer: SnsSigner, topicArn = topic) {
  const asked: string[] = [];
  const fetch = async (url: unknown) => {
    asked.push(String(url));
    return new Response(signer.certificatePem);
  };
  const verifier = createSnsVerifier({ topicArns: [topicArn], localCertificates: false, fetch });
  return { verifier, asked };
}

function messageOf(own: { certificateUrl?: string; topicArn?: string; at?: Date } = {}) {
  const parts = {
    topicArn: topic,
    version: '2' as const,
    at: new Date(),
    message: '{}',
    certificateUrl: at,
    publicUrl: '',
  };
  return notification({ ...parts, ...own });
}

async function outcome(signer: SnsSigner, own: Parameters<typeof messageOf>[0] = {}): Promise<string> {
  const { verifier } = verifierOf(signer, own.topicArn);
  const body = JSON.stringify(await signer.signed(messageOf(own)));
  return verifier.verify(body).then(
    () => 'accepted',
    (error: { code: string }) => error.code,
  );
}

describe('SES events: an SNS message of a real topic', () => {
  let sns: SnsSigner;
  beforeAll(async () => {
    sns = await createSigner({ name: 'sns.amazonaws.com' });
  });

  it('is accepted if SNS’s own certificate signed it, in each partition', async () => {
    expect(await outcome(sns)).toBe('accepted');
    const name = 'SimpleNotificationService-0123456789abcdef.pem';
    const china = await createSigner({ name: 'sns-cn-north-1.amazonaws.com.cn' });
    const [chinese, inChina] = [
      'arn:aws-cn:sns:cn-north-1:123456789012:t',
      `https://sns.cn-north-1.amazonaws.com.cn/${name}`,
    ];
    expect(await outcome(china, { topicArn: chinese, certificateUrl: inChina })).toBe('accepted');
    const gov = await createSigner({ name: 'sns-us-gov-west-1.amazonaws.com' });
    const [ofGov, atGov] = [
      'arn:aws-us-gov:sns:us-gov-east-1:123456789012:t',
      `https://sns.us-gov-east-1.amazonaws.com/${name}`,
    ];
    expect(await outcome(gov, { topicArn: ofGov, certificateUrl: atGov })).toBe('accepted');
    const cape = await createSigner({ name: 'sns-signing.af-south-1.amazonaws.com' });
    const [ofCape, atCape] = ['arn:aws:sns:af-south-1:123456789012:t', `https://sns.af-south-1.amazonaws.com/${name}`];
    expect(await outcome(cape, { topicArn: ofCape, certificateUrl: atCape })).toBe('accepted');
  });

  it.each([
    'https://sns.us-east-1.amazonaws.com/?Action=ListTopics',
    'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-9c64.pem?Action=ListTopics',
    'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-9c64.pem#x',
    'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-9C64.pem',
    'https://sns.us-east-1.amazonaws.com/other.pem',
    'https://sns.us-east-1.amazonaws.com/a/SimpleNotificationService-9c64.pem',
    'https://sns.us-east-1.amazonaws.com:8443/SimpleNotificationService-9c64.pem',
    'https://user@sns.us-east-1.amazonaws.com/SimpleNotificationService-9c64.pem',
    'https://sns.us-east-1.amazonaws.com.cn/SimpleNotificationService-9c64.pem',
    'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-9c64.pem',
    'https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-9c64.pem',
    'https://sns.s3-website-us-west-2.amazonaws.com/SimpleNotificationService-9c64.pem',
    'https://sns.execute-api.amazonaws.com/SimpleNotificationService-9c64.pem',
    'http://sns.us-east-1.amazonaws.com/SimpleNotificationService-9c64.pem',
  ])('is refused without a request if its certificate is at %s', async (certificateUrl) => {
    const { verifier, asked } = verifierOf(sns);
    const body = JSON.stringify(await sns.signed(messageOf({ certificateUrl })));
    await expect(verifier.verify(body)).rejects.toMatchObject({ code: 'sns-untrusted' });
    expect(asked).toEqual([]);
  });

  it('is refused if its topic names a host below the domain of AWS instead of a region', async () => {
    const topicArn = 'arn:aws:sns:s3-us-west-2:123456789012:t';
    const certificateUrl = 'https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-9c64.pem';
    expect(await outcome(sns, { topicArn, certificateUrl })).toBe('sns-untrusted');
  });

  it.each([
    ['was issued to another party', { name: 'evil.example' }],
    ['was issued to a name that only looks like it', { name: 'sns.amazonaws.com.evil.example' }],
    [
      'has expired',
      { name: 'sns.amazonaws.com', notBeforeDate: new Date('2001-01-01'), notAfterDate: new Date('2002-01-01') },
    ],
    ['is not valid yet', { name: 'sns.amazonaws.com', notBeforeDate: new Date(Date.now() + 86_400_000) }],
  ])('is refused if its certificate %s', async (_what, certificate) => {
    expect(await outcome(await createSigner(certificate))).toBe('sns-untrusted');
  });

  it('is refused if it was signed more than an hour ago, or in the future', async () => {
    expect(await outcome(sns, { at: new Date(Date.now() - 59 * minute) })).toBe('accepted');
    expect(await outcome(sns, { at: new Date(Date.now() - 61 * minute) })).toBe('sns-too-old');
    expect(await outcome(sns, { at: new Date('2001-01-01') })).toBe('sns-too-old');
    expect(await outcome(sns, { at: new Date(Date.now() + 61 * minute) })).toBe('sns-too-old');
    const odd = await sns.signed({ ...messageOf(), Timestamp: 'yesterday' });
    await expect(verifierOf(sns).verifier.verify(JSON.stringify(odd))).rejects.toMatchObject({ code: 'sns-too-old' });
  });

  it('confirms a subscription at the topic’s own endpoint, whatever SubscribeURL says', async () => {
    const { verifier, asked } = verifierOf(sns);
    const confirmation = subscriptionConfirmation({
      topicArn: topic,
      version: '2',
      at: new Date(),
      token: 'to ken&1',
      certificateUrl: at,
      publicUrl: 'https://evil.example',
    });
    const message = await verifier.verify(JSON.stringify(await sns.signed(confirmation)));
    asked.length = 0;
    await verifier.confirm(message);
    const [url, ...more] = asked.map((one) => new URL(one));
    expect(more).toEqual([]);
    expect(url!.origin).toBe('https://sns.us-east-1.amazonaws.com');
    expect(Object.fromEntries(url!.searchParams)).toEqual({
      Action: 'ConfirmSubscription',
      TopicArn: topic,
      Token: 'to ken&1',
    });
  });
});
