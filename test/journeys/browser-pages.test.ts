import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { insertMany } from '../../src/store/db/database.js';
import { seedPerson, seedPractice, seedStaff, staffPassword } from '../web/support/seed.js';
import { testWeb, type TestWeb } from '../web/support/web.js';
import { axeViolations, openBrowser, openPage, sizes } from './support/browser.js';
import { seedTown, type Town } from './support/town.js';

/** If set to a folder, saves a screenshot of every page there: both sizes, light and dark. */
const pictures = process.env['SCREENSHOTS'];

let web: TestWeb;
let town: Town;
let origin: string;
let browser: Browser;

beforeAll(async () => {
  web = await testWeb();
  town = await seedTown(web);
  origin = await web.app.listen({ port: 0, host: '127.0.0.1' });
  browser = await openBrowser();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await web?.close();
});

/** axe checks each size and each colour scheme once; screenshots show all four combinations. */
const looks = [
  { size: 'phone', dark: false, judged: true },
  { size: 'phone', dark: true, judged: false },
  { size: 'desk', dark: false, judged: false },
  { size: 'desk', dark: true, judged: true },
] as const;

/** Checks the page in every look: no findings of axe, no content wider than the screen. */
async function check(page: Page, name: string): Promise<void> {
  for (const { size, dark, judged } of looks) {
    if (!judged && !pictures) continue;
    await page.setViewportSize(sizes[size]);
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect({ name, size, wider }).toEqual({ name, size, wider: 0 });
    expect({ name, size, dark, violations: await axeViolations(page) }).toEqual({
      name,
      size,
      dark,
      violations: [],
    });
    if (pictures) {
      mkdirSync(pictures, { recursive: true });
      // Not `fullPage`: with it, Chromium sometimes paints a frame of another origin, such as an email, too narrow.
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ ...sizes[size], height });
      await page.screenshot({ path: join(pictures, `${name}-${size}${dark ? '-dark' : ''}.png`) });
    }
  }
  await page.setViewportSize(sizes.desk);
}

describe('pages: accessible on phone and desktop, light and dark', () => {
  it('pages: the staff console', async () => {
    const { page, context, troubles } = await openPage(browser, origin);
    await page.goto('/staff/sign-in');
    await check(page, 'sign-in');
    await page.goto('/staff/forgot');
    await check(page, 'staff-forgot');
    await page.goto('/staff/sign-in');
    await page.getByLabel('Email address').fill('olive@elm.example');
    await page.getByLabel('Password', { exact: true }).fill(staffPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('**/staff/pet-parents*');
    await check(page, 'pet-parents');

    const ada = `/staff/pet-parents/elm-street/${town.ada.pimsId}`;
    const pages: [name: string, path: string][] = [
      ['nobody-found', '/staff/pet-parents?q=zzzzzz'],
      ['view-details', ada],
      ['view-details-on-hold', `/staff/pet-parents/elm-street/${town.held.pimsId}`],
      ['email-marketing', '/staff/email-marketing?practice=elm-street'],
      ['email-marketing-not-delivered', '/staff/email-marketing?practice=elm-street&status=not-delivered'],
      ['mail-details', `/staff/email-marketing/elm-street/${town.ada.messageId}`],
      ['mail-preview', '/staff/email-marketing/preview?practice=elm-street&at=2'],
      ['brand', '/staff/email-marketing/branding?practice=elm-street'],
      ['plan', '/staff/email-marketing/plan?practice=elm-street&reason=no-email'],
      ['plan-to-approve', '/staff/email-marketing/plan?practice=lakeside'],
      ['practices', '/staff/practices'],
      ['syncs', '/staff/syncs?practice=elm-street'],
      ['run', `/staff/syncs/elm-street/${town.runId}`],
      ['run-stopped', `/staff/syncs/elm-street/${town.stoppedRunId}`],
      ['work', '/staff/work?practice=elm-street'],
      ['people', '/staff/people?practice=elm-street'],
      ['tokens', '/staff/tokens?practice=elm-street'],
      ['account', '/staff/account'],
      ['not-found', '/staff/pet-parents/elsewhere/1'],
    ];
    for (const [name, path] of pages) {
      await page.goto(path);
      await check(page, name);
    }

    await page.goto(ada);
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('Say it:').waitFor();
    await check(page, 'view-details-shown');
    await page.goto(ada);
    await page.getByRole('button', { name: 'Print login handout' }).click();
    await page.getByRole('heading', { name: 'Your Pet App login' }).waitFor();
    await check(page, 'slip');
    await page.goto('/staff/history?practice=elm-street');
    await check(page, 'history');
    expect(troubles).toEqual([]);
    await context.close();
  }, 180_000);

  it('pages: the Pet App', async () => {
    const { page, context, troubles } = await openPage(browser, origin, { size: 'phone' });
    await page.goto('/app/login');
    await check(page, 'app-login');
    await page.getByLabel('Email address').fill(town.ada.email);
    await page.getByLabel('Password', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').waitFor();
    await check(page, 'app-login-wrong');
    await page.goto('/app/forgot');
    await check(page, 'app-forgot');
    await page.getByLabel('Email address').fill('someone@example.com');
    await page.getByRole('button', { name: 'Send the email' }).click();
    await check(page, 'app-forgot-sent');
    await page.goto('/app/reset#a-token-of-a-mail');
    await check(page, 'app-reset');

    await page.goto('/app/login');
    await page.getByLabel('Email address').fill(town.ada.email);
    await page.getByLabel('Password', { exact: true }).fill(town.ada.password!.open());
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'Is this you?' }).waitFor();
    await check(page, 'app-first-login');
    await page.getByRole('button', { name: 'Yes, continue' }).click();
    await page.getByLabel('is no longer with us').check();
    await page.getByRole('button', { name: 'Add another pet' }).click();
    await page.locator('#new-pet').waitFor();
    await check(page, 'app-pets');
    await page.getByRole('button', { name: 'Continue', exact: true }).click();
    await page.getByRole('heading', { name: 'Choose your password' }).waitFor();
    await check(page, 'app-password');
    await page.getByLabel('New password').fill('velvet canyon trumpet 7');
    await page.getByRole('button', { name: 'Save and finish' }).click();
    await page.getByRole('heading', { name: /All done/ }).waitFor();
    await check(page, 'app-done');
    await page.getByRole('link', { name: 'Go to my pets' }).click();
    await page.getByRole('heading', { name: /Hello/ }).waitFor();
    await check(page, 'app-home');
    expect(troubles).toEqual([]);
    await context.close();
  }, 120_000);
});

it('browser: keeps searching a large practice until it finds a pet parent in a rare state', async () => {
  await seedPractice(web.deps.db, 'large');
  const rows = Array.from({ length: 6500 }, (_, n) => ({
    practice_id: 'large',
    pims_id: `row-${n}`,
    fingerprint: Buffer.alloc(16),
    last_name: `Name ${10_000 + n}`,
    record: '{}',
    first_seen_at: web.clock.now,
    changed_at: web.clock.now,
    living: 1,
    needs_evaluation: 0,
    verdict: 'hold',
    reason: 'no-email',
  }));
  await insertMany(web.deps.db, 'pims_clients', rows as never);
  await seedPerson(web, 'large', { firstName: 'Amy', lastName: 'Early', days: -1 });
  await seedPerson(web, 'large', { firstName: 'Zoe', lastName: 'Late', days: -1 });
  await seedStaff(web, 'lara@large.example', 'owner', ['large']);
  const { page, context, troubles } = await openPage(browser, origin);
  await page.goto('/staff/sign-in');
  await page.getByLabel('Email address').fill('lara@large.example');
  await page.getByLabel('Password', { exact: true }).fill(staffPassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.goto('/staff/pet-parents?state=expired');
  await page.getByText('Zoe Late', { exact: true }).waitFor();
  expect(await page.locator('tbody .who-name').allTextContents()).toEqual(['Amy Early', 'Zoe Late']);
  // The button disappears once the rest was searched, too.
  await page.getByText('Keep searching').waitFor({ state: 'detached' });
  expect(troubles).toEqual([]);
  await context.close();
}, 60_000);
