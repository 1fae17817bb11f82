import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSigner, notification } from '../../../demo/ses/events/sns-message.js';
import { newIds } from '../../../src/lib/ids.js';
import { Secret } from '../../../src/lib/secret.js';
import { createApiToken } from '../../../src/store/access/api-tokens.js';
import { openDatabase } from '../../../src/store/db/database.js';
import { apiScopes } from '../../../src/web/api/route.js';
import { httpVisitor } from '../../support/http-visitor.js';
import { topicArn, type Town } from './town.js';

/** Credentials for a town: with them, a request is authenticated whatever its content. */
export interface Keys {
  /** An owner of all practices, signed in. */
  staff: { cookie: string; csrf: string };
  /** An API token of one practice, with every scope. */
  token: string;
  /** Wraps and signs a message as SNS does, for the topic that the town trusts. */
  sign(message: string): Promise<string>;
  /** Real ids, by parameter name. */
  ids: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function cutKeys(town: Town): Promise<Keys> {
  const ids = await someIds(town);
  const signing = await signingFor(town);
  return {
    staff: await signedIn(town),
    token: await apiToken(town, ids['practice'] as string),
    sign: signing.sign,
    ids,
    close: signing.close,
  };
}

async function someIds(town: Town): Promise<Record<string, string>> {
  const [known] = await town.rows<{ practice: string; client: string; welcome: string }>(
    'SELECT practice_id practice, client_pims_id client, id welcome FROM messages WHERE client_pims_id IS NOT NULL LIMIT 1',
  );
  if (!known) throw new Error('No pet parent of the town got an email.');
  const [run] = await town.rows<{ id: string }>('SELECT id FROM sync_runs WHERE practice_id = ? LIMIT 1', [
    known.practice,
  ]);
  return { ...known, run: run?.id ?? 'none' };
}

async function signedIn(town: Town): Promise<Keys['staff']> {
  const email = 'olive@town.example';
  const practices = town.practices.list.flatMap(({ id }) => ['--practice', id]);
  const added = await town.command('staff', 'add', email, '--name', 'Olive', '--role', 'owner', ...practices);
  const password = /^ {2}(\S+)$/m.exec(added.out)?.[1] ?? '';
  const owner = httpVisitor(town.webUrl);
  const signIn = await owner.submit(await owner.get('/staff/sign-in'), '/staff/sign-in', { email, password });
  const page = await owner.get('/staff/pet-parents');
  const csrf = /name="_csrf" value="([^"]+)"/.exec(page.text)?.[1];
  if (signIn.status !== 303 || !csrf) throw new Error(`The owner was answered ${signIn.status}.`);
  return { cookie: owner.cookieHeader(), csrf };
}

async function apiToken(town: Town, practiceId: string): Promise<string> {
  const db = openDatabase(new Secret(town.servers.mariadb.url), 1);
  const by = { kind: 'operator', id: null, name: 'storm' } as const;
  const asked = { practiceId, name: 'storm', scopes: Object.keys(apiScopes), days: 1 };
  try {
    return (await createApiToken(db, asked, { actor: by, newId: newIds(), now: new Date() })).open();
  } finally {
    await db.destroy();
  }
}

/** A second SNS for the same topic; its certificate is served from here. */
async function signingFor(town: Town): Promise<Pick<Keys, 'sign' | 'close'>> {
  const signer = await createSigner();
  const server = createServer((_request, answer) => void answer.end(signer.certificatePem));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const certificateUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/certificate.pem`;
  const parts = { topicArn, version: '2', certificateUrl, publicUrl: town.ses.url } as const;
  return {
    async sign(message) {
      return JSON.stringify(await signer.signed(notification({ ...parts, at: new Date(), message })));
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
