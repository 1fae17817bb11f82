import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../src/app/config-schema.js';
import { newTemporaryPassword } from '../src/domain/account/temporary-password.js';
import { Secret } from '../src/lib/secret.js';
import { installExamplePlugin } from './example-plugin.js';
import type { DemoSettings } from './settings.js';
import { prepareDemoPims } from './practices/prepare.js';
import { startLocalSes } from './ses/local-ses.js';
import type { LocalSesOptions } from './ses/options.js';

export interface Demo {
  mailboxUrl: string;
  staffEmail: string;
  staffPassword: Secret;
  /** The `connection` settings, by practice id. */
  connections: Record<string, Record<string, unknown>>;
  stop(): Promise<void>;
}

/**
 * Makes a PIMS for each practice of `made`, an SES endpoint on this machine and a staff sign-in. Points the AWS SDK of
 * this process at that endpoint.
 *
 * @throws Problem
 */
export async function startDemo(config: Config, settings: DemoSettings, made: ReadonlySet<string>): Promise<Demo> {
  mkdirSync(settings.folder, { recursive: true });
  installExamplePlugin(settings.folder);
  const pims = await prepareDemoPims({
    folder: join(settings.folder, 'pims'),
    databaseUrl: config.databaseUrl.open(),
    clients: settings.clients,
    seed: settings.seed,
    practices: config.practices
      .filter(({ id }) => made.has(id))
      .map(({ id, connector, country }) => ({ id, connector, country })),
  });
  const ses = await startLocalSes({
    ...mailboxPlace(settings),
    maxSendRate: 50,
    notify: {
      url: `http://127.0.0.1:${config.port}/v1/ses-events`,
      topicArn: config.mail.topicArns[0] ?? 'arn:aws:sns:us-east-1:000000000000:local-ses-events',
      delayMs: { min: 200, max: 1500 },
    },
    // One domain in the demo bounces, so that staff see how a bounce looks.
    outcomes: [{ address: '*@bounces.example', outcome: 'bounce' }],
  });
  process.env['AWS_ENDPOINT_URL_SES'] = ses.url;
  // The SDK's warning about future Node versions would only distract users of the demo.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  return {
    mailboxUrl: ses.mailboxUrl,
    staffEmail: 'demo@petapp.example',
    staffPassword: keptPassword(join(settings.folder, 'staff-password')),
    connections: pims.connections,
    async stop() {
      await ses.stop();
      await pims.stop();
    },
  };
}

/** Returns where the mailbox listens: in a container at a fixed port on every address, so that the host can reach it. */
function mailboxPlace({ mailboxPort: port, listenHost: host }: DemoSettings): LocalSesOptions {
  if (port === 0) return {};
  return { port, publicUrl: `http://localhost:${port}`, ...(host === null ? {} : { host }) };
}

/** Returns the demo's staff password: the same at every start, another one in every clone. */
function keptPassword(file: string): Secret {
  try {
    return new Secret(readFileSync(file, 'utf8').trim());
  } catch {
    const made = newTemporaryPassword();
    writeFileSync(file, made.open(), { mode: 0o600 });
    return made;
  }
}
