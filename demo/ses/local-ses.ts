import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { createAccount } from './account.js';
import { registerControl } from './control.js';
import { createCounts } from './counts.js';
import { registerEndpoint } from './endpoint.js';
import { createFaults } from './faults.js';
import { createMailStore } from './mails.js';
import { changeOptions, readOptions, type ChangeableOptions, type LocalSesOptions } from './options.js';
import type { OutcomeOf } from './outcome.js';
import { registerMailbox } from './pages/routes.js';
import { createPublisher } from './publisher.js';
import { createQuota } from './quota.js';
import { createRandom } from './random.js';
import { certificatePath, createSigner, type SnsSigner } from './sns-message.js';

export type LocalSes = Awaited<ReturnType<typeof startLocalSes>>;

/** 10 MB of mail grow by a third as base64 and up to three times as form encoding. */
const mostBodyBytes = 45 * 1024 * 1024;

/**
 * Starts an SES endpoint on this machine: the real SDK speaks to it when AWS_ENDPOINT_URL_SES (or the
 * client's `endpoint`) is its `url`. It keeps every email, sends none, and raises the events that SES would.
 * @param deps.now the clock of limits and timestamps, in ms since 1970
 * @param deps.outcome decides in place of the `outcomes` rules and the simulator's addresses
 * @throws Problem `local-ses-options`
 */
export async function startLocalSes(
  options: LocalSesOptions = {},
  deps: { now?: () => number; outcome?: OutcomeOf } = {},
) {
  let settings = readOptions(options);
  let url = '';
  const now = deps.now ?? Date.now;
  const publicUrl = (): string => settings.publicUrl?.replace(/\/$/, '') ?? url;
  const mails = createMailStore(settings.keep);
  const counts = createCounts();
  const quota = createQuota(now, () => settings, settings.sentLast24Hours);
  const faults = createFaults(() => settings.faults, createRandom(settings.seed));
  const random = createRandom(settings.seed + 1);
  // Making a key takes a fifth of a second: only those who want events pay for it.
  let signing: Promise<SnsSigner> | undefined;
  const signer = (): Promise<SnsSigner> => (signing ??= createSigner());
  const publisher = createPublisher({ settings: () => settings.notify, signer, publicUrl, now, random });
  const account = createAccount({
    settings: () => settings,
    quota,
    counts,
    mails,
    publisher,
    outcome: deps.outcome,
    now,
    random,
  });

  function set(change: ChangeableOptions): void {
    const before = settings.notify;
    settings = changeOptions(settings, change);
    const { notify } = settings;
    const moved = notify?.url !== before?.url || notify?.topicArn !== before?.topicArn;
    if (notify && moved && !notify.confirmed) publisher.subscribe();
    publisher.settingsChanged();
  }

  function clear(): void {
    mails.clear();
    counts.clear();
  }

  const state = () => ({
    ...counts.summary(),
    kept: mails.size(),
    sentLast24Hours: quota.sentLast24Hours(),
    events: publisher.state(),
  });

  // Idle connections outlive the pauses of a client that keeps them, else its next call meets a closed socket.
  const app = Fastify({ bodyLimit: mostBodyBytes, forceCloseConnections: true, keepAliveTimeout: 75_000 });
  registerEndpoint(app, { account, faults, publisher, signer });
  registerControl(app, {
    state,
    ledger: counts.ledger,
    set: (change) => set(change as ChangeableOptions),
    settings: () => settings,
    clear,
  });
  void app.register(async (pages) => registerMailbox(pages, { mails, state, settings: () => settings }));

  await app.listen({ host: settings.host, port: settings.port });
  const { port } = app.server.address() as AddressInfo;
  url = `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`;
  if (settings.notify && !settings.notify.confirmed) publisher.subscribe();

  return {
    url,
    mailboxUrl: `${publicUrl()}/mailbox`,
    certificateUrl: url + certificatePath,
    /** Changes options while it runs. @throws Problem `local-ses-options` */
    set,
    settings: () => settings,
    /** The accepted emails that are still kept, newest first; `readMail` parses one. */
    mails,
    /** Counts in full, for each address and tag too. */
    counts,
    /** The SNS side: `subscribe`, `state`, and `idle` to wait until every event was taken. */
    events: publisher,
    state,
    /** Forgets emails and counts, not the quota used. */
    clear,
    /** Closes every connection and forgets the events still waiting. */
    async stop(): Promise<void> {
      publisher.stop();
      await app.close();
    },
  };
}
