import {
  AccountSendingPausedException,
  ConfigurationSetDoesNotExistException,
  MessageRejected,
} from '@aws-sdk/client-ses';
import { afterEach, describe, expect, it } from '@jest/globals';
import { rawMail, refusalOf, sendRaw, startSes, stopAll } from './support.js';

afterEach(stopAll);

describe('SES stand-in: an address that SES refuses', () => {
  it.each([
    ['nonsense', "Missing final '@domain'"],
    ['ann lee@example.test', 'Local address contains control or whitespace'],
    ['Ann <ann @example.test>', 'Local address contains control or whitespace'],
    ['zoë@example.test', 'Local address contains control or whitespace'],
    ['"ann\r\nBcc: x"@example.test', 'Local address contains control or whitespace'],
    ['Lee, Ann <ann@example.test>', 'Illegal address'],
    ['', 'Illegal address'],
    ['@example.test', 'Missing local name'],
    ['ann@', 'Missing domain'],
    ['ann..lee@example.test', 'Local address contains dot-dot'],
    ['.ann@example.test', 'Local address starts with dot'],
    ['ann.@example.test', 'Local address ends with dot'],
    ['ann(lee)@example.test', 'Local address contains illegal character'],
    ['ann@exa mple.test', 'Domain contains control or whitespace'],
    ['ann@münchen.test', 'Domain contains control or whitespace'],
    ['ann@exa_mple.test', 'Domain contains illegal character'],
    ['ann@bob@example.test', 'Domain contains illegal character'],
    ['ann@.example.test', 'Domain starts with dot'],
    ['ann@example..test', 'Domain contains dot-dot'],
    ['ann@example.test.', 'Domain ends with dot'],
  ])('%j is refused: %s', async (address, message) => {
    const { ses, client } = await startSes();
    const refused = await refusalOf(sendRaw(client, { Destinations: [address] }));
    expect(refused).toEqual({ name: 'InvalidParameterValue', message, status: 400 });
    expect(ses.counts.summary()).toMatchObject({ accepted: { mails: 0 }, refused: { address: 1 } });
  });

  it.each([
    'ann@example.test',
    '  ann@example.test ',
    "o'hara+pets_1@sub.example.test",
    '"ann lee"@example.test',
    '"<ann>"@example.test',
    'Ann Lee <ann@example.test>',
    '"Lee, \\"Ann\\"" <ann@example.test>',
    '<ann@example.test>',
    'ann@[192.0.2.1]',
    'ann@xn--mnchen-3ya.test',
  ])('%j is accepted', async (address) => {
    const { ses, client } = await startSes();
    await sendRaw(client, { Destinations: [address] });
    expect(ses.mails.size()).toBe(1);
  });

  it('local SES: refuses the whole email if one recipient is malformed', async () => {
    const { ses, client } = await startSes();
    const Destinations = ['ann@example.test', 'nonsense'];
    expect((await refusalOf(sendRaw(client, { Destinations }))).name).toBe('InvalidParameterValue');
    expect(ses.mails.size()).toBe(0);
  });
});

describe('SES stand-in: an email that SES refuses', () => {
  // Not through the SDK: encoding 10 MB needs more stack than a long test run leaves.
  it('is larger than 10 MB', async () => {
    const { ses } = await startSes();
    const post = async (raw: Uint8Array) => {
      const body = new URLSearchParams({
        Action: 'SendRawEmail',
        Version: '2010-12-01',
        Source: 'front@elm.example',
        'Destinations.member.1': 'ann@post.example',
        'RawMessage.Data': Buffer.from(raw).toString('base64'),
      });
      const answer = await fetch(ses.url, { method: 'POST', headers: { authorization: 'x' }, body });
      const text = await answer.text();
      return { status: answer.status, code: between(text, 'Code'), message: between(text, 'Message') };
    };
    const large = rawMail({ body: 'x'.repeat(10 * 1024 * 1024) });
    expect(await post(large)).toEqual({
      status: 400,
      code: 'InvalidParameterValue',
      message: `Message length is more than 10485760 bytes long: '${large.length}'.`,
    });
    const fits = rawMail({ body: 'x'.repeat(10 * 1024 * 1024 - rawMail({ body: '' }).length) });
    expect(await post(fits)).toMatchObject({ status: 200 });
    expect(ses.mails.all()[0]!.raw.length).toBe(10 * 1024 * 1024);
  });

  it('is far larger than any request may be', async () => {
    const { ses } = await startSes();
    const answer = await fetch(ses.url, {
      method: 'POST',
      headers: { authorization: 'x', 'content-type': 'application/x-www-form-urlencoded' },
      body: `Action=SendRawEmail&RawMessage.Data=${'A'.repeat(46 * 1024 * 1024)}`,
    });
    expect(answer.status).toBe(413);
    expect(await answer.text()).toContain('<Code>RequestEntityTooLarge</Code>');
  });

  it('has more than 50 recipients', async () => {
    const { client } = await startSes();
    const Destinations = Array.from({ length: 51 }, (_, n) => `a${n}@example.test`);
    expect((await refusalOf(sendRaw(client, { Destinations }))).message).toBe('Recipient count exceeds 50.');
  });

  it.each([
    ['no From', 'X: y\r\n\r\nHello', "Missing required header 'From'."],
    ['two subjects', 'From: a@oak.test\r\nSubject: a\r\nSUBJECT: b\r\n\r\nHello', "Duplicate header 'Subject'."],
  ])('has %s', async (_what, raw, message) => {
    const { client } = await startSes();
    const refused = await refusalOf(sendRaw(client, { RawMessage: { Data: Buffer.from(raw) } }));
    expect(refused).toMatchObject({ name: 'InvalidParameterValue', message });
  });

  it.each([
    ['Invalid tag name <welcome id>: only alphanumeric', 'welcome id', 'w-1'],
    ['Invalid tag value <ann@example.test>: only alphanumeric', 'welcome', 'ann@example.test'],
    ['Tag value cannot exceed 256 characters.', 'welcome', 'x'.repeat(257)],
  ])('has a tag that breaks the rules (%s)', async (message, Name, Value) => {
    const { client } = await startSes();
    const refused = await refusalOf(sendRaw(client, { Tags: [{ Name, Value }] }));
    expect(refused.name).toBe('InvalidParameterValue');
    expect(refused.message).toContain(message);
  });
});

describe('SES stand-in: an account that may not send', () => {
  it('is paused', async () => {
    const { client } = await startSes({ sendingEnabled: false });
    await expect(sendRaw(client)).rejects.toThrow(AccountSendingPausedException);
  });

  it('has not verified the sender, in Source or in From', async () => {
    const { ses, client } = await startSes({ verifiedIdentities: ['oak.test'] });
    await sendRaw(client);
    const elm = rawMail({ from: 'Elm <hello@elm.test>' });
    await expect(sendRaw(client, { RawMessage: { Data: elm } })).rejects.toThrow(MessageRejected);
    expect(await refusalOf(sendRaw(client, { Source: 'hello@oak.test.evil.test' }))).toEqual({
      name: 'MessageRejected',
      message:
        'Email address is not verified. The following identities failed the check in region US-EAST-1: hello@oak.test.evil.test',
      status: 400,
    });
    expect(ses.counts.summary()).toMatchObject({ accepted: { mails: 1 }, refused: { unverified: 2 } });
  });

  it('names a configuration set that does not exist', async () => {
    const { client } = await startSes({ configurationSets: ['pims-sync'] });
    await sendRaw(client, { ConfigurationSetName: 'pims-sync' });
    const sent = sendRaw(client, { ConfigurationSetName: 'pims-sink' });
    await expect(sent).rejects.toThrow(ConfigurationSetDoesNotExistException);
  });
});

function between(xml: string, tag: string): string | undefined {
  return new RegExp(`<${tag}>(.*?)</${tag}>`).exec(xml)?.[1]?.replaceAll('&apos;', "'").replaceAll('&#39;', "'");
}
