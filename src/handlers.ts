import type { App } from './app.js';
import type { Queues } from './jobs/bullmq.js';
import type { Handlers } from './jobs/catalog.js';
import { createDispatchWelcomes } from './jobs/dispatch-welcomes.js';
import { createFirstLogin } from './jobs/first-login.js';
import { createSendWelcome } from './jobs/send-welcome.js';
import { createStartNight } from './jobs/start-night.js';
import { createSweep } from './jobs/sweep.js';
import { createSettlePractice, createSyncPractice } from './jobs/sync-practice.js';
import { createDispatcher } from './mailer/dispatcher.js';
import { createLaneKeeper } from './mailer/lane-keeper.js';
import { createQuotaKeeper } from './mailer/quota-keeper.js';
import { createRenderer } from './mailer/render.js';
import { createSender } from './mailer/sender.js';
import { createSesTransport } from './mailer/ses-transport.js';
import { nightsOf } from './nights.js';
import { createCredentialUpkeep } from './store/credential-upkeep.js';
import { createSendAnswers } from './store/send-answers.js';
import { createSendLedger } from './store/send-ledger.js';

/** Every job's handler with what it needs; `close` frees what they hold. */
export function createHandlers(app: App, queues: Queues): { handlers: Handlers; close(): Promise<void> } {
  const { config, db, clock, newId, keyring, credentials, log } = app;
  const { ask, askMany, setMailRate } = queues;
  const settings = app.mailSettings;

  const transport = createSesTransport({ configurationSet: config.mail.configurationSet });
  const hasOwnSender = (id: string) =>
    config.practices.some((one) => one.id === id && one.mail.from !== null);
  const lane = createLaneKeeper({ db, clock, log, hasOwnSender });
  const ledger = createSendLedger({ db, keyring, clock, newId, credentials, practice: settings });
  const answers = createSendAnswers({ db, clock, newId });
  const sender = createSender({
    ledger,
    answers,
    lane,
    transport,
    renderer: createRenderer(),
    settings,
    clock,
    log,
  });
  const atMost = config.mail.maxPerSecond;
  const quota = createQuotaKeeper({ db, clock, transport, lane, atMost, setMailRate, log });
  const dispatcher = createDispatcher({ db, clock, settings, quota, log });

  const sync = { ...app.syncDeps, ask, practice: app.practice };
  const nights = { db, ask, clock, newId, nights: () => nightsOf(config) };
  const upkeep = createCredentialUpkeep({ db, keyring, clock });
  const more = {
    reseal: () => upkeep.resealSome(),
    // Longer ago than any answer of SES takes: whoever sent it has died, and SES may or may not have it.
    'lost answers': () => ledger.loseStale(new Date(clock().getTime() - 120_000)),
  };
  return {
    handlers: {
      'sync-practice': createSyncPractice(sync),
      'settle-practice': createSettlePractice(sync),
      'start-night': createStartNight(nights),
      'dispatch-welcomes': createDispatchWelcomes({ dispatcher, ask, askMany, clock }),
      'send-welcome': createSendWelcome({ sender }),
      'first-login': createFirstLogin({ db, credentials, clock }),
      sweep: createSweep({ ...nights, upkeep, more }),
    },
    close() {
      transport.close();
      return Promise.resolve();
    },
  };
}
