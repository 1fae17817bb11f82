import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createRandom } from '../../demo/ses/random.js';
import { testWeb } from '../web/support/web.js';
import { disturbances, type Weather } from './support/disturbances.js';
import { fuzzEndpoints, fuzzQueues, type Route } from './support/fuzz.js';
import { cutKeys } from './support/keys.js';
import { findings } from './support/proofs.js';
import { heal, nightFalls, settle } from './support/settle.js';
import { openTown, type Town } from './support/town.js';
import { createVisitors, type Visitors } from './support/visitors.js';

// `npm run chaos -- --storms 20 --seed 7` is the long form; the tests run the short one.
const storms = Number(process.env['CHAOS_STORMS'] ?? 2);
const seed = Number(process.env['CHAOS_SEED'] ?? 20_260_504);
const long = process.env['CHAOS_STORMS'] !== undefined;
const lastsMs = long ? 3000 : 1000;
const clients = long ? 150 : 60;

jest.setTimeout(240_000);

/**
 * Storms over a "town": four practices with different PIMS, a web process and workers. In each storm, several
 * disturbances happen at once during a night; afterwards everything settles and must be as if nothing had happened.
 * The seed decides which disturbances happen, and when.
 */
describe(`${storms} storms of seed ${seed}`, () => {
  let town: Town;
  let visitors: Visitors;
  let routes: Route[];
  const random = createRandom(seed);
  // Print at once, not at the end: twenty storms take a quarter of an hour.
  const tell = (text: string): void => void process.stdout.write(`${text}\n`);

  beforeAll(async () => {
    routes = await allRoutes();
    town = await openTown({ seed, clients, workers: 2 });
    visitors = createVisitors(town);
    if (town.servers.disk === null) tell('This user may not mount: no disk of the servers ran full.');
  });
  afterAll(async () => {
    await town?.close();
  });

  const names = drawn(storms);
  it.each(names)('storm %i: %s', async (number, what) => {
    const weather: Weather = { town, visitors, routes, random, lastsMs };
    await nightFalls(town, number);
    await Promise.all(
      what.split('; ').map(async (name) => {
        await new Promise((begin) => setTimeout(begin, random() * lastsMs));
        // The target of this disturbance is broken already, which is enough.
        await disturbances[name]?.(weather).catch((error: unknown) => tell(`${name}: ${String(error)}`));
      }),
    );
    const began = Date.now();
    await heal(town);
    await settle(town);
    const rested = ((Date.now() - began) / 1000).toFixed(1);
    expect(await findings(town, visitors)).toEqual([]);
    const [row] = await town.rows<Record<string, number>>(
      'SELECT (SELECT COUNT(*) FROM pims_clients) clients, (SELECT COUNT(*) FROM accounts) accounts',
    );
    const { accepted, answersLost, requestsDropped } = town.ses.state();
    tell(
      `storm ${number} (${what}): at rest after ${rested} s; ${row?.['clients']} clients, ${row?.['accounts']} accounts, ` +
        `${accepted.mails} emails accepted, ${answersLost} answers and ${requestsDropped} requests lost, ` +
        `${visitors.visits.size} first log-ins of ${visitors.answers.length} tried, ${town.starts()} processes started`,
    );
  });

  it('chaos: 1,000 invalid payloads in each queue and at the endpoints change nothing', async () => {
    const keys = await cutKeys(town);
    const before = await fingerprint();
    const queued = await fuzzQueues(town, random, 1000);
    const answers = await fuzzEndpoints({ webUrl: town.webUrl, routes, random, count: 1000, keys });
    await settle(town);
    await keys.close();
    expect(answers.filter(({ status }) => status === 0 || (status >= 500 && status !== 503))).toEqual([]);
    const letIn = answers.filter((answer) => answer.letIn);
    // The requests were authenticated, so every refusal is about their content.
    expect(letIn.filter(({ status }) => status === 401 || status === 403)).toEqual([]);
    for (const part of ['/staff/', '/v1/pet-parents', '/v1/ses-events'])
      expect([part, letIn.some(({ route, status }) => route.url.startsWith(part) && status < 400)]).toEqual([
        part,
        true,
      ]);
    // Every message with a valid SNS signature is accepted; otherwise SNS would retry it for hours.
    const told = letIn.filter(({ route }) => route.url === '/v1/ses-events');
    expect(told.filter(({ status }) => status !== 200)).toEqual([]);
    expect(await findings(town, visitors)).toEqual([]);
    expect(await fingerprint()).toEqual(before);
    tell(
      `${queued} payloads in the queues, ${answers.length} at ${routes.length} endpoints, ${letIn.length} of them let in`,
    );
  });

  it('stops cleanly', async () => {
    expect(await town.stop()).toEqual([]);
  });

  /** Chooses the disturbances of each storm: four to six of all; each occurs about equally often. */
  function drawn(count: number): [number, string][] {
    const names = Object.keys(disturbances);
    let left: string[] = [];
    return Array.from({ length: count }, (_, at) => {
      const chosen = new Set<string>();
      for (const many = long ? 4 + Math.floor(random() * 3) : 7; chosen.size < many;) {
        if (left.length === 0) left = [...names];
        chosen.add(left.splice(Math.floor(random() * left.length), 1)[0] as string);
      }
      return [at + 1, [...chosen].join('; ')];
    });
  }

  /** Dumps everything about people: their records, their emails and their logins. */
  async function fingerprint(): Promise<unknown> {
    return Promise.all(
      [
        'SELECT COUNT(*) n, SUM(CRC32(CONCAT_WS("|", pims_id, verdict, reason, missing_since, record))) s FROM pims_clients',
        'SELECT COUNT(*) n, SUM(CRC32(CONCAT_WS("|", id, email, first_login_at, password_hash, closed_at))) s FROM accounts',
        'SELECT COUNT(*) n, SUM(CRC32(CONCAT_WS("|", id, state, account_id))) s FROM messages',
        'SELECT COUNT(*) n, SUM(CRC32(CONCAT_WS("|", account_id, sealed, used_at))) s FROM temporary_credentials',
        'SELECT COUNT(*) n FROM staff',
      ].map((query) => town.rows(query)),
    );
  }
});

/** Lists every endpoint that the web process registers. */
async function allRoutes(): Promise<Route[]> {
  const web = await testWeb();
  const routes = web.routes.flatMap(({ method, url }) => [method].flat().map((one) => ({ method: one, url })));
  await web.close();
  // fetch refuses the method TRACE.
  const sendable = routes.filter(({ method }) => !['HEAD', 'TRACE', 'CONNECT'].includes(method));
  // SNS may send more requests than other callers.
  const events = Array<Route>(10).fill({ method: 'POST', url: '/v1/ses-events' });
  return [...sendable, ...events];
}
