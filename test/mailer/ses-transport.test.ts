import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import type { SecureVersion } from 'node:tls';
import type { SESClientConfig } from '@aws-sdk/client-ses';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { generate } from 'selfsigned';
import { answerOf } from '../../src/mailer/ses/ses-answer.js';
import { createSesTransport, type MailTransport } from '../../src/mailer/ses/ses-transport.js';

const accepted =
  '<SendRawEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendRawEmailResult><MessageId>m-1</MessageId>' +
  '</SendRawEmailResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></SendRawEmailResponse>';

/** Every byte value, so that its base64 contains every character. */
const allBytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));

describe('SES transport: an attempt', () => {
  const posted: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      posted.push({ headers: request.headers, body: Buffer.concat(chunks) });
      response.setHeader('content-type', 'text/xml').end(accepted);
    });
  });
  let transport: MailTransport;

  beforeAll(async () => {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    transport = createSesTransport({
      configurationSet: 'pims',
      client: {
        endpoint: `http://127.0.0.1:${port}`,
        region: 'us-east-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      },
    });
  });
  afterAll(() => {
    transport.close();
    server.close();
  });

  it.each([
    ['every byte', allBytes],
    ['one byte more', Buffer.concat([allBytes, Buffer.from('!')])],
    ['a part of a longer buffer', allBytes.subarray(17, 200)],
    ['the words of the form itself', Buffer.from('&RawMessage.Data=mail&Action=GetSendQuota')],
  ])('posts the exact message and signs what it posts: %s', async (_name, raw) => {
    posted.length = 0;
    const mail = { from: 'welcome@petapp.example', to: "o'hara&co=mail@example.com", raw };
    const answer = await transport.send({ ...mail, tags: { welcome: 'w1', attempt: 'a1' } });
    expect(answer).toEqual({ kind: 'accepted', messageId: 'm-1' });

    expect(posted).toHaveLength(1);
    const [{ headers, body }] = posted as [(typeof posted)[0]];
    const form = new URLSearchParams(body.toString('latin1'));
    expect(Object.fromEntries(form)).toEqual({
      Action: 'SendRawEmail',
      Version: '2010-12-01',
      Source: 'welcome@petapp.example',
      'Destinations.member.1': "o'hara&co=mail@example.com",
      'RawMessage.Data': raw.toString('base64'),
      'Tags.member.1.Name': 'welcome',
      'Tags.member.1.Value': 'w1',
      'Tags.member.2.Name': 'attempt',
      'Tags.member.2.Value': 'a1',
      ConfigurationSetName: 'pims',
    });
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers['x-amz-content-sha256']).toBe(createHash('sha256').update(body).digest('hex'));
    expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 .*x-amz-content-sha256/);
  });
});

/** No byte of the email was sent, so its result is never uncertain: it waits and is sent later. */
describe('SES transport: an attempt that never began', () => {
  const open: { close(): unknown }[] = [];
  afterEach(() => open.splice(0).forEach((one) => one.close()));

  const mail = {
    from: 'welcome@petapp.example',
    to: 'kim@example.com',
    tags: { welcome: 'w1', attempt: 'a1' },
  };
  const keys = { accessKeyId: 'test', secretAccessKey: 'test' };
  function sendWith(client: SESClientConfig) {
    const transport = createSesTransport({
      configurationSet: null,
      client: { region: 'us-east-1', credentials: keys, ...client },
    });
    open.push(transport);
    return transport.send({ ...mail, raw: Buffer.from('an email') });
  }
  async function portOf(server: Server): Promise<number> {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    open.push(server);
    return (server.address() as AddressInfo).port;
  }

  it.each<[SecureVersion]>([['TLSv1.2'], ['TLSv1.3']])(
    'is not in doubt if the certificate is not trusted, and nothing of the email was read (%s)',
    async (version) => {
      const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }], { keySize: 2048 });
      let requests = 0;
      const server = createHttpsServer({ key, cert, minVersion: version, maxVersion: version }, () => requests++);
      let read = 0;
      server.on('secureConnection', (socket) => socket.on('data', (data: Buffer) => (read += data.length)));
      const answer = await sendWith({ endpoint: `https://127.0.0.1:${await portOf(server)}` });
      expect(answer).toMatchObject({ kind: 'unreachable', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
      await new Promise((closed) => server.close(closed));
      expect([requests, read]).toEqual([0, 0]);
    },
  );

  it('is not in doubt if the connection breaks before TLS is established', async () => {
    const server = createTcpServer((socket) => socket.once('data', () => socket.destroy()));
    const answer = await sendWith({ endpoint: `https://127.0.0.1:${await portOf(server)}` });
    expect(answer.kind).toBe('unreachable');
  });

  it('is not in doubt if no server listens, at one address or at several', async () => {
    const server = createTcpServer();
    const port = await portOf(server);
    await new Promise((closed) => open.pop() && server.close(closed));
    expect((await sendWith({ endpoint: `http://127.0.0.1:${port}` })).kind).toBe('unreachable');
    const refused = await new Promise((failed) => {
      const lookup = (_host: string, _options: object, found: (error: null, all: object[]) => void) =>
        found(null, [
          { address: '127.0.0.1', family: 4 },
          { address: '127.0.0.2', family: 4 },
        ]);
      connect({ host: 'ses.example', port, autoSelectFamily: true, lookup: lookup as never }).once('error', failed);
    });
    expect((refused as Error).name).toBe('AggregateError');
    expect(answerOf(refused).kind).toBe('unreachable');
  });

  it.each<[string, SESClientConfig]>([
    ['no region is set', { region: (() => Promise.reject(new Error('Region is missing'))) as never }],
    [
      'no keys are found',
      { credentials: () => Promise.reject(Object.assign(new Error('No keys'), { name: 'CredentialsProviderError' })) },
    ],
    [
      'the role may not be taken',
      {
        credentials: () =>
          Promise.reject(
            Object.assign(new Error('Not yours'), { name: 'ValidationError', $metadata: { httpStatusCode: 400 } }),
          ),
      },
    ],
  ])('waits for a person to correct the setup when %s', async (_what, client) => {
    const answer = await sendWith({ endpoint: 'http://127.0.0.1:9', ...client });
    expect(answer).toMatchObject({ kind: 'account' });
  });

  it('waits for a person to correct the setup when our own part fails', async () => {
    const builder = (bytes: unknown) => `${bytes as string}`;
    expect(await sendWith({ endpoint: 'http://127.0.0.1:9', base64Encoder: builder })).toMatchObject({
      kind: 'account',
      message: 'The AWS SDK changed the request form of an email.',
    });
  });

  it('is in doubt once the request was sent, whatever the error is called', async () => {
    const server = createServer((request) => request.on('data', () => request.socket.destroy()));
    const answer = await sendWith({ endpoint: `http://127.0.0.1:${await portOf(server)}` });
    expect(answer.kind).toBe('unknown');
  });
});
