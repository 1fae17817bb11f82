import { Redis } from 'ioredis';
import type { Random } from '../../../demo/ses/random.js';
import { fuzzEndpoints, fuzzQueues, type Route } from './fuzz.js';
import { withQueues } from './queues.js';
import type { Town } from './town.js';
import type { Visitors } from './visitors.js';

export interface Weather {
  town: Town;
  visitors: Visitors;
  routes: readonly Route[];
  random: Random;
  /** Average duration of a lasting disturbance, in milliseconds. */
  lastsMs: number;
}

/** One disturbance. It ends by itself; `heal` ends it earlier. */
export type Disturbance = (weather: Weather) => Promise<void>;

const wait = (ms: number) => new Promise<void>((over) => setTimeout(over, ms));
const someTime = ({ lastsMs, random }: Weather) => wait(lastsMs * (0.5 + random()));
const pick = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)] as T;

async function forgetAll(url: string): Promise<void> {
  const redis = new Redis(url, { maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined);
  await redis.flushall().finally(() => redis.disconnect());
}

export const disturbances: Record<string, Disturbance> = {
  async 'processes are killed'(weather) {
    const { town, random } = weather;
    for (let times = 2 + Math.floor(random() * 3); times > 0; times--) {
      await wait(weather.lastsMs * random());
      pick(town.kept, random).kill();
    }
  },

  async 'Redis forgets everything and restarts'(weather) {
    const { redis } = weather.town.servers;
    await forgetAll(redis.url).catch(() => undefined);
    await redis.kill();
    await wait(weather.lastsMs * 0.3 * weather.random());
    await redis.start();
  },

  async 'MariaDB restarts'(weather) {
    const { mariadb } = weather.town.servers;
    await mariadb.kill();
    await wait(weather.lastsMs * 0.3 * weather.random());
    await mariadb.start();
  },

  async 'MariaDB takes no writes'(weather) {
    const admin = await weather.town.servers.admin();
    admin.on('error', () => undefined);
    try {
      await admin.query('SET GLOBAL read_only = 1');
      await someTime(weather);
      await admin.query('SET GLOBAL read_only = 0');
    } finally {
      admin.destroy();
    }
  },

  async 'a PIMS is cut mid-page'(weather) {
    const { practices } = weather.town;
    for (const server of Object.values(practices.pims.servers))
      server.faults.inject({ cutAfterRows: 7, after: Math.floor(weather.random() * 4), times: 2 });
    await someTime(weather);
    for (const proxy of practices.proxies) {
      if (weather.random() < 0.5) proxy.cut();
      else proxy.stall();
      await wait(weather.lastsMs * 0.3);
      proxy.heal();
    }
  },

  async 'SES fails, throttles and loses answers'(weather) {
    const { ses } = weather.town;
    const often = (probability: number) => ({ next: 0, probability });
    ses.set({
      faults: { fail500: often(0.1), throttle: often(0.1), loseAnswers: often(0.1), dropRequests: often(0.05) },
    });
    await someTime(weather);
    await someTime(weather);
    ses.set({
      faults: { fail500: often(0), throttle: often(0), loseAnswers: often(0), dropRequests: often(0) },
    });
  },

  async 'the events of SES come twice and in any order'(weather) {
    const notify = { ...weather.town.ses.settings().notify };
    const set = (duplicate: number, reorder: number) =>
      weather.town.ses.set({
        notify: { ...notify, url: `${weather.town.webUrl}/v1/ses-events`, duplicate, reorder, holdMs: 300 },
      });
    set(0.8, 0.8);
    await someTime(weather);
    await someTime(weather);
    set(0.2, 0.2);
  },

  async 'the disk of the servers is full'(weather) {
    const { disk } = weather.town.servers;
    if (disk === null) return;
    disk.fill();
    await someTime(weather);
    disk.free();
  },

  async 'the disk of a log is full'(weather) {
    const worker = weather.town.add('worker', { logFull: true });
    await someTime(weather);
    await someTime(weather);
    await worker.remove();
  },

  async "a worker's clock jumps"(weather) {
    const { town, random } = weather;
    const workers = town.kept.filter(({ kind }) => kind === 'worker');
    const minutes = pick([-45, 90, 180, 26 * 60], random);
    const worker = pick(workers, random);
    worker.setClock(minutes * 60_000);
    await someTime(weather);
    worker.setClock(0);
  },

  async 'two schedulers begin at once'(weather) {
    const { town } = weather;
    const two = [town.add('worker'), town.add('worker')];
    // Both enqueue the same nightly sync at the same time, many times.
    await withQueues(town.servers.redis.url, async (queues) => {
      const queue = queues.find(({ name }) => name === 'accounts');
      for (let times = 0; times < 5; times++)
        await queue?.addBulk(
          town.practices.list.map(({ id }) => ({ name: 'start-nightly-sync', data: { practiceId: id } })),
        );
    }).catch(() => undefined);
    await someTime(weather);
    await Promise.all(two.map((worker) => worker.remove()));
  },

  async 'people log in for the first time'(weather) {
    await weather.visitors.visit(12, weather.random);
  },

  async 'nonsense arrives everywhere'(weather) {
    const { town, random, routes } = weather;
    // While servers restart, an endpoint may report that it is unavailable, but it must not crash.
    const webUrl = town.webUrl;
    await Promise.all([
      fuzzQueues(town, random, 20).catch(() => undefined),
      fuzzEndpoints({ webUrl, routes, random, count: 60, keys: null }).catch(() => undefined),
    ]);
  },
};
