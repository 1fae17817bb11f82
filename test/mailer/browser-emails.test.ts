import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { createRenderer } from '../../src/mailer/render.js';
import type { SampleEmail } from '../../src/domain/message/branding.js';
import { sampleEmails } from '../../src/mailer/branding/sample-emails.js';
import { savedBrandingSchema, withBranding, type PracticeMail } from '../../src/mailer/settings.js';
import { Secret } from '../../src/lib/secret.js';
import { axeViolations, openBrowser, openPage } from '../journeys/support/browser.js';
import { mailOf } from './support.js';

/** If set to a folder, saves a screenshot of every email there, light and dark. */
const pictures = process.env['SCREENSHOTS'];

/** A possible branding: a dark logo on a light band, a custom text colour, long texts. */
const saved = savedBrandingSchema.parse({
  name: 'The Very Long Named Veterinary Hospital & Boarding Kennels of Greater Featherstonehaugh',
  fromName: null,
  replyTo: null,
  support: { phone: '+1 (555) 010-2000', email: 'hello@elm.example', hours: 'Mon-Fri 8-18' },
  brand: { colour: '#5b3a75', textColour: '#ffe9a8', bandColour: '#fdf6e3' },
  logo: { id: `${'a'.repeat(40)}.png`, width: 160, height: 160 },
  texts: { welcome: { opening: 'Dear {{firstName}},\n\n{{petNames}} can now be found in our app.' } },
});

/** An image of a square with a letter in it. */
const picture =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" width="160" height="160"><rect width="160" height="160" rx="30" fill="#5b3a75"/><text x="45" y="115" font-size="100" fill="#fff">F</text></svg>',
  );

/** Emails to staff, which practices cannot edit. */
async function staffMails(mail: PracticeMail): Promise<SampleEmail[]> {
  const renderer = createRenderer();
  const person = {
    firstName: 'Bartholomew-Maximilian Wolfeschlegelsteinhausenbergerdorff',
    lastName: null,
    email: 'bartholomew-maximilian.wolfeschlegelsteinhausenbergerdorff@a-very-long-domain-name.example.com',
    pets: [],
    password: null,
    resetToken: new Secret('x'.repeat(43)),
    expiresAt: new Date('2030-06-30T16:00:00Z'),
    requestedBy: 'Olive Owner',
  };
  const kinds = ['staff-invitation', 'staff-password-reset'] as const;
  const rendered = await Promise.all(kinds.map((kind) => renderer.render(mail, kind, person)));
  return rendered.map((one, at) => ({ ...one, kind: kinds[at] as never, sample: 'staff' }));
}

/** Rules for whole pages; an email is shown inside the page of the email program. */
const ofPages = /^(landmark-one-main|region):/;

describe('emails: in a browser', () => {
  let browser: Browser;
  let mails: SampleEmail[];
  beforeAll(async () => {
    browser = await openBrowser();
    const support = { phone: '+1 (555) 010-2000', email: 'hello@elm.example', hours: 'Mon-Fri 8-18' };
    const plain = mailOf('elm', { support, brand: { colour: '#ffd400' } });
    const branded = withBranding(plain, saved, () => picture);
    mails = [
      ...(await sampleEmails(plain)),
      ...(await sampleEmails(branded)).map((mail) => ({ ...mail, sample: `saved: ${mail.sample}` })),
      ...(await staffMails(branded)),
    ];
  }, 60_000);
  afterAll(() => browser?.close());

  it.each([{ dark: false }, { dark: true }])('fit a phone and are accessible (%j)', async ({ dark }) => {
    const { page, context, troubles } = await openPage(browser, 'http://127.0.0.1', {
      size: 'phone',
      dark,
    });
    for (const { kind, sample, html } of mails) {
      await page.setContent(html);
      const wide = await page.evaluate('document.documentElement.scrollWidth');
      expect([kind, sample, wide]).toEqual([kind, sample, 390]);
      // The same emails in another practice's colours differ in nothing else that axe checks.
      if (sample.startsWith('saved') && !/Two pets|long/.test(sample) && !pictures) continue;
      const found = await axeViolations(page);
      expect([kind, sample, found.filter((one) => !ofPages.test(one))]).toEqual([kind, sample, []]);
      if (pictures) {
        mkdirSync(pictures, { recursive: true });
        const name = `mail-${kind}-${sample.replace(/\W+/g, '-')}-${dark ? 'dark' : 'light'}.png`;
        await page.screenshot({ path: join(pictures, name), fullPage: true });
      }
    }
    expect(troubles).toEqual([]);
    await context.close();
  });
});
