import { randomBytes } from 'node:crypto';
import { startLocalSes, type LocalSes } from '../../demo/ses/local-ses.js';
import type { LocalSesOptions } from '../../demo/ses/options.js';
import { newIds } from '../../src/lib/ids.js';
import { createKeyring } from '../../src/lib/sealing.js';
import { Secret } from '../../src/lib/secret.js';
import { createCircuitBreaker } from '../../src/mailer/pacing/circuit-breaker.js';
import { createMailer, type MailerDeps } from '../../src/mailer/mailer.js';
import { createSesTransport, type MailTransport } from '../../src/mailer/ses/ses-transport.js';
import { mailSchema, practiceMail, practiceMailSchema, type PracticeMail } from '../../src/mailer/settings.js';
import { createCredentials } from '../../src/store/accounts/credentials.js';
import { insertMany, type Database } from '../../src/store/db/database.js';
import type { NewRow, Row } from '../../src/store/db/tables.js';
import { openKey } from '../../src/store/messages/urgent-messages.js';
import { testDatabase } from '../support/database.js';

const general = mailSchema.parse({
  from: 'welcome@petapp.example',
  loginUrl: 'https://pets.example.com/app/login',
  resetUrl: 'https://pets.example.com/app/reset#{token}',
  configurationSet: 'pims',
});

/** A practice's email settings, without a rollout unless the test is about one. */
export function mailOf(id: string, own: object = {}): PracticeMail {
  const section = practiceMailSchema.parse({
    support: { phone: '+1 555 010 2000', email: `hello@${id}.example` },
    rollout: false,
    ...own,
  });
  const identity = {
    id,
    name: `${id} Vets`,
    timeZone: 'America/Chicago',
  };
  return practiceMail(identity, section, general);
}

export interface OweOptions {
  count?: number;
  practice?: string;
  kind?: Row<'messages'>['kind'];
  pets?: Partial<NewRow<'pims_pets'>>[];
  address?: (n: number) => string;
  urgent?: boolean;
  state?: Row<'messages'>['state'];
}

export type World = Awaited<ReturnType<typeof startWorld>>;

/** A database, an SES endpoint, and a mailer between them; time stands still until `pass` moves it. */
export async function startWorld(sesOptions: LocalSesOptions = {}) {
  const test = await testDatabase();
  const { db } = test;
  const ses: LocalSes = await startLocalSes({ maxSendRate: 1_000_000, max24HourSend: -1, ...sesOptions });
  let now = new Date('2026-05-04T15:00:00Z');
  const clock = () => new Date(now);
  const newId = newIds();
  const keyring = createKeyring(new Secret(`k1:${randomBytes(32).toString('base64')}`));
  const credentials = createCredentials({ db, keyring, clock });
  const practices = new Map<string, PracticeMail>();
  const logged: object[] = [];
  const note = (details: object, message: string) => void logged.push({ ...details, message });
  const log = { info: note, warn: note, error: note };
  const rates: number[] = [];
  const client = {
    endpoint: ses.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const transport = createSesTransport({ configurationSet: 'pims', client });
  const deps: MailerDeps = {
    db,
    keyring,
    credentials,
    clock,
    newId,
    transport,
    general,
    publicUrl: 'https://console.example',
    log,
    settings: (id) => practices.get(id) ?? null,
    setMailRate: async (rate) => void rates.push(rate),
  };
  let people = 0;

  async function addPractice(id: string, own: object = {}): Promise<void> {
    practices.set(id, mailOf(id, own));
    await db
      .insertInto('practices')
      .values({ id, name: `${id} Vets`, time_zone: 'America/Chicago', created_at: now })
      .execute();
  }

  /** Makes pet parents with accounts, temporary passwords and queued emails. @returns their message and account ids */
  async function owe(options: OweOptions = {}) {
    const { count = 1, practice = 'elm', kind = 'welcome', state = 'queued', urgent = false } = options;
    const pets = options.pets ?? [{ name: 'Luna' }, { name: 'Max' }];
    const address = options.address ?? ((n: number) => `parent-${n}@example.com`);
    const made = Array.from({ length: count }, () => ({
      n: ++people,
      accountId: newId(),
      messageId: newId(),
    }));
    await insertMany(
      db,
      'accounts',
      made.map(({ n, accountId }) => ({
        id: accountId,
        email: address(n),
        email_key: address(n).toLowerCase(),
        first_name: 'Kim',
        last_name: `Weaver ${n}`,
        created_at: now,
      })),
    );
    await insertMany(
      db,
      'pims_clients',
      made.map(({ n }) => ({
        practice_id: practice,
        pims_id: `c${n}`,
        fingerprint: randomBytes(16),
        display_id: `${1000 + n}`,
        first_name: 'Kim',
        last_name: `Weaver ${n}`,
        email_key: address(n).toLowerCase(),
        record: '{}',
        first_seen_at: now,
        changed_at: now,
        needs_evaluation: 0,
        living: 1,
        verdict: 'invite' as const,
        reason: 'eligible',
        identity_conflict: 0,
        merged_into: null,
      })) as never,
    );
    await insertMany(
      db,
      'pims_pets',
      made.flatMap(({ n }) =>
        pets.map((pet, at) => ({
          practice_id: practice,
          client_pims_id: `c${n}`,
          pims_id: `p${n}-${at}`,
          name: 'Luna',
          species: 'dog',
          sex: 'female',
          died_on: null,
          status: 'active',
          primary_owner: 1,
          ...pet,
        })),
      ),
    );
    await insertMany(
      db,
      'account_links',
      made.map(({ n, accountId }) => ({
        practice_id: practice,
        client_pims_id: `c${n}`,
        account_id: accountId,
        reason: 'new-account',
        sentence: 'made',
        made_by: 'rule' as const,
        linked_at: now,
      })),
    );
    await credentials.issueMany(
      db,
      made.map(({ accountId }) => ({ accountId, practiceId: practice, days: 30 })),
    );
    await insertMany(
      db,
      'messages',
      made.map(({ n, accountId, messageId }) => ({
        id: messageId,
        practice_id: practice,
        account_id: accountId,
        client_pims_id: `c${n}`,
        kind,
        state,
        due_at: now,
        urgent: urgent ? 1 : 0,
        requested_by: urgent ? 'Fran' : null,
        created_at: now,
        changed_at: now,
        open_key: openKey(kind, accountId, practice),
      })),
    );
    return made.map((one) => ({ ...one, email: address(one.n), pimsId: `c${one.n}` }));
  }

  return {
    db,
    url: test.url,
    ses,
    clock,
    newId,
    keyring,
    credentials,
    practices,
    logged,
    rates,
    transport,
    deps,
    client,
    addPractice,
    owe,
    mailer: (own: Partial<MailerDeps> = {}) => createMailer({ ...deps, ...own }),
    /** The circuit breaker on its own. */
    circuitBreaker: () =>
      createCircuitBreaker({
        ...deps,
        senders: { general: general.from, of: (id) => practices.get(id)?.from.address ?? null },
      }),
    /** Wraps the real transport to do something before or after it. */
    transportWith: (own: Partial<MailTransport>): MailTransport => ({ ...transport, ...own }),
    pass(seconds: number): void {
      now = new Date(now.getTime() + seconds * 1000);
    },
    setTime(text: string): void {
      now = new Date(text);
    },
    welcome: (id: string) => db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    async states(): Promise<Record<string, number>> {
      const rows = await db.selectFrom('messages').select('state').execute();
      const counts: Record<string, number> = {};
      for (const { state } of rows) counts[state] = (counts[state] ?? 0) + 1;
      return counts;
    },
    async stop(): Promise<void> {
      transport.close();
      await ses.stop();
      await test.drop();
    },
  };
}

type Sending = ReturnType<typeof createMailer>;

/** Acts as the queue: dispatches, and sends by priority, `atOnce` at a time, until nothing more is dispatched. */
export async function drain(mailer: Sending, most = Number.POSITIVE_INFINITY, atOnce = 20): Promise<string[]> {
  const order: string[] = [];
  while (order.length < most) {
    const { mails } = await mailer.dispatcher.dispatch();
    if (mails.length === 0) break;
    const queue = [...mails].sort((a, b) => (a.priority ?? 0) - (b.priority ?? 0));
    const work = async () => {
      for (let mail = queue.shift(); mail; mail = queue.shift()) {
        order.push(mail.messageId);
        await mailer.sender.send(mail.messageId);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  }
  return order;
}

/** Waits for a condition that becomes true on its own. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('What the test waits for did not happen within 10 seconds.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Counts a practice's messages by status. */
export async function messageCounts(db: Database, practiceId: string): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom('messages')
    .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
    .where('practice_id', '=', practiceId)
    .groupBy('state')
    .execute();
  return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
}
