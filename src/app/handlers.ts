import type { App } from './create-app.js';
import type { Queues } from '../jobs/bullmq/queues.js';
import type { Handlers } from '../jobs/catalog.js';
import { createDispatchMessages } from '../jobs/handlers/dispatch-messages.js';
import { createFirstLogin } from '../jobs/handlers/first-login.js';
import { createSyncAdmission, serversOf } from '../jobs/sync-admission.js';
import { createSendMessage } from '../jobs/handlers/send-message.js';
import { createStartNightlySync } from '../jobs/handlers/start-nightly-sync.js';
import { createSweep } from '../jobs/handlers/sweep.js';
import { createEvaluatePractice, createSyncPractice } from '../jobs/handlers/sync-practice.js';
import { createMailer } from '../mailer/mailer.js';
import { createSesTransport } from '../mailer/ses/ses-transport.js';
import { tracedTransport } from '../mailer/ses/traced-transport.js';
import { dataRulesOf, nightlySchedulesOf } from './nightly-schedules.js';
import { createCredentialUpkeep, resealFor } from '../store/accounts/credential-upkeep.js';
import { createRetention } from '../store/privacy/retention.js';

/** Creates the handlers of all jobs; `close` frees their resources. */
export async function createHandlers(
  app: App,
  queues: Queues,
): Promise<{ handlers: Handlers; close(): Promise<void> }> {
  const { config, db, clock, newId, keyring, credentials } = app;
  const { enqueue, enqueueMany, setMailRate } = queues;
  const transport = tracedTransport(createSesTransport({ configurationSet: config.mail.configurationSet }));
  const { sendable: settings, refresh } = app.brands;
  const dataRule = dataRulesOf(config);
  const { publicUrl, mail: general } = config;
  const mailer = createMailer({ ...app, transport, general, publicUrl, settings, dataRule, setMailRate });

  // Load newly saved branding before each email, so that every worker uses it at once.
  const sender = { send: (messageId: string) => refresh().then(() => mailer.sender.send(messageId)) };

  const servers = await Promise.all(
    config.practices.map(async ({ id }) => ({ id, server: (await app.pims(id)).server })),
  );
  const configured = new Set(config.practices.map(({ id }) => id));
  const isConfigured = (practiceId: string) => configured.has(practiceId);
  const queueIsFull = () => queues.isFull('pims');
  const admission = createSyncAdmission({ db, clock, onSameServer: serversOf(servers), isConfigured, queueIsFull });
  const sync = { ...app.syncDeps, enqueue, practice: app.practice, admission };
  const nightly = { db, enqueue, clock, newId, schedules: () => nightlySchedulesOf(config) };
  const upkeep = createCredentialUpkeep({ db, keyring, clock });
  const more = {
    reseal: () => resealFor(upkeep, 10_000),
    ...mailer.chores,
    ...createRetention({ db, clock, days: config.retention }),
  };
  return {
    handlers: {
      'sync-practice': createSyncPractice(sync),
      'evaluate-practice': createEvaluatePractice(sync),
      'start-nightly-sync': createStartNightlySync(nightly),
      'dispatch-messages': createDispatchMessages({ dispatcher: mailer.dispatcher, enqueue, enqueueMany, clock }),
      'send-message': createSendMessage({ sender }),
      'first-login': createFirstLogin({ db, credentials, clock }),
      sweep: createSweep({ ...nightly, upkeep, more }),
    },
    close() {
      transport.close();
      return Promise.resolve();
    },
  };
}
