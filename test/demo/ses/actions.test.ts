import {
  GetAccountSendingEnabledCommand,
  GetIdentityVerificationAttributesCommand,
  GetSendQuotaCommand,
  GetSendStatisticsCommand,
  ListTemplatesCommand,
  SendEmailCommand,
} from '@aws-sdk/client-ses';
import { afterEach, describe, expect, it } from '@jest/globals';
import { readMail } from '../../../demo/ses/mails.js';
import { rawMail, refusalOf, sendRaw, startSes, stopAll } from './support.js';

afterEach(stopAll);

describe('SES stand-in: SendRawEmail', () => {
  it('keeps the email byte for byte with its envelope, tags and configuration set', async () => {
    const { ses, client } = await startSes();
    const raw = rawMail({ subject: '=?utf-8?q?Willkommen_bei_Dr=2E_Gr=C3=BCn?=' });

    const answer = await sendRaw(client, {
      Source: 'bounces@oak.test',
      Destinations: ['"Lee, Ann" <ann@example.test>', 'bob@example.test'],
      Tags: [
        { Name: 'message', Value: 'w-17' },
        { Name: 'attempt', Value: '2' },
      ],
      ConfigurationSetName: 'pims-sync',
      RawMessage: { Data: raw },
    });

    const mail = ses.mails.all()[0]!;
    expect(answer.MessageId).toBe(mail.messageId);
    expect(mail).toMatchObject({
      id: 1,
      source: 'bounces@oak.test',
      destinations: ['ann@example.test', 'bob@example.test'],
      tags: { message: 'w-17', attempt: '2' },
      configurationSet: 'pims-sync',
    });
    expect(mail.raw.equals(raw)).toBe(true);
    expect(await readMail(mail)).toMatchObject({ subject: 'Willkommen bei Dr. Grün', text: 'Hello.\n' });
  });

  it('takes sender, recipients, tags and configuration set from the headers if no parameter gives them', async () => {
    const { ses, client } = await startSes();
    const headers = [
      'Cc: bob@example.test',
      'X-SES-MESSAGE-TAGS: message=w-1, attempt=3',
      'X-SES-CONFIGURATION-SET: set-a',
    ];
    const to = '"Lee, Ann" <ann@example.test>,\r\n cy@example.test';

    await sendRaw(client, { Destinations: undefined, RawMessage: { Data: rawMail({ to, headers }) } });

    expect(ses.mails.all()[0]).toMatchObject({
      source: 'hello@oak.test',
      destinations: ['ann@example.test', 'cy@example.test', 'bob@example.test'],
      tags: { message: 'w-1', attempt: '3' },
      configurationSet: 'set-a',
    });
  });

  it('gives every email a new message id of the real form', async () => {
    const { client } = await startSes();
    const ids = (await Promise.all([1, 2, 3].map(() => sendRaw(client)))).map((answer) => answer.MessageId);
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toMatch(/^[0-9a-f]{16}-[0-9a-f-]{36}-000000$/);
  });
});

describe('SES stand-in: SendEmail', () => {
  it('builds an email from the parts and keeps blind copies out of its headers', async () => {
    const { ses, client } = await startSes();
    await client.send(
      new SendEmailCommand({
        Source: 'Oak Vets <hello@oak.test>',
        Destination: { ToAddresses: ['ann@example.test'], BccAddresses: ['boss@oak.test'] },
        Message: {
          Subject: { Data: 'Grüße 🐾' },
          Body: { Text: { Data: 'Hello & 100 % + more' }, Html: { Data: '<p>Hello</p>' } },
        },
        Tags: [{ Name: 'message', Value: 'w-2' }],
      }),
    );

    const mail = ses.mails.all()[0]!;
    expect(mail.destinations).toEqual(['ann@example.test', 'boss@oak.test']);
    expect(mail.tags).toEqual({ message: 'w-2' });
    expect(mail.raw.toString()).not.toContain('boss@oak.test');
    const content = await readMail(mail);
    expect(content.subject).toBe('Grüße 🐾');
    expect(content.text?.trim()).toBe('Hello & 100 % + more');
    expect(content.html?.trim()).toBe('<p>Hello</p>');
  });
});

describe('SES stand-in: the read calls', () => {
  it('local SES: returns the quota and its use, counted in recipients', async () => {
    const { client } = await startSes({ maxSendRate: 14, max24HourSend: 50_000, sentLast24Hours: 7 });
    await sendRaw(client, { Destinations: ['a@example.test', 'b@example.test'] });
    expect(await client.send(new GetSendQuotaCommand({}))).toMatchObject({
      MaxSendRate: 14,
      Max24HourSend: 50_000,
      SentLast24Hours: 9,
    });
  });

  it('local SES: returns attempts, bounces, complaints and rejects per quarter of an hour', async () => {
    const { client } = await startSes({ outcomes: [{ address: 'virus@*', outcome: 'reject' }] });
    for (const to of ['success', 'bounce', 'complaint', 'suppressionlist'])
      await sendRaw(client, { Destinations: [`${to}@simulator.amazonses.com`] });
    await sendRaw(client, { Destinations: ['virus@example.test'] });

    const { SendDataPoints: points = [] } = await client.send(new GetSendStatisticsCommand({}));
    const sum = (field: 'DeliveryAttempts' | 'Bounces' | 'Complaints' | 'Rejects') =>
      points.reduce((total, point) => total + (point[field] ?? 0), 0);
    expect([sum('DeliveryAttempts'), sum('Bounces'), sum('Complaints'), sum('Rejects')]).toEqual([5, 2, 1, 1]);
    expect(points[0]!.Timestamp).toBeInstanceOf(Date);
  });

  it('local SES: returns whether the account may send', async () => {
    const { ses, client } = await startSes();
    expect((await client.send(new GetAccountSendingEnabledCommand({}))).Enabled).toBe(true);
    ses.set({ sendingEnabled: false });
    expect((await client.send(new GetAccountSendingEnabledCommand({}))).Enabled).toBe(false);
  });

  it('local SES: returns verified identities and leaves out the others', async () => {
    const { client } = await startSes({ verifiedIdentities: ['oak.test', 'ann@elm.test'] });
    const Identities = ['oak.test', 'mail.oak.test', 'ann@elm.test', 'bob@elm.test'];
    const answer = await client.send(new GetIdentityVerificationAttributesCommand({ Identities }));
    expect(answer.VerificationAttributes).toEqual({
      'oak.test': { VerificationStatus: 'Success' },
      'mail.oak.test': { VerificationStatus: 'Success' },
      'ann@elm.test': { VerificationStatus: 'Success' },
    });
  });
});

describe('SES stand-in: an unknown call', () => {
  it('is refused at once with InvalidAction', async () => {
    const { client } = await startSes();
    expect(await refusalOf(client.send(new ListTemplatesCommand({})))).toEqual({
      name: 'InvalidAction',
      message: 'Could not find operation ListTemplates for version 2010-12-01',
      status: 400,
    });
  });

  it('is refused even if its name is a property of every JavaScript object', async () => {
    const { ses } = await startSes();
    const answer = await fetch(ses.url, {
      method: 'POST',
      headers: { authorization: 'x', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=constructor',
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('<Code>InvalidAction</Code>');
  });

  it('local SES: refuses a call without an Authorization header, so that no web page can post emails', async () => {
    const { ses } = await startSes();
    const answer = await fetch(ses.url, {
      method: 'POST',
      body: new URLSearchParams({ Action: 'SendRawEmail' }),
    });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('<Code>MissingAuthenticationToken</Code>');
    expect(ses.counts.summary().refused).toEqual({ 'no-authentication': 1 });
  });
});
