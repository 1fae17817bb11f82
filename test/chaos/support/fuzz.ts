import type { Random } from '../../../demo/ses/random.js';
import { jobNames } from '../../../src/jobs/catalog.js';
import { withQueues } from './queues.js';
import type { Keys } from './keys.js';
import type { Town } from './town.js';

export interface Route {
  method: string;
  url: string;
}

const pick = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)] as T;

/** Returns an invalid value: wrong types, wrong sizes, strings with a meaning elsewhere. */
function nonsense(random: Random, depth = 0): unknown {
  const kinds: (() => unknown)[] = [
    () => null,
    () => random() * 1e18 - 5e17,
    () => -1,
    () => random() < 0.5,
    () => '',
    () => 'x'.repeat(Math.floor(random() * 5000)),
    () =>
      pick(
        [
          "' OR 1=1 --",
          '{{7*7}}',
          '../../etc/passwd',
          '\u0000',
          '\ud800',
          '<script>',
          '%00',
          '🐈',
          '${jndi:x}',
          '__proto__',
        ],
        random,
      ),
    () => String.fromCharCode(...Array.from({ length: 12 }, () => Math.floor(random() * 65_535))),
    () => Array.from({ length: Math.floor(random() * 20) }, () => (depth < 3 ? nonsense(random, depth + 1) : 0)),
    () =>
      Object.fromEntries(
        Array.from({ length: Math.floor(random() * 6) }, () => [
          pick(names, random),
          depth < 3 ? nonsense(random, depth + 1) : 0,
        ]),
      ),
    () => JSON.parse('{"__proto__": {"admin": true}, "constructor": {"prototype": {}}}') as unknown,
  ];
  return pick(kinds, random)();
}

const names = [
  'runId',
  'practiceId',
  'messageId',
  'accountId',
  'email',
  'password',
  'pets',
  'firstName',
  'Type',
  'Message',
  'TopicArn',
  'next',
  'id',
  'role',
  'scopes',
  'toString',
  '__proto__',
  'q',
  'cursor',
];

/**
 * Adds jobs to every queue that no version of ours would enqueue: unknown names, invalid payloads, valid payloads in
 * the wrong queue, and valid payloads for people whose records they must not change.
 *
 * @param each number of jobs for each queue
 * @returns the number of jobs added
 */
export async function fuzzQueues(town: Town, random: Random, each: number): Promise<number> {
  const mails = await town.rows<{ id: string }>("SELECT id FROM messages WHERE state = 'delivered' LIMIT 20");
  const people = await town.rows<{ id: string }>('SELECT id FROM accounts WHERE first_login_at IS NULL LIMIT 20');
  const runs = await town.rows<{ id: string }>("SELECT id FROM sync_runs WHERE state = 'done' LIMIT 20");
  const known = [...mails, ...people, ...runs].map(({ id }) => id);
  return withQueues(town.servers.redis.url, async (queues) => {
    const count = each * queues.length;
    for (let at = 0; at < count; at++) {
      const queue = queues[at % queues.length] as (typeof queues)[number];
      const name = random() < 0.8 ? pick(jobNames, random) : wordOf(nonsense(random)).slice(0, 100) || 'empty';
      const id = known.length > 0 ? pick(known, random) : 'nobody';
      const field = pick(['runId', 'practiceId', 'messageId', 'accountId'], random);
      const payload =
        random() < 0.3 ? { [field]: id } : random() < 0.5 ? { [field]: nonsense(random) } : nonsense(random);
      // Backdates the job: a worker hands back a young job of an unknown name for minutes, for a later version.
      const timestamp = Date.now() - 3600_000;
      await queue.add(name, payload, { removeOnComplete: true, removeOnFail: true, timestamp });
    }
    return count;
  });
}

export interface Answered {
  route: Route;
  status: number;
  /** True if the request had all credentials: a session with its form token, an API token, or a signature. */
  letIn: boolean;
}

/**
 * Sends invalid input to each endpoint in turn: in the path, the query, the headers and the body, as JSON, as a form,
 * as neither. With keys, most requests are authenticated, and only their content is invalid.
 *
 * @param keys null for an anonymous caller
 * @returns the response to each request; status 0 if the connection broke
 */
export async function fuzzEndpoints(options: {
  webUrl: string;
  routes: readonly Route[];
  random: Random;
  count: number;
  keys: Keys | null;
}): Promise<Answered[]> {
  const { webUrl, routes, random, count, keys } = options;
  const answers: Answered[] = [];
  const send = async (at: number): Promise<void> => {
    const route = routes[at % routes.length] as Route;
    const key = keys !== null && random() < 0.75 ? keyFor(route, keys) : null;
    const { path, init } = key ? await rightAtTheDoor(route, key, random) : fromTheStreet(route, random);
    const request = { redirect: 'manual' as const, signal: AbortSignal.timeout(20_000), ...init };
    const status = await fetch(webUrl + path, { method: route.method, ...request }).then(
      async (answer) => {
        // A stream of events never ends by itself.
        await answer.body?.cancel();
        return answer.status;
      },
      () => 0,
    );
    answers.push({ route, status, letIn: key !== null });
  };
  for (let at = 0; at < count; at += 8) {
    await Promise.all(Array.from({ length: Math.min(8, count - at) }, (_, next) => send(at + next)));
  }
  return answers;
}

interface Sent {
  path: string;
  init: { headers: Record<string, string>; body?: string };
}

const isBodyless = ({ method }: Route): boolean => ['GET', 'HEAD'].includes(method);
const text = (random: Random, most: number): string =>
  encodeURIComponent(wellFormed(wordOf(nonsense(random)).slice(0, most)) || 'x');
const queryOf = (random: Random): string =>
  random() < 0.5 ? '' : `?${pick(names, random)}=${text(random, 500)}&page=${text(random, 20)}`;
const bodyOf = (random: Random): string =>
  JSON.stringify(
    random() < 0.7
      ? { [pick(names, random)]: nonsense(random), [pick(names, random)]: nonsense(random) }
      : nonsense(random),
  ) ?? '';
const parameter = /[:*][A-Za-z]*(\([^)]*\))?/g;

function fromTheStreet(route: Route, random: Random): Sent {
  const path = route.url.replace(parameter, () => text(random, 80)) + queryOf(random);
  const json = random() < 0.6;
  const body = json ? bodyOf(random) : `${pick(names, random)}=${text(random, 2000)}`;
  const headers: Record<string, string> = {
    'content-type': json
      ? 'application/json'
      : pick(['application/x-www-form-urlencoded', 'text/plain; charset=UTF-8', 'application/octet-stream'], random),
    ...(random() < 0.3 ? { authorization: `Bearer ${text(random, 60)}` } : {}),
    ...(random() < 0.2 ? { 'idempotency-key': text(random, 40) } : {}),
  };
  const sent = random() < 0.1 ? body.slice(0, body.length / 2) : body;
  return { path, init: { headers, ...(isBodyless(route) ? {} : { body: sent }) } };
}

type Key = { staff: Keys['staff']; ids: Keys['ids'] } | { token: string; ids: Keys['ids'] } | { sign: Keys['sign'] };

/** Null if none of our keys fits, or if using it would revoke it. */
function keyFor({ url }: Route, { staff, token, sign, ids }: Keys): Key | null {
  if (url === '/v1/ses-events') return { sign };
  if (['/staff/sign-out', '/staff/sign-in', '/staff/invitation', '/staff/forgot'].includes(url)) return null;
  if (url.startsWith('/staff')) return { staff, ids };
  return /^\/v1\/(pet-parents|plan|syncs)/.test(url) ? { token, ids } : null;
}

async function rightAtTheDoor(route: Route, key: Key, random: Random): Promise<Sent> {
  if ('sign' in key) {
    const body = await key.sign(sesEvent(random));
    return { path: route.url, init: { headers: { 'content-type': 'text/plain; charset=UTF-8' }, body } };
  }
  // Reads may use real ids; writes must not, or they would be valid requests of staff.
  const reads = isBodyless(route);
  const real = (name: string) => (reads || name === 'practice') && random() < 0.6;
  const path =
    route.url.replace(parameter, (name) => {
      const id = key.ids[name.slice(1)];
      return id !== undefined && real(name.slice(1)) ? encodeURIComponent(id) : text(random, 80);
    }) + queryOf(random);
  if ('token' in key) {
    const headers = {
      authorization: `Bearer ${key.token}`,
      ...(reads ? {} : { 'content-type': 'application/json' }),
      ...(random() < 0.3 ? { 'idempotency-key': text(random, 40) } : {}),
    };
    return { path, init: { headers, ...(reads ? {} : { body: bodyOf(random) }) } };
  }
  const { cookie, csrf } = key.staff;
  if (reads) return { path, init: { headers: { cookie } } };
  const fields = Array.from(
    { length: 1 + Math.floor(random() * 5) },
    () => `${pick(formNames, random)}=${text(random, 1000)}`,
  );
  // These routes change nothing for any practice.
  const practice = /\.csv$|preview$/.test(route.url) && random() < 0.7 ? [`practice=${key.ids['practice']}`] : [];
  const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' };
  const body = [`_csrf=${encodeURIComponent(csrf)}`, ...practice, ...fields].join('&');
  return { path, init: { headers, body } };
}

/** The field names of staff's forms and filters. */
const formNames = [
  'practice',
  'reason',
  'state',
  'rest',
  'arrived',
  'who',
  'fingerprint',
  'email',
  'name',
  'role',
  'password',
  'current',
  'number',
  'account',
  'scopes',
  'days',
  'after',
  'brand.colour',
  'brand.name',
  'texts',
  'replyTo',
  'id',
  '__proto__',
];

const eventTypes = [
  'Send',
  'Delivery',
  'Bounce',
  'Complaint',
  'DeliveryDelay',
  'Reject',
  'Open',
  'Rendering Failure',
  'toString',
];

/** Builds an event of an unknown email, in the format of SES with invalid values in some places. */
function sesEvent(random: Random): string {
  const at = () => (random() < 0.7 ? new Date(Date.UTC(2026, 0, 1)).toISOString() : wordOf(nonsense(random)));
  const some = (value: unknown): unknown => (random() < 0.3 ? nonsense(random) : value);
  const people = some([
    { emailAddress: wordOf(nonsense(random)).slice(0, 2000), diagnosticCode: some('550 5.1.1'), status: some('5.1.1') },
  ]);
  const type = pick(eventTypes, random);
  const event = {
    [random() < 0.8 ? 'eventType' : 'notificationType']: type,
    mail: some({
      messageId: random() < 0.5 ? 'nobody' : wordOf(nonsense(random)),
      timestamp: at(),
      destination: some([wordOf(nonsense(random))]),
      tags: some({ message: some([wordOf(nonsense(random))]), attempt: some(['nobody']) }),
    }),
    bounce: some({
      bounceType: some('Permanent'),
      bounceSubType: some('General'),
      bouncedRecipients: people,
      timestamp: at(),
    }),
    complaint: some({ complainedRecipients: people, complaintFeedbackType: some('abuse'), timestamp: at() }),
    delivery: some({ timestamp: at(), smtpResponse: some('250 ok') }),
    deliveryDelay: some({ delayType: some('MailboxFull'), delayedRecipients: people, timestamp: at() }),
    reject: some({ reason: some('Bad content') }),
  };
  return random() < 0.9 ? JSON.stringify(event) : wordOf(nonsense(random));
}

const wordOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
const wellFormed = (text: string): string => text.replace(/[\ud800-\udfff]/g, '?');
