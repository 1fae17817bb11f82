import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { JobContext } from '../../src/jobs/catalog.js';
import { createFirstLogin } from '../../src/jobs/handlers/first-login.js';
import { saveResetTokens, newResetToken } from '../../src/store/access/reset-tokens.js';
import { seedPerson, staffPassword, type SeededPerson } from '../web/support/seed.js';
import { testWeb, type TestWeb } from '../web/support/web.js';
import { openBrowser, openPage } from './support/browser.js';
import { seedTown, type Town } from './support/town.js';

let web: TestWeb;
let town: Town;
let origin: string;
let browser: Browser;
const own = 'velvet canyon trumpet 7';

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

async function desk() {
  const opened = await openPage(browser, origin);
  const { page } = opened;
  await page.goto('/staff/sign-in');
  await page.getByLabel('Email address').fill('finn@elm.example');
  await page.getByLabel('Password', { exact: true }).fill(staffPassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Pet Parents' }).waitFor();
  return opened;
}

const phone = () => openPage(browser, origin, { size: 'phone' });

async function logIn(page: Page, email: string, password: string) {
  await page.goto('/app/login');
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

const rowOf = (person: SeededPerson) =>
  web.deps.db
    .selectFrom('temporary_credentials')
    .selectAll()
    .where('account_id', '=', person.accountId!)
    .executeTakeFirstOrThrow();

describe('journey: from Welcome Email to first login, in a browser', () => {
  it('leads from the front desk to the pet parent’s own password', async () => {
    const { ada } = town;
    const password = ada.password!.open();
    const staff = await desk();
    const { page } = staff;

    // Search while typing, by the pet's name.
    await page.getByRole('searchbox').pressSequentially('Byr');
    await page.getByText('1 found for').waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    await page.getByRole('link', { name: 'View Details of Ada Lovelace' }).click();

    // The first page with the password: masked, shown, spelled out, hidden again.
    const place = page.url();
    await page.getByText('Temporary Password', { exact: true }).waitFor();
    expect(await page.content()).not.toContain(password);
    await page.getByRole('button', { name: 'Show' }).click();
    expect(await page.locator('#temporary-password').textContent()).toBe(password);
    await page.getByText(/Hidden again in \d+ seconds/).waitFor();
    await page.getByRole('link', { name: 'Hide' }).click();
    await page.getByRole('button', { name: 'Show' }).waitFor();
    expect(await page.content()).not.toContain(password);
    await page.getByText('Temporary password viewed').waitFor();

    // The second page with the password: the full login.
    await page.getByRole('link', { name: 'Marketing' }).click();
    await page.getByRole('searchbox').pressSequentially('lovelace');
    await page.getByText('Emails found for').waitFor();
    await page.getByRole('link', { name: 'View Details of the email to Ada Lovelace' }).last().click();
    const secondPlace = page.url();
    await page.getByRole('button', { name: 'Show' }).click();
    expect(await page.locator('#user-id').textContent()).toContain(ada.email);
    expect(await page.locator('#temporary-password').textContent()).toBe(password);

    // The pet parent, on a phone: types the password in lower case without dashes.
    const parent = await phone();
    await logIn(parent.page, ada.email, password.toLowerCase().replaceAll('-', ''));
    await parent.page.getByRole('heading', { name: 'Is this you?' }).waitFor();

    // It disappears at once from both pages; a page that is still open cannot show it either.
    for (const url of [place, secondPlace]) {
      await page.goto(url);
      await page.getByText('First login').first().waitFor();
      expect(await page.getByText('Temporary Password', { exact: true }).count()).toBe(0);
    }
    expect((await rowOf(ada)).sealed).not.toBeNull();
    await createFirstLogin(web.deps)({ accountId: ada.accountId! }, {} as JobContext);
    expect(await rowOf(ada)).toMatchObject({ sealed: null, key_id: null });

    // Interrupted, and continued later on another device.
    await parent.context.close();
    const later = await phone();
    await logIn(later.page, ada.email, password);
    await later.page.getByLabel('Phone').fill('415-555-0142');
    await later.page.getByRole('button', { name: 'Yes, continue' }).click();
    await later.page.getByRole('heading', { name: 'Are these your pets?' }).waitFor();
    expect(await later.page.getByText('Ghost').count()).toBe(0);
    await later.page.getByRole('button', { name: 'Add another pet' }).click();
    await later.page.locator('#new-pet').getByLabel('Name').fill('Babbage');
    await later.page.getByRole('button', { name: 'Continue', exact: true }).click();
    const field = later.page.getByLabel('New password');
    await field.fill(password);
    await later.page.getByRole('button', { name: 'Save and finish' }).click();
    await later.page.getByText('This is the temporary password.').waitFor();
    await field.fill(own);
    await later.page.getByRole('button', { name: 'Show' }).click();
    expect(await field.getAttribute('type')).toBe('text');
    await later.page.getByRole('button', { name: 'Save and finish' }).click();
    await later.page.getByRole('heading', { name: 'All done, Ada' }).waitFor();
    await later.page.getByRole('link', { name: 'Go to my pets' }).click();
    await later.page.getByText('Babbage').waitFor();

    // A used link is rejected.
    await later.page.getByRole('button', { name: 'Log out' }).click();
    await logIn(later.page, ada.email, password);
    await later.page.getByText('The email address or the password is wrong.').waitFor();
    await logIn(later.page, ada.email, own);
    await later.page.getByRole('heading', { name: 'Hello, Ada' }).waitFor();

    await page.goto(place);
    for (const step of ['Temporary password cleared', 'Data confirmed and new password set', 'First login']) {
      await page.getByText(step, { exact: true }).first().waitFor();
    }
    expect([...staff.troubles, ...later.troubles, ...parent.troubles]).toEqual([]);
    await staff.context.close();
    await later.context.close();
  }, 60_000);

  it('hides a shown password by itself', async () => {
    const short = await testWeb((deps) => ({ settings: { ...deps.settings, revealSeconds: 1 } }));
    try {
      const { ada } = await seedTown(short);
      const { page, context } = await openPage(browser, await short.app.listen({ port: 0, host: '127.0.0.1' }));
      await page.goto('/staff/sign-in');
      await page.getByLabel('Email address').fill('finn@elm.example');
      await page.getByLabel('Password', { exact: true }).fill(staffPassword);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'Pet Parents' }).waitFor();
      await page.goto(`/staff/pet-parents/elm-street/${ada.pimsId}`);
      await page.getByRole('button', { name: 'Show' }).click();
      await page.getByRole('button', { name: 'Show' }).waitFor();
      expect(await page.content()).not.toContain(ada.password!.open());
      await page.goBack();
      await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
      expect(await page.content()).not.toContain(ada.password!.open());
      await context.close();
    } finally {
      await short.close();
    }
  }, 60_000);

  it('browser: lets a pet parent set a forgotten password by the link in an email', async () => {
    const person = await seedPerson(web, 'elm-street', { firstName: 'Forgetful', lastName: 'Frank' });
    const token = newResetToken();
    const expiresAt = new Date(Date.now() + 3_600_000);
    await saveResetTokens(
      web.deps.db,
      [{ kind: 'pet-parent', subjectId: person.accountId!, token, expiresAt }],
      new Date(),
    );
    const { page, context, troubles } = await phone();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(`${request.url()} ${request.headers()['referer'] ?? ''}`));
    await page.goto(`/app/reset#${token.open()}`);
    expect(new URL(page.url()).hash).toBe('');
    expect(await page.getByLabel('Code from the link').isVisible()).toBe(false);
    await page.getByLabel('New password').fill(own);
    await page.getByRole('button', { name: 'Save password' }).click();
    await page.getByRole('heading', { name: 'Your new password is set' }).waitFor();
    expect(requests.join(' ')).not.toContain(token.open());
    // A pet parent who never finished the first login gets its questions, but sets no further password.
    await logIn(page, person.email, own);
    await page.getByRole('heading', { name: 'Is this you?' }).waitFor();
    await page.getByRole('button', { name: 'Yes, continue' }).click();
    await page.getByRole('heading', { name: 'Are these your pets?' }).waitFor();
    await page.getByRole('button', { name: 'Yes, finish' }).click();
    await page.getByRole('heading', { name: 'Hello, Forgetful' }).waitFor();
    expect(troubles).toEqual([]);
    await context.close();
  }, 60_000);

  it('works without scripts', async () => {
    const context = await browser.newContext({ baseURL: origin, javaScriptEnabled: false });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    await page.goto('/staff/sign-in');
    await page.getByLabel('Email address').fill('finn@elm.example');
    await page.getByLabel('Password', { exact: true }).fill(staffPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('searchbox').fill('Baker');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('link', { name: 'View Details of Tom Baker' }).click();
    await page.getByRole('button', { name: 'Show' }).click();
    expect(await page.locator('#temporary-password').textContent()).toMatch(/^\w{4}-\w{4}-\w{4}$/);
    await page.getByRole('button', { name: 'Resync this client' }).click();
    await page.getByText('Queued', { exact: true }).waitFor();
    await context.close();
  }, 60_000);

  it('shows the progress of a running sync live', async () => {
    const { page, context, troubles } = await desk();
    await page.goto('/staff/syncs');
    await page.getByRole('button', { name: 'Resync now' }).click();
    await page.getByText('Queued', { exact: true }).waitFor();
    const runId = new URL(page.url()).pathname.split('/').at(-1)!;
    const set = (state: 'reading' | 'done', read: number) =>
      web.deps.db
        .updateTable('sync_runs')
        .set({
          state,
          counts: JSON.stringify({ read }),
          ...(state === 'done' ? { finished_at: new Date(), active_practice: null } : {}),
        })
        .where('id', '=', runId)
        .execute();
    await set('reading', 1234);
    await page.getByText('Reading', { exact: true }).waitFor();
    await page.getByText('1,234').waitFor();
    await set('done', 5678);
    await page.getByText('Done', { exact: true }).waitFor();
    await page.getByText('5,678').waitFor();
    expect(troubles).toEqual([]);
    await context.close();
  }, 60_000);
});
