import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secret } from '../../src/lib/secret.js';
import { hashPassword } from '../../src/web/login/passwords.js';
import { seedPerson, seedPractice, seedStaff } from './support/seed.js';
import { visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
/** Email addresses by the account behind them; responses must not distinguish them. */
const people: Record<string, string> = { nobody: 'nobody@example.com' };

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north');
  await seedStaff(web, 'staff@north.example', 'owner', ['north']);
  const settled = await seedPerson(web, 'north');
  await web.deps.db
    .updateTable('accounts')
    .set({
      password_hash: await hashPassword(new Secret('velvet canyon trumpet 7')),
      first_login_at: web.clock.now,
    })
    .where('id', '=', settled.accountId!)
    .execute();
  const closed = await seedPerson(web, 'north');
  await web.deps.db
    .updateTable('accounts')
    .set({ closed_at: web.clock.now })
    .where('id', '=', closed.accountId!)
    .execute();
  people['settled'] = settled.email;
  people['invited'] = (await seedPerson(web, 'north')).email;
  people['expired'] = (await seedPerson(web, 'north', { days: -1 })).email;
  people['closed'] = closed.email;
});
afterAll(() => web.close());

let network = 0;
const freshAddress = () => `10.${(network >> 16) & 255}.${(network >> 8) & 255}.${network++ & 255}`;

describe('log-in: a wrong password reveals nothing', () => {
  it('by the text and the status of the API', async () => {
    const answers = await Promise.all(
      Object.values(people).map((email) =>
        web.app.inject({
          method: 'POST',
          url: '/v1/logins',
          payload: { email, password: 'K7MP-4TXW-9HQD' },
          remoteAddress: freshAddress(),
        }),
      ),
    );
    const flash = answers.map(({ statusCode, body }) => `${statusCode} ${body}`);
    expect(new Set(flash).size).toBe(1);
  });

  it('by the text, the status and the headers of the pages', async () => {
    const flash = new Set<string>();
    for (const email of Object.values(people)) {
      const someone = visitor(web.app, freshAddress());
      const answer = await someone.post('/app/login', { email, password: 'K7MP-4TXW-9HQD' });
      flash.add(`${answer.statusCode} ${Object.keys(answer.headers).sort().join()} ${plain(answer.body, email)}`);
    }
    expect(flash.size).toBe(1);
  });

  it('enumeration: not by the statements in the database', async () => {
    const statements = new Map<string, string>();
    for (const [who, email] of Object.entries(people)) {
      const seen: string[] = [];
      const watched = await watch(seen, () =>
        web.app.inject({
          method: 'POST',
          url: '/v1/logins',
          payload: { email, password: 'wrong' },
          remoteAddress: freshAddress(),
        }),
      );
      expect(watched.statusCode).toBe(401);
      statements.set(who, seen.join('\n'));
    }
    expect(new Set(statements.values()).size).toBe(1);
    expect(statements.get('nobody')).toContain('throttles');
  });

  it('enumeration: not by the response time', async () => {
    const times: Record<string, number[]> = {};
    const rounds = 25;
    for (let round = 0; round < rounds; round++) {
      // Interleaved, so that other load on the machine affects all of them equally.
      for (const [who, email] of Object.entries(people)) {
        const began = performance.now();
        await web.app.inject({
          method: 'POST',
          url: '/v1/logins',
          payload: { email, password: 'wrong' },
          remoteAddress: freshAddress(),
        });
        (times[who] ??= []).push(performance.now() - began);
        // Each person is tried once a round from everywhere, so that the delay per account does not start.
        await web.deps.db.deleteFrom('throttles').execute();
      }
    }
    const medians = Object.values(times).map(median);
    const spread = Math.max(...medians) - Math.min(...medians);
    // One Argon2 takes tens of milliseconds; if one case left it out, the medians would differ by that much.
    expect(spread).toBeLessThan(median(times['settled']!) * 0.5);
    // The distributions too: 25 against 25 responses of one kind differ this much once in 30,000 times.
    for (const who of Object.keys(people)) {
      expect(furthestApart(times[who]!, times['settled']!)).toBeLessThan(0.66);
    }
  }, 60_000);
});

describe('log-in: forgot password reveals nothing', () => {
  it('by text, status and headers', async () => {
    const flash = new Set<string>();
    for (const email of [...Object.values(people), 'not an address@', 'ünïcode@exämple.com']) {
      const someone = visitor(web.app, freshAddress());
      const answer = await someone.post('/app/forgot', { email });
      flash.add(`${answer.statusCode} ${Object.keys(answer.headers).sort().join()} ${plain(answer.body, email)}`);
    }
    expect(flash.size).toBe(1);
  });

  it('enumeration: the response does not wait for the database', async () => {
    for (const email of Object.values(people)) {
      const someone = visitor(web.app, freshAddress());
      await someone.get('/app/forgot');
      let open = () => {};
      const gate = new Promise<void>((resolve) => (open = resolve));
      const seen: string[] = [];
      await watch(
        seen,
        async () => {
          const answer = await someone.post('/app/forgot', { email });
          expect(answer.statusCode).toBe(200);
          open();
        },
        gate,
      );
    }
  });

  it('forgot password: queues the right email for each account, and none for unknown addresses', async () => {
    await web.deps.db.deleteFrom('throttles').execute();
    await web.deps.db.deleteFrom('messages').execute();
    for (const email of Object.values(people)) await visitor(web.app, freshAddress()).post('/app/forgot', { email });
    const queued = async () => {
      const rows = await web.deps.db
        .selectFrom('messages as w')
        .innerJoin('accounts as a', 'a.id', 'w.account_id')
        .select(['a.email', 'w.kind'])
        .orderBy('w.kind')
        .execute();
      return Object.fromEntries(rows.map(({ email, kind }) => [email, kind]));
    };
    const wanted = {
      [people['settled']!]: 'password-reset',
      [people['invited']!]: 'welcome',
      [people['expired']!]: 'new-temporary-password',
    };
    for (let tries = 0; tries < 200 && Object.keys(await queued()).length < 3; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await queued()).toEqual(wanted);
  });
});

describe('log-in: staff sign-in reveals nothing', () => {
  it('by text and status', async () => {
    const flash = new Set<string>();
    for (const email of ['staff@north.example', 'nobody@north.example']) {
      const someone = visitor(web.app, freshAddress());
      const answer = await someone.post('/staff/sign-in', { email, password: 'wrong' });
      flash.add(`${answer.statusCode} ${plain(answer.body, email)}`);
    }
    expect(flash.size).toBe(1);
  });
});

/** Removes the parts of a page that may differ: the form token and the typed text. */
function plain(html: string, typed: string): string {
  const escaped = typed.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return html.replace(/name="_csrf" value="[^"]+"/g, '').replaceAll(escaped, 'TYPED');
}

/** Collects the statements that run meanwhile, without their values; each waits until `gate` opens. */
async function watch<T>(seen: string[], work: () => Promise<T>, gate: Promise<void> = Promise.resolve()): Promise<T> {
  const prototype = Object.getPrototypeOf(web.deps.db.getExecutor()) as {
    executeQuery: (query: { sql: string }) => Promise<unknown>;
  };
  const { executeQuery } = prototype;
  prototype.executeQuery = async function (query) {
    seen.push(query.sql);
    await gate;
    return executeQuery.call(this, query);
  };
  try {
    return await work();
  } finally {
    prototype.executeQuery = executeQuery;
  }
}

/** Returns the distance of two distributions, 0 to 1: the largest one of the cumulative shares (Kolmogorov-Smirnov). */
function furthestApart(some: readonly number[], others: readonly number[]): number {
  const share = (numbers: readonly number[], limit: number) =>
    numbers.filter((number) => number <= limit).length / numbers.length;
  return Math.max(...[...some, ...others].map((limit) => Math.abs(share(some, limit) - share(others, limit))));
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] as number;
}
