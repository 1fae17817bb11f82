import { beforeAll, describe, expect, it } from '@jest/globals';
import PostalMime from 'postal-mime';
import { inkOn } from '../../src/lib/contrast.js';
import { mimeOf } from '../../src/mailer/ses/mime.js';
import { createRenderer } from '../../src/mailer/render.js';
import type { SampleEmail } from '../../src/domain/message/branding.js';
import { checkMails, sampleEmails, samplePeople } from '../../src/mailer/branding/sample-emails.js';
import { mailOf } from './support.js';

const renderer = createRenderer();
const elm = mailOf('elm', {
  support: { phone: '+1 (555) 010-2000', email: 'hello@elm.example', hours: 'Mon-Fri 8-18' },
  listUnsubscribe: { mailto: 'stop@elm.example', url: 'https://elm.example/stop/{message}' },
});

describe('emails', () => {
  let mails: SampleEmail[];
  const mailFor = (kind: string, sample: string) => mails.find((mail) => mail.kind === kind && mail.sample === sample)!;
  beforeAll(async () => {
    mails = await sampleEmails(elm, renderer);
  });

  it('say the same in text and HTML, for every kind and every unusual person', () => {
    expect(mails).toHaveLength(4 * samplePeople.length);
    for (const { kind, subject, html, text, sample } of mails) {
      expect(subject).not.toBe('');
      for (const told of ['elm Vets', '+1 (555) 010-2000', 'hello@elm.example', 'Mon-Fri 8-18']) {
        expect(html).toContain(told);
        expect(text).toContain(told);
      }
      const tellsPassword = kind === 'welcome' || kind === 'new-temporary-password';
      expect([sample, html.includes('K7MP-4TXW-9HQD'), text.includes('K7MP-4TXW-9HQD')]).toEqual([
        sample,
        tellsPassword,
        tellsPassword,
      ]);
      expect(text.match(/\{\{|\}\}|%%|undefined|null|\[object/g) ?? []).toEqual(
        sample === 'Names that look like code' ? expect.anything() : [],
      );
    }
  });

  it('are accessible: one language, a title, headings, layout tables marked as such, and nothing fetched from elsewhere', () => {
    for (const { html, subject } of mails) {
      expect(html).toMatch(/<html lang="en"/);
      expect(html).toMatch(/<title>[^<]+<\/title>/);
      expect(html.match(/<h1/g)).toHaveLength(1);
      const tables = html.replace(/<!--[\s\S]*?-->/g, '').match(/<table[^>]*>/g) ?? [];
      expect(tables.every((table) => table.includes('role="presentation"'))).toBe(true);
      expect(html).not.toMatch(/https?:\/\/(?!pets\.example\.com|www\.w3\.org)/);
      expect(subject).not.toContain('K7MP');
    }
  });

  it('leave out support contacts that a practice does not have', async () => {
    const bare = mailOf('elm', { support: { phone: null, email: 'hello@elm.example', hours: null } });
    const { text, html } = await renderer.render(bare, 'welcome', samplePeople[0]!.person);
    expect(text).not.toMatch(/Phone:|Hours:/);
    expect(html).not.toMatch(/Phone:|Hours:/);
    expect(text).toContain('is happy to help\nEmail: hello@elm.example\n');
  });

  it('contain the surname only in the header "To", complete and of any length', async () => {
    for (const { name: sample, person } of samplePeople) {
      const { lastName, email } = person;
      if (lastName === null) continue;
      const name = `${person.firstName} ${lastName}`;
      const mail = mailFor('welcome', sample);
      // The address of the long sample contains its surname.
      expect([mail.text.replaceAll(email, ''), mail.html.replaceAll(email, '')].join()).not.toContain(lastName);
      const raw = mimeOf(mail, {
        mail: elm,
        to: { name, address: email },
        messageId: 'w1',
        attemptId: 'a1',
        date: new Date(),
      });
      expect((await PostalMime.parse(raw)).to).toEqual([{ name, address: email }]);
    }
    const surnames = samplePeople.map(({ person }) => person.lastName?.length ?? 0);
    expect(Math.max(...surnames)).toBe(80);
  });

  it('escape everything that a PIMS may contain', () => {
    const { html, text } = mailFor('welcome', 'Names that look like code');
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).toContain('<script>alert(1)</script>, "Fluffy" O\'Neil and {{names}}');
    expect(html.match(/K7MP-4TXW-9HQD/g)).toHaveLength(1);
  });

  it('name pets as a person would', () => {
    expect(mailFor('welcome', 'No pet named').text).toContain('with its records of your pets.');
    expect(mailFor('welcome', 'No name').text).toContain('Hello,\n');
    expect(mailFor('welcome', 'Two pets').text).toContain('with its records of Luna and Max.');
    expect(mailFor('welcome', 'Right-to-left and emoji names').html).toContain('<bdi>سمسم</bdi>, <bdi>Mitzi 🐈‍⬛</bdi>');
  });

  it('use a practice’s own texts, escaped, with variables', async () => {
    const own = mailOf('elm', {
      texts: {
        welcome: {
          subject: 'Hi {{firstName}} <3',
          opening: 'Dear {{firstName}} & {{petNames}},\n\n<b>welcome</b>.',
        },
      },
    });
    await checkMails(own, renderer);
    const { subject, html, text } = await renderer.render(own, 'welcome', samplePeople[0]!.person);
    expect(subject).toBe('Hi Kim <3');
    expect(html).toContain('Dear Kim &amp; <bdi>Luna</bdi> and <bdi>Max</bdi>,</p>');
    expect(html).toContain('&lt;b&gt;welcome&lt;/b&gt;.');
    expect(text).toContain('Dear Kim & Luna and Max,\n\n<b>welcome</b>.');
  });

  it.each([
    ['{{surname}}', /uses \{\{surname\}\}/],
    ['{{password}}', /uses \{\{password\}\}/],
    ['{{{firstName}}}', /only plain variables/],
    ['{{#each pets}}x{{/each}}', /only plain variables/],
    ['{{> file}}', /only plain variables/],
    ['{{lookup this "x"}}', /only plain variables/],
    ['{{../x}}', /only plain variables/],
    ['{{constructor}}', /uses \{\{constructor\}\}/],
    ['{{firstName', /braces that do not match/],
  ])('refuse the text %s when it is saved, and list the allowed variables', async (opening, message) => {
    const check = checkMails(mailOf('elm', { texts: { welcome: { opening } } }), renderer);
    await expect(check).rejects.toMatchObject({
      code: 'email-text-wrong',
      message: expect.stringMatching(message),
      help: expect.stringContaining('{{petNames}}'),
    });
  });

  it('are readable on any colour', () => {
    expect([inkOn('#ffffff'), inkOn('#ffd400'), inkOn('#1f5f4a'), inkOn('#000000')]).toEqual([
      '#000000',
      '#000000',
      '#ffffff',
      '#ffffff',
    ]);
  });

  it('become MIME that a parser reads back unchanged, with all its headers and no others', async () => {
    const rendered = mailFor('welcome', 'Right-to-left and emoji names');
    const raw = mimeOf(
      { ...rendered, subject: 'Ein Gruß 李雷 🐕' },
      {
        mail: elm,
        to: { name: 'Evil"\r\nBcc: thief@example.com\r\n\r\n<b>', address: 'kim@example.com' },
        messageId: '0'.repeat(20),
        attemptId: '1'.repeat(20),
        date: new Date('2026-05-04T12:00:00Z'),
      },
    );
    expect(raw.every((byte) => byte < 128)).toBe(true);
    expect(
      Math.max(
        ...raw
          .toString('latin1')
          .split('\r\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(998);
    const mail = await PostalMime.parse(raw);
    expect(mail).toMatchObject({
      subject: 'Ein Gruß 李雷 🐕',
      from: { name: 'elm Vets', address: 'welcome@petapp.example' },
      replyTo: [{ address: 'hello@elm.example' }],
      date: '2026-05-04T12:00:00.000Z',
    });
    expect(mail.to).toHaveLength(1);
    expect(mail.bcc).toBeUndefined();
    const unix = (text: string | undefined) => text?.replaceAll('\r\n', '\n').trim();
    expect(unix(mail.text)).toBe(rendered.text.trim());
    const letters = (html: string | undefined) =>
      html?.replace(/&#(\d{3,});/g, (_, code: string) => String.fromCodePoint(Number(code)));
    expect(letters(unix(mail.html))).toBe(letters(rendered.html.trim()));
    const header = (key: string) => mail.headers.find((one) => one.key === key)?.value;
    expect(header('list-unsubscribe')).toBe(
      `<https://elm.example/stop/${'0'.repeat(20)}>, <mailto:stop@elm.example?subject=unsubscribe%20${'0'.repeat(20)}>`,
    );
    expect(header('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
    expect(header('auto-submitted')).toBe('auto-generated');
  });
});
