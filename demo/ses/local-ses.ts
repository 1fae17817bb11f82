import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { createAccount } from './account.js';
import { registerControl } from './control.js';
import { createCounts } from './counts.js';
import { registerEndpoint } from './endpoint.js';
import { createFaults } from './faults.js';
import { createMailStore } from './mails.js';
import { changeOptions, readOptions, type ChangeableOptions, type LocalSesOptions } from './options.js';
import type { OutcomeOf } from './events/outcome.js';
import { registerMailbox } from './pages/routes.js';
import { createPublisher } from './events/publisher.js';
import { createQuota } from './quota.js';
import { createRandom } from './random.js';
import { certificatePath, createSigner, type SnsSigner } from './events/sns-message.js';

export type LocalSes = Awaited<ReturnType<typeof startLocalSes>>;

/** An email of 10 MB grows by a third in base64 and up to three times in form encoding. */
const mostBodyBytes = 45 * 1024 * 1024;

/**
 * Starts an SES endpoint on this machine: the real SDK uses it if AWS_ENDPOINT_URL_SES (or the client's
 * `endpoint`) is its `url`. It keeps every email, sends none, and raises the events that SES would raise.
 * @param deps.now the clock of limits and timestamps, in ms since 1970
 * @param deps.outcome replaces the `outcomes` rules and the simulator's addresses
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
  // Making a key takes 0.2 s, so it is made only if events are used.
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

  // Idle connections stay open longer than a client's pauses, so that its next call does not meet a closed socket.
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
    /** The accepted emails still kept, newest first; `readMail` parses one. */
    mails,
    /** All counts, also by address and tag. */
    counts,
    /** The SNS side: `subscribe`, `state`, and `idle`, which waits until every event was delivered or given up. */
    events: publisher,
    state,
    /** Forgets emails and counts, but keeps the used quota. */
    clear,
    /** Closes every connection and drops the events still waiting. */
    async stop(): Promise<void> {
      publisher.stop();
      await app.close();
    },
  };
}
