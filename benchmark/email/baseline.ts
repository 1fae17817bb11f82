import { SESClient, SendRawEmailCommand } from '@aws-sdk/client-ses';
import { Agent } from 'node:http';
import { mimeOf } from '../../src/mailer/ses/mime.js';
import { createRenderer } from '../../src/mailer/render.js';
import { practiceMail, practiceMailSchema, mailSchema } from '../../src/mailer/settings.js';
import { Secret } from '../../src/lib/secret.js';

/**
 * Measures the baseline of handing over emails: the SDK posts the same ready message repeatedly, with the concurrency
 * of a worker, and nothing is rendered, queried or stored.
 */
export async function bareHandOver(url: string, mails: number): Promise<void> {
  const client = new SESClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'baseline', secretAccessKey: 'baseline' },
    maxAttempts: 1,
    cacheMiddleware: true,
    requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: 50 }) },
  });
  const raw = await oneMail();
  let left = mails;
  const hand = async (): Promise<void> => {
    while (left-- > 0) {
      await client.send(
        new SendRawEmailCommand({
          Source: 'welcome@petapp.example',
          Destinations: ['baseline@example.com'],
          RawMessage: { Data: raw },
          ConfigurationSetName: 'pims',
          Tags: [{ Name: 'message', Value: 'baseline' }],
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: 50 }, hand));
  client.destroy();
}

async function oneMail(): Promise<Buffer> {
  const general = mailSchema.parse({
    from: 'welcome@petapp.example',
    loginUrl: 'https://pets.example.com/app/login',
    resetUrl: 'https://pets.example.com/app/reset#{token}',
  });
  const support = { phone: '+1 555 010 2000', email: 'desk@large.example' };
  const practice = { id: 'large', name: 'large Animal Hospital', timeZone: 'UTC' };
  const mail = practiceMail(practice, practiceMailSchema.parse({ support }), general);
  const person = {
    firstName: 'Margaret',
    lastName: 'Whitfield',
    email: 'baseline@example.com',
    pets: ['Bella', 'Max'],
    requestedBy: null,
    password: new Secret('ABCD-EFGH-JKLM'),
    resetToken: null,
    expiresAt: new Date(),
  };
  const rendered = await createRenderer().render(mail, 'welcome', person);
  const to = { name: 'Margaret Whitfield', address: 'baseline@example.com' };
  return mimeOf(rendered, { mail, to, messageId: 'baseline', attemptId: 'baseline', date: new Date() });
}
