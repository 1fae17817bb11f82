import type { Random } from '../../../src/demo/ses/random.js';
import { jobNames } from '../../../src/jobs/catalog.js';
import { withQueues } from './queues.js';
import type { Town } from './town.js';

export interface Route {
  method: string;
  url: string;
}

const pick = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)] as T;

/** A value that nobody should send: wrong kinds, wrong sizes, strings that mean something elsewhere. */
export function nonsense(random: Random, depth = 0): unknown {
  const kinds: (() => unknown)[] = [
    () => null,
    () => random() * 1e18 - 5e17,
    () => -1,
    () => random() < 0.5,
    () => '',
    () => 'x'.repeat(Math.floor(random() * 5000)),
    () => pick(["' OR 1=1 --", '{{7*7}}', '../../etc/passwd', '\u0000', '\ud800', '<script>', '%00', '🐈', '${jndi:x}', '__proto__'], random), // prettier-ignore
    () => String.fromCharCode(...Array.from({ length: 12 }, () => Math.floor(random() * 65_535))),
    () =>
      Array.from({ length: Math.floor(random() * 20) }, () => (depth < 3 ? nonsense(random, depth + 1) : 0)),
    () => Object.fromEntries(Array.from({ length: Math.floor(random() * 6) }, () => [pick(names, random), depth < 3 ? nonsense(random, depth + 1) : 0])), // prettier-ignore
    () => JSON.parse('{"__proto__": {"admin": true}, "constructor": {"prototype": {}}}') as unknown,
  ];
  return pick(kinds, random)();
}

const names = ['runId', 'practiceId', 'welcomeId', 'accountId', 'email', 'password', 'pets', 'firstName', 'Type', 'Message', 'TopicArn', 'next', 'id', 'role', 'scopes', 'toString', '__proto__', 'q', 'cursor']; // prettier-ignore

/**
 * Puts jobs that no version of ours would ask for into every queue: unknown names, wrong payloads, right payloads in the
 * wrong lane, and right payloads for people to whom they must do nothing.
 *
 * @returns how many were added
 */
export async function fuzzQueues(town: Town, random: Random, count: number): Promise<number> {
  const mails = await town.rows<{ id: string }>("SELECT id FROM welcomes WHERE state = 'delivered' LIMIT 20");
  const people = await town.rows<{ id: string }>(
    'SELECT id FROM accounts WHERE first_login_at IS NULL LIMIT 20',
  );
  const runs = await town.rows<{ id: string }>("SELECT id FROM sync_runs WHERE state = 'done' LIMIT 20");
  const known = [...mails, ...people, ...runs].map(({ id }) => id);
  return withQueues(town.servers.redis.url, async (queues) => {
    for (let at = 0; at < count; at++) {
      const queue = queues[at % queues.length] as (typeof queues)[number];
      const name =
        random() < 0.8 ? pick(jobNames, random) : wordOf(nonsense(random)).slice(0, 100) || 'empty';
      const id = known.length > 0 ? pick(known, random) : 'nobody';
      const field = pick(['runId', 'practiceId', 'welcomeId', 'accountId'], random);
      const payload = random() < 0.3 ? { [field]: id } : random() < 0.5 ? { [field]: nonsense(random) } : nonsense(random); // prettier-ignore
      // As if asked long ago: a young job of an unknown name is handed back for minutes, for a later version's sake.
      const timestamp = Date.now() - 3600_000;
      await queue.add(name, payload, { removeOnComplete: true, removeOnFail: true, timestamp });
    }
    return count;
  });
}

export interface Answered {
  route: Route;
  status: number;
}

/**
 * Sends nonsense to each endpoint in turn: in the path, the query, the headers and the body, as JSON, as a form, as
 * neither.
 *
 * @param cookie that of somebody who is signed in, for half of the requests; null for none
 * @returns what each was answered; status 0 where the connection broke
 */
export async function fuzzEndpoints(options: {
  webUrl: string;
  routes: readonly Route[];
  random: Random;
  count: number;
  cookie: string | null;
}): Promise<Answered[]> {
  const { webUrl, routes, random, count, cookie } = options;
  const answers: Answered[] = [];
  const send = async (at: number): Promise<void> => {
    const route = routes[at % routes.length] as Route;
    const text = (most: number) =>
      encodeURIComponent(wellFormed(wordOf(nonsense(random)).slice(0, most)) || 'x');
    const path = route.url.replace(/[:*][A-Za-z]*(\([^)]*\))?/g, () => text(80));
    const query = random() < 0.5 ? '' : `?${pick(names, random)}=${text(500)}&page=${text(20)}`;
    const json = random() < 0.6;
    const broken = random() < 0.1;
    const body = JSON.stringify(random() < 0.7 ? { [pick(names, random)]: nonsense(random), [pick(names, random)]: nonsense(random) } : nonsense(random)) ?? ''; // prettier-ignore
    const headers: Record<string, string> = {
      'content-type': json ? 'application/json' : pick(['application/x-www-form-urlencoded', 'text/plain; charset=UTF-8', 'application/octet-stream'], random), // prettier-ignore
      ...(random() < 0.3 ? { authorization: `Bearer ${text(60)}` } : {}),
      ...(random() < 0.2 ? { 'idempotency-key': text(40) } : {}),
      ...(cookie !== null && random() < 0.5 ? { cookie } : {}),
    };
    const bodyless = ['GET', 'HEAD'].includes(route.method);
    const status = await fetch(webUrl + path + query, {
      method: route.method,
      redirect: 'manual',
      headers,
      signal: AbortSignal.timeout(20_000),
      ...(bodyless ? {} : { body: broken ? body.slice(0, body.length / 2) : json ? body : `${pick(names, random)}=${text(2000)}` }), // prettier-ignore
    }).then(
      async (answer) => {
        // A stream of events has no end of its own.
        await answer.body?.cancel();
        return answer.status;
      },
      () => 0,
    );
    answers.push({ route, status });
  };
  for (let at = 0; at < count; at += 8) {
    await Promise.all(Array.from({ length: Math.min(8, count - at) }, (_, next) => send(at + next)));
  }
  return answers;
}

const wordOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
const wellFormed = (text: string): string => text.replace(/[\ud800-\udfff]/g, '?');
