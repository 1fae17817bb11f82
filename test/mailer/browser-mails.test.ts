import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { sampleEmails, type SampleMail } from '../../src/mailer/samples.js';
import { axeViolations, openBrowser, openPage } from '../journeys/support/browser.js';
import { mailOf } from './support.js';

/** Set to a folder, every mail is kept there as a picture, light and dark. */
const pictures = process.env['SCREENSHOTS'];

/** Rules for whole pages: a mail is shown inside one, that of the mail program. */
const ofPages = /^(landmark-one-main|region):/;

describe('the mails in a browser', () => {
  let browser: Browser;
  let mails: SampleMail[];
  beforeAll(async () => {
    browser = await openBrowser();
    const support = { phone: '+1 (555) 010-2000', email: 'hello@elm.example', hours: 'Mon-Fri 8-18' };
    mails = await sampleEmails(mailOf('elm', { support, brand: { colour: '#ffd400' } }));
  }, 60_000);
  afterAll(() => browser?.close());

  it.each([{ dark: false }, { dark: true }])(
    'fit a phone and are accessible to all (%j)',
    async ({ dark }) => {
      const { page, context, troubles } = await openPage(browser, 'http://127.0.0.1', {
        size: 'phone',
        dark,
      });
      for (const { kind, sample, html } of mails) {
        await page.setContent(html);
        const wide = await page.evaluate('document.documentElement.scrollWidth');
        expect([kind, sample, wide]).toEqual([kind, sample, 390]);
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
    },
  );
});
