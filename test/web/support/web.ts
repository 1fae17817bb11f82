import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { newIds } from '../../../src/lib/ids.js';
import { createKeyring } from '../../../src/lib/sealing.js';
import { defaultPolicy } from '../../../src/domain/decision/policy.js';
import { practiceContext } from '../../../src/domain/decision/practice-context.js';
import { Secret } from '../../../src/lib/secret.js';
import type { Enqueue } from '../../../src/jobs/catalog.js';
import { createBrandingEditor } from '../../../src/mailer/branding/branding-editor.js';
import { createBranding } from '../../../src/mailer/branding/branding.js';
import { createRenderer } from '../../../src/mailer/render.js';
import { sampleEmails } from '../../../src/mailer/branding/sample-emails.js';
import { mailSchema, practiceMail, practiceMailSchema, type PracticeMail } from '../../../src/mailer/settings.js';
import { createCredentials } from '../../../src/store/accounts/credentials.js';
import { createIdentityConflicts } from '../../../src/store/clients/resolve-identity.js';
import { createCampaignActions } from '../../../src/store/messages/campaign-actions.js';
import { createMessages } from '../../../src/store/messages/messages.js';
import { createWeb } from '../../../src/web/create-web.js';
import { defaultSettings, type WebDeps } from '../../../src/web/deps.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

const renderer = createRenderer();

export interface TestWeb {
  app: FastifyInstance;
  deps: WebDeps;
  /** The enqueued jobs. */
  asked: { name: string; payload: unknown }[];
  /** Returns the kinds of queued emails of an account. */
  queued(accountId: string): Promise<string[]>;
  /** Everything that was logged. */
  logged: string[];
  clock: { now: Date; forward(seconds: number): void };
  database: TestDatabase;
  /** All registered routes. */
  routes: { method: string | string[]; url: string }[];
  close(): Promise<void>;
}

/** The real app on a real database; the queue is a list, and the clock stands until it is moved. */
export async function testWeb(change: (deps: WebDeps) => Partial<WebDeps> = () => ({})): Promise<TestWeb> {
  const database = await testDatabase();
  const { db } = database;
  const clock = {
    // The current time, because a browser drops cookies that have expired by its own clock.
    now: new Date(),
    forward(seconds: number) {
      this.now = new Date(this.now.getTime() + seconds * 1000);
    },
  };
  const keyring = createKeyring(new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`));
  const asked: TestWeb['asked'] = [];
  const newId = newIds();
  const logged: string[] = [];
  const enqueue: Enqueue = async (name, payload) => void asked.push({ name, payload });
  const redirectWithMessage = () => clock.now;
  const credentials = createCredentials({ db, keyring, clock: redirectWithMessage });
  const general = mailSchema.parse({
    from: 'hello@pims.test',
    loginUrl: 'http://pims.test/app/login',
    resetUrl: 'http://pims.test/app/reset#{token}',
  });
  const logoUrl = (id: string) => `http://pims.test/mail-logos/${id}`;
  const brands = createBranding({
    db,
    clock: redirectWithMessage,
    log: pino({ level: 'silent' }),
    configured(id) {
      const own = practiceMailSchema.parse({ support: { phone: '+1 415 555 0100' } });
      return practiceMail({ id, name: `Practice ${id}`, timeZone: 'UTC' }, own, general);
    },
    logoUrl,
    renderer,
  });
  const base: WebDeps = {
    db,
    keyring,
    credentials,
    clock: redirectWithMessage,
    // Ids use the true clock, so that rows made while the test's clock stands still have an order.
    newId,
    enqueue,
    log: pino({ level: 'info' }, { write: (line: string) => void logged.push(line) }),
    settings: { ...defaultSettings, origin: 'http://pims.test' },
    eventSecret: new Secret('event-secret-for-tests'),
    messages: createMessages({
      db,
      newId,
      credentials,
      practice: () => ({ passwordDays: 30, resendCoolDownMinutes: 10 }),
    }),
    campaigns: createCampaignActions({ db, newId }),
    identities: createIdentityConflicts({
      db,
      practice: (id) => practiceContext({ id, name: id, timeZone: 'UTC', country: 'US', policy: defaultPolicy }),
    }),
    practice: (id) => ({
      id,
      country: 'US',
      resendCoolDownMinutes: 10,
      support: { phone: '+1 415 555 0100', email: 'desk@example.com' },
      pimsName: 'Cornerstone',
      nextRunAt: null,
      quietUntil: null,
      careful: true,
      welcome: 'after-approval',
      dataRule: null,
    }),
    mailSamples: async (practiceId) => sampleEmails(brands.current(practiceId) as PracticeMail, renderer),
    branding: createBrandingEditor({ db, brands, renderer, logoUrl }),
    demo: null,
    plugins: { open: [], operator: [] },
    readiness: {},
  };
  const deps = { ...base, ...change(base) };
  const routes: TestWeb['routes'] = [];
  const app = await createWeb(deps, { onRoute: (route) => routes.push(route) }).catch(async (error: unknown) => {
    await database.drop();
    throw error;
  });
  return {
    app,
    deps,
    asked,
    async queued(accountId) {
      const rows = await db
        .selectFrom('messages')
        .select('kind')
        .where('account_id', '=', accountId)
        .where('state', '=', 'queued')
        .execute();
      return rows.map(({ kind }) => kind);
    },
    logged,
    clock,
    database,
    routes,
    async close() {
      await app.close();
      await database.drop();
    },
  };
}
