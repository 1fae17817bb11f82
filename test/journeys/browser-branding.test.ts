import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { seedPractice, seedStaff, staffPassword } from '../web/support/seed.js';
import { testWeb, type TestWeb } from '../web/support/web.js';
import { axeViolations, openBrowser, openPage } from './support/browser.js';

let web: TestWeb;
let origin: string;
let browser: Browser;

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north', 'North Practice');
  await seedStaff(web, 'olive@north.example', 'owner', ['north']);
  origin = await web.app.listen({ port: 0, host: '127.0.0.1' });
  browser = await openBrowser();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await web?.close();
});

async function editor(page: Page): Promise<void> {
  await page.goto('/staff/sign-in');
  await page.getByLabel('Email address').fill('olive@north.example');
  await page.getByLabel('Password', { exact: true }).fill(staffPassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/staff/pet-parents*');
  await page.goto('/staff/email-marketing');
  await page.getByRole('link', { name: 'Branding', exact: true }).click();
}

/** An image of one pixel. */
const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

it('branding: an owner sees texts as an email while typing, corrects invalid ones, and saves them with a logo', async () => {
  const { page, context, troubles } = await openPage(browser, origin);
  // The host name of links in emails; in this test it leads nowhere else.
  await page.route('http://pims.test/**', async (route) => {
    const { pathname } = new URL(route.request().url());
    await route.fulfill({ response: await page.request.get(origin + pathname) });
  });
  await editor(page);
  const mail = page.frameLocator('#mail-preview');
  await mail.getByText('Practice north has set up').filter({ visible: true }).first().waitFor();
  await page.getByLabel('Practice name').first().fill('Elm & Oak <Vets>');
  await mail.getByText('Elm & Oak <Vets> has set up').filter({ visible: true }).first().waitFor();
  await page.getByLabel('Person').selectOption('Names that look like code');
  await mail.getByText('<script>alert(1)</script>').filter({ visible: true }).first().waitFor();
  await page.getByLabel('Opening paragraph').first().fill('Hi {{petName}}');
  await mail.getByText('Did you mean {{petNames}}?').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  const told = page.getByRole('alert');
  await told.getByRole('link', { name: 'Welcome Email: Opening paragraph' }).click();
  expect(await page.evaluate(() => document.activeElement?.id ?? '')).toBe('field-texts-welcome-opening');
  expect(await axeViolations(page)).toEqual([]);
  await page.getByLabel('Opening paragraph').first().fill('Hi {{petNames}}!');
  await page
    .locator('#upload')
    .setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from(dot, 'base64') });
  expect(await page.locator('#logo-upload').isChecked()).toBe(true);
  await mail.getByRole('img', { name: 'Elm & Oak <Vets>' }).waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Branding saved. It applies from the next email on.').waitFor();
  const inMail = mail.getByRole('img', { name: 'Elm & Oak <Vets>' });
  expect(await inMail.evaluate((img) => (img as unknown as { naturalWidth: number }).naturalWidth)).toBe(1);
  const logo = page.getByRole('img', { name: 'Current logo' });
  await logo.waitFor();
  expect(await logo.evaluate((img) => (img as unknown as { naturalWidth: number }).naturalWidth)).toBe(1);
  expect(await axeViolations(page)).toEqual([]);
  page.once('dialog', (dialog) => void dialog.accept());
  await page.getByRole('button', { name: 'Reset to the default branding' }).click();
  await mail.getByText('Practice north has set up').filter({ visible: true }).first().waitFor();
  expect(troubles).toEqual([]);
  await context.close();
}, 60_000);

it('branding: works completely without scripts', async () => {
  const context = await browser.newContext({
    baseURL: origin,
    javaScriptEnabled: false,
    viewport: { width: 390, height: 844 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await editor(page);
  await page.getByLabel('Practice name').first().fill('Plain Vets');
  await page.getByRole('button', { name: 'Preview' }).click();
  await page
    .frameLocator('#mail-preview')
    .getByText('Plain Vets has set up')
    .filter({ visible: true })
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Branding saved. It applies from the next email on.').waitFor();
  await context.close();
}, 60_000);
