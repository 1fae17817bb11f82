import type { App } from './create-app.js';
import type { Secret } from '../lib/secret.js';
import { lastNightlySync, nextNightlySync } from '../jobs/handlers/start-nightly-sync.js';
import { nightlySchedulesOf } from './nightly-schedules.js';
import { boardPlugin } from '../ops/board.js';
import { metricsPlugin } from '../ops/metrics.js';
import { createBrandingEditor } from '../mailer/branding/branding-editor.js';
import { createIntake } from '../mailer/ses/sns-webhook.js';
import { quietUntil } from '../mailer/pacing/quiet-hours.js';
import { createSnsVerifier } from '../mailer/ses/sns-signature.js';
import { createSesEvents } from '../store/messages/ses-events.js';
import { sampleEmails } from '../mailer/branding/sample-emails.js';
import { createIdentityConflicts } from '../store/clients/resolve-identity.js';
import { createCampaignActions } from '../store/messages/campaign-actions.js';
import { createMessages } from '../store/messages/messages.js';
import { createWeb } from '../web/create-web.js';
import { defaultSettings, type PracticeInfo, type WebSettings } from '../web/deps.js';
import { sesEventsPlugin } from '../web/http/ses-events.js';
import { closeWithin, listen, listenHost } from '../platform/listen.js';
import { createDrain, readinessOf } from './health.js';
import { version } from '../platform/version.js';

const brandsEveryMs = 5_000;

const stopWithinMs = 10_000;

export interface Served {
  url: string;
  stop(): Promise<void>;
}

export interface ServeOptions {
  /** Shown on the sign-in page of a demo; the server then listens on this machine only. */
  demoSignIn?: { staffEmail: string; staffPassword: Secret };
}

/** Builds the web app with its dependencies and starts listening. */
export async function serveWeb(app: App, { demoSignIn }: ServeOptions = {}): Promise<Served> {
  const { config, db, keyring, credentials, clock, newId, log, renderer, logoUrl } = app;
  const queues = await app.queues();
  const { enqueue } = queues;
  await app.brands.refresh({ atOnce: true });
  // Another process may save branding; pages that show a practice's phone number must follow.
  const brandsFollow = setInterval(() => {
    app.brands.refresh().catch((error: unknown) => log.warn({ err: error }, 'saved branding cannot be read'));
  }, brandsEveryMs);
  const practices = config.practices.map(({ id }) => id);
  const labels = new Map(await Promise.all(practices.map(async (id) => [id, (await app.pims(id)).label] as const)));
  const drain = createDrain(config.web.drainSeconds);
  const metricsDeps = { db, clock, practices, depths: () => queues.depths() };
  const metrics = metricsPlugin(metricsDeps, config.metricsToken, version);
  const web = await createWeb({
    db,
    keyring,
    credentials,
    clock,
    newId,
    enqueue,
    log,
    settings: webSettings(app),
    eventSecret: config.petApp.eventSecret,
    messages: createMessages({ db, newId, credentials, practice: app.mailSettings }),
    campaigns: createCampaignActions({ db, newId }),
    identities: createIdentityConflicts({
      db,
      practice: (id) => (config.practices.some((one) => one.id === id) ? app.practice(id) : null),
    }),
    practice: (id) => practiceInfo(app, id, labels.get(id)),
    mailSamples: async (id) => {
      await app.brands.refresh();
      const settings = app.mailSettings(id);
      return settings ? sampleEmails(settings, renderer) : [];
    },
    branding: createBrandingEditor({ db, brands: app.brands, renderer, logoUrl }),
    demo: demoSignIn ?? null,
    plugins: {
      open: [sesEventsPlugin(sesIntake(app)), ...(config.metricsToken ? [metrics] : [])],
      operator: [...(config.metricsToken ? [] : [metrics]), boardPlugin(queues, '/staff/queues')],
      operatorLinks: [{ name: 'Queues', href: '/staff/queues' }],
    },
    readiness: { ...readinessOf(app, queues), web: drain.check },
  });
  const host = listenHost(demoSignIn ? '127.0.0.1' : '0.0.0.0');
  await listen(web, { port: config.port, host, setting: 'PORT' }).catch((error: unknown) => {
    clearInterval(brandsFollow);
    throw error;
  });
  return {
    url: config.publicUrl,
    async stop() {
      await drain.begin();
      clearInterval(brandsFollow);
      await closeWithin(web, stopWithinMs);
    },
  };
}

function sesIntake({ config, db, clock, newId, log, pims }: App) {
  const emailField = async (practiceId: string) => (await pims(practiceId)).emailField;
  const events = createSesEvents({ db, clock, newId, emailField });
  return createIntake({ verifier: createSnsVerifier({ ...config.mail, clock }), events, log });
}

function webSettings({ config }: App): WebSettings {
  const { staff, petApp, publicUrl, mail, web } = config;
  const staffLife = { idleSeconds: staff.idleMinutes * 60, absoluteSeconds: staff.sessionHours * 3600 };
  return {
    ...defaultSettings,
    origin: publicUrl,
    trustProxy: web.trustProxy,
    graceMinutes: petApp.graceMinutes,
    passwordMinLength: petApp.passwordMinLength,
    uncertainMinutes: mail.uncertainMinutes,
    sessions: { ...defaultSettings.sessions, staff: staffLife },
  };
}

function practiceInfo({ config, clock, mailSettings }: App, id: string, pimsName?: string): PracticeInfo | null {
  const practice = config.practices.find((one) => one.id === id);
  const schedule = nightlySchedulesOf(config).find((one) => one.practiceId === id);
  if (!practice || !schedule || pimsName === undefined) return null;
  const { phone, email } = mailSettings(id)?.support ?? practice.mail.support;
  return {
    id,
    country: practice.country,
    support: { phone, email },
    pimsName,
    nextRunAt: nextNightlySync(schedule, clock()),
    resendCoolDownMinutes: practice.mail.resendCoolDownMinutes,
    quietUntil: quietUntil(clock(), practice.timeZone, practice.mail.quietHours),
    careful: practice.mail.rollout !== false,
    welcome: practice.policy.welcome,
    dataRule: { maxAgeHours: practice.policy.maxDataAgeHours, night: lastNightlySync(schedule, clock()) },
  };
}
