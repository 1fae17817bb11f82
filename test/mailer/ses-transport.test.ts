import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSesTransport, type MailTransport } from '../../src/mailer/ses-transport.js';

const accepted =
  '<SendRawEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendRawEmailResult><MessageId>m-1</MessageId>' +
  '</SendRawEmailResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></SendRawEmailResponse>';

/** Every byte, so that its base64 holds every letter there is. */
const allBytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));

describe('handing a mail over', () => {
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
  ])('posts it to the letter and signs what it posts: %s', async (_name, raw) => {
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
