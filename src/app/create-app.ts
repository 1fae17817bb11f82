import type { Logger } from 'pino';
import { practiceById } from './config.js';
import type { Config, PracticeConfig } from './config-schema.js';
import type { Connector } from '../connectors/contract.js';
import {
  describePims,
  findConnector,
  openConnector,
  unknownPims,
  type PimsDescription,
} from '../connectors/registry.js';
import { newIds, type Clock, type NewId } from '../lib/ids.js';
import { createKeyring, type Keyring } from '../lib/sealing.js';
import { openQueues, type Queues } from '../jobs/bullmq/queues.js';
import { createRenderer, type Renderer } from '../mailer/render.js';
import { createBranding, type Brands } from '../mailer/branding/branding.js';
import { practiceMail, type PracticeMail } from '../mailer/settings.js';
import { createCredentials, type Credentials } from '../store/accounts/credentials.js';
import { createErasedPeople, type ErasedPeople } from '../store/privacy/erasure-register.js';
import { openDatabase, type Database } from '../store/db/database.js';
import { createSharedClock } from '../store/db/shared-clock.js';
import { practiceContext } from '../domain/decision/practice-context.js';
import type { SyncDeps, SyncedPractice } from '../sync/deps.js';

/** Shared services of every command. Opens connections only when they are used. */
export interface App {
  config: Config;
  log: Logger;
  db: Database;
  clock: Clock;
  /** Switches `clock` to the time of the database; warns if the machine's clock differs. @throws if the database does not answer */
  syncClock(): Promise<void>;
  newId: NewId;
  keyring: Keyring;
  credentials: Credentials;
  erased: ErasedPeople;
  syncDeps: Omit<SyncDeps, 'onProgress'>;
  /** Returns a practice as a sync needs it, with the branding saved so far. @throws Problem `practice-unknown` */
  practice(id: string): Promise<SyncedPractice>;
  /** Opens a practice's connector; the caller closes it. Needs no database. @throws Problem `practice-unknown` */
  connect(id: string): Promise<Connector>;
  /** Mail settings of a practice; null if it is not configured. */
  mailSettings(practiceId: string): PracticeMail | null;
  /** Describes a practice's PIMS without a connection to it. */
  pims(practiceId: string): Promise<PimsDescription>;
  /** Branding saved in the console; takes precedence over the configuration in `mailSettings`. */
  brands: Brands;
  /** Renders emails; caches compiled templates, so a process needs only one. */
  renderer: Renderer;
  /** URL of a saved logo. */
  logoUrl(id: string): string;
  /** Returns the queues, opened on the first call. @throws if Redis does not answer */
  queues(): Promise<Queues>;
  /** Enqueues the dispatch of queued emails; an unreachable queue delays them only until the next sweep. */
  enqueueDispatch(): Promise<void>;
  close(): Promise<void>;
}

/** Synchronized clocks differ by less. */
const clockToleranceSeconds = 60;

/** Creates the services of a process. */
export function createApp(config: Config, log: Logger): App {
  const keyring = createKeyring(config.credentialKeys);
  const { connections, readTimeoutSeconds } = config.database;
  const db = openDatabase(config.databaseUrl, connections, readTimeoutSeconds);
  const time = createSharedClock(db);
  const clock = time.now;
  const newId = newIds(clock);
  const credentials = createCredentials({ db, keyring, clock });
  const erased = createErasedPeople({ keyring });
  let opened: Promise<Queues> | null = null;
  const queues = () => (opened ??= openQueues(config.redisUrl, log, clock));
  const renderer = createRenderer();
  const logoUrl = (id: string): string => `${config.publicUrl}/mail-logos/${id}`;
  const brands = createBranding({ db, clock, log, configured: mailSettingsOf(config), logoUrl, renderer });
  const passwordDays = (practiceId: string) => practiceById(config, practiceId).mail.passwordDays;

  return {
    config,
    log,
    db,
    clock,
    async syncClock() {
      const aheadSeconds = Math.round((await time.keep()) / 1000);
      if (Math.abs(aheadSeconds) <= clockToleranceSeconds) return;
      log.warn({ aheadSeconds }, "the machine's clock differs from the database's; synchronize both (NTP)");
    },
    newId,
    keyring,
    credentials,
    erased,
    syncDeps: {
      db,
      clock,
      newId,
      erased,
      issuePasswords(practiceId, accountIds) {
        const days = passwordDays(practiceId);
        return credentials.sealMany(accountIds.map((accountId) => ({ accountId, practiceId, days })));
      },
    },
    async practice(id) {
      const practice = practiceById(config, id);
      const policy = { ...practice.policy, ownAddresses: await brands.ownAddresses(id) };
      const context = practiceContext({ ...practice, policy });
      return { ...context, pageSize: practice.pageSize, connect: () => connect(practice, log) };
    },
    connect: async (id) => connect(practiceById(config, id), log),
    mailSettings: brands.current,
    pims: pimsDescriptions(config),
    brands,
    renderer,
    logoUrl,
    queues,
    async enqueueDispatch() {
      await (await queues()).enqueue('dispatch-messages', {}, { key: 'one' });
    },
    async close() {
      time.stop();
      if (opened) await opened.then((one) => one.close()).catch(() => undefined);
      await db.destroy();
    },
  };
}

function mailSettingsOf(config: Config): (practiceId: string) => PracticeMail | null {
  const all = new Map(
    config.practices.map((practice) => {
      const { id, name, timeZone } = practice;
      return [id, practiceMail({ id, name, timeZone }, practice.mail, config.mail)];
    }),
  );
  return (practiceId) => all.get(practiceId) ?? null;
}

function pimsDescriptions(config: Config): (practiceId: string) => Promise<PimsDescription> {
  const all = new Map<string, Promise<PimsDescription>>();
  return (practiceId) => {
    const known = all.get(practiceId);
    if (known) return known;
    const practice = config.practices.find(({ id }) => id === practiceId);
    const description = practice
      ? describePims(practice.connector, practice.baseDir, JSON.parse(practice.connection.open()))
      : Promise.resolve(unknownPims);
    all.set(practiceId, description);
    return description;
  };
}

async function connect(practice: PracticeConfig, log: Logger): Promise<Connector> {
  const { id, timeZone, baseDir } = practice;
  const definition = await findConnector(practice.connector, baseDir);
  const settings: unknown = JSON.parse(practice.connection.open());
  const tell = (message: string, details?: Record<string, unknown>) => log.info({ practice: id, ...details }, message);
  return openConnector(definition, settings, { practiceId: id, timeZone, baseDir, log: tell });
}
