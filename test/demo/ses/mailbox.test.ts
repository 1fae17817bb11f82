import { afterEach, describe, expect, it } from '@jest/globals';
import { rawMail, sendRaw, startSes, stopAll } from './support.js';

afterEach(stopAll);

const hostile = `</title><script>alert("x")</script><img src=x onerror='alert(1)'>`;

function htmlMail(html: string, subject = 'Welcome'): Buffer {
  return rawMail({ subject, headers: ['Content-Type: text/html; charset=utf-8'], body: html });
}

async function read(url: string): Promise<{ status: number; text: string; header: (name: string) => string }> {
  const answer = await fetch(url);
  return {
    status: answer.status,
    text: await answer.text(),
    header: (name) => answer.headers.get(name) ?? '',
  };
}

describe('SES stand-in: the list of emails', () => {
  it('says that it is local, and how to begin, while it is empty', async () => {
    const { ses } = await startSes();
    const { text } = await read(ses.mailboxUrl);
    expect(text).toContain('nothing leaves this machine');
    expect(text).toContain('Set AWS_ENDPOINT_URL_SES to this address');
    expect((await fetch(ses.url)).url).toBe(ses.mailboxUrl);
  });

  it('shows the newest first, 50 on a page', async () => {
    const { ses, client } = await startSes();
    for (let n = 1; n <= 60; n += 1) await sendRaw(client, { Destinations: [`client${n}@example.test`] });
    const first = (await read(ses.mailboxUrl)).text;
    const ids = [...first.matchAll(/href="\/mailbox\/(\d+)"/g)].map((match) => Number(match[1]));
    expect(ids).toEqual(Array.from({ length: 50 }, (_, n) => 60 - n));
    expect(first).toContain('1 to 50 of 60');
    const second = (await read(`${ses.mailboxUrl}?page=2`)).text;
    expect(second).toContain('51 to 60 of 60');
    expect((await read(`${ses.mailboxUrl}?page=9`)).text).toContain('This page is empty');
    expect((await read(`${ses.mailboxUrl}?page=-1&page=x`)).status).toBe(200);
  });

  it('finds emails by recipient and by decoded subject, ignoring case', async () => {
    const { ses, client } = await startSes();
    await sendRaw(client, { Destinations: ['Zoe@example.test'] });
    await sendRaw(client, { RawMessage: { Data: rawMail({ subject: '=?utf-8?q?Gr=C3=BC=C3=9Fe?=' }) } });
    const found = async (q: string) => {
      const { text } = await read(`${ses.url}/mailbox.json?q=${encodeURIComponent(q)}`);
      return (JSON.parse(text) as { mails: { id: number }[] }).mails.map((mail) => mail.id);
    };
    expect(await found('zoe')).toEqual([1]);
    expect(await found('grüße')).toEqual([2]);
    expect(await found('EXAMPLE')).toEqual([2, 1]);
    expect(await found('nobody')).toEqual([]);
  });

  it('renders a hostile subject, recipient and search as text', async () => {
    const { ses, client } = await startSes();
    await sendRaw(client, {
      Destinations: [`"<script>alert(2)</script>"@example.test`],
      RawMessage: { Data: rawMail({ subject: hostile, from: `"<b onclick=x>" <hello@oak.test>` }) },
    });
    const query = encodeURIComponent(`"><script>alert(3)</script>`);
    for (const path of ['/mailbox', '/mailbox/1', `/mailbox?q=${query}`, `/mailbox/1?q=${query}`]) {
      const { text, header } = await read(ses.url + path);
      expect(text).not.toMatch(/<script|<img|<b onclick/i);
      expect(header('content-security-policy')).toContain("default-src 'none'");
      expect(header('content-security-policy')).not.toMatch(/script-src|unsafe/);
    }
    expect((await read(`${ses.url}/mailbox`)).text).toContain('&lt;script>alert(&quot;x&quot;)');
  });
});

describe('SES stand-in: one email', () => {
  it('shows its parts, headers, tags, events and source', async () => {
    const { ses, client } = await startSes();
    const body = [
      '--b',
      'Content-Type: text/plain; charset=utf-8',
      '',
      'Hello <Ann> & Rex',
      '--b',
      'Content-Type: text/html; charset=utf-8',
      '',
      '<p>Hello Ann</p>',
      '--b--',
    ].join('\r\n');
    const headers = ['MIME-Version: 1.0', 'Content-Type: multipart/alternative; boundary=b'];
    await sendRaw(client, {
      Tags: [{ Name: 'message', Value: 'w-1' }],
      RawMessage: { Data: rawMail({ headers, body }) },
    });
    const { text } = await read(`${ses.mailboxUrl}/1`);
    expect(text).toContain('Hello &lt;Ann> &amp; Rex');
    expect(text).toContain('message = w-1');
    expect(text).toContain('<strong>Delivery</strong>');
    expect(text).toContain('multipart/alternative; boundary=b');
    expect(text).toMatch(
      /<iframe[^>]*src="\/mailbox\/1\/html"[^>]*sandbox="allow-popups allow-popups-to-escape-sandbox"/,
    );

    const json = JSON.parse((await read(`${ses.mailboxUrl}/1.json`)).text) as Record<string, unknown>;
    expect(json).toMatchObject({
      id: 1,
      subject: 'Welcome',
      destinations: ['ann@example.test'],
      tags: { message: 'w-1' },
      text: 'Hello <Ann> & Rex\n',
      html: '<p>Hello Ann</p>\n',
    });
    const source = await read(`${ses.mailboxUrl}/1/source`);
    expect(source.header('content-type')).toBe('text/plain; charset=utf-8');
    expect(source.text).toContain('boundary=b');
  });

  it('frames the HTML part so that no script runs and nothing is fetched from elsewhere', async () => {
    const { ses, client } = await startSes();
    const html = '<html><head><title>x</title></head><body><script>alert(1)</script><a href="https://x.test">x</a>';
    await sendRaw(client, { RawMessage: { Data: htmlMail(html) } });
    const { text, header } = await read(`${ses.mailboxUrl}/1/html`);
    expect(text).toContain('<head><base target="_blank"><title>');
    const policy = header('content-security-policy');
    expect(policy).toMatch(/^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'/);
    expect(policy).not.toMatch(/allow-scripts|allow-same-origin|script-src|https:/);
    expect(header('x-content-type-options')).toBe('nosniff');
  });

  it('says if an email has no HTML part, or does not exist', async () => {
    const { ses, client } = await startSes();
    await sendRaw(client);
    expect((await read(`${ses.mailboxUrl}/1`)).text).toContain('This email has no HTML part.');
    for (const path of ['1/html', '7', '7.json', '7/html', '7/source', 'x']) {
      expect([path, (await read(`${ses.mailboxUrl}/${path}`)).status]).toEqual([path, 404]);
    }
  });
});

describe('SES stand-in: the mailbox', () => {
  it('drops the oldest emails above its limits, but never the counts', async () => {
    const { ses, client } = await startSes({ keep: { mails: 3, bytes: 10_000 } });
    for (let n = 1; n <= 5; n += 1) await sendRaw(client, { Destinations: [`a${n}@example.test`] });
    expect(ses.mails.all().map((mail) => mail.id)).toEqual([5, 4, 3]);
    const big = rawMail({ body: 'x'.repeat(9_900) });
    await sendRaw(client, { RawMessage: { Data: big } });
    expect(ses.mails.all().map((mail) => mail.id)).toEqual([6]);
    expect(ses.counts.acceptedTo('a1@example.test')).toBe(1);
    expect(ses.counts.summary().accepted).toEqual({ mails: 6, recipients: 6, addresses: 6 });
  });

  it('starts empty after it was cleared', async () => {
    const { ses, client } = await startSes();
    await sendRaw(client);
    ses.clear();
    expect([ses.mails.size(), ses.counts.acceptedTo('ann@example.test')]).toEqual([0, 0]);
    await sendRaw(client);
    expect(ses.mails.all().map((mail) => mail.id)).toEqual([2]);
  });
});
