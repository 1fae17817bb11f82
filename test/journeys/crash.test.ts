import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalSes, type LocalSes } from '../../demo/ses/local-ses.js';
import { createRandom } from '../../demo/ses/random.js';
import { answer, openClinic, practiceId, type Clinic } from '../support/clinic.js';
import { httpVisitor, type HttpVisitor } from '../support/http-visitor.js';
import { startPimsSync, until, type Running } from '../support/processes.js';
import { startServers, type Servers } from '../support/servers.js';

/** Least number of emails; `npm run crash` runs the long form with 5,000 emails, which takes minutes. */
const mails = Number(process.env['CRASH_MAILS'] ?? 300);
/** Some of these clients share an address and get one email together. */
const clients = Math.ceil(mails * 1.07);
const seed = Number(process.env['CRASH_SEED'] ?? 20_260_504);
/** Factor of the usual size. */
const scale = Math.max(1, mails / 300);

// Each test starts processes, so it needs a long timeout on a machine that runs other tests too.
const patienceMs = 60_000 * Math.sqrt(scale);
jest.setTimeout(10 * patienceMs);

const topicArn = 'arn:aws:sns:us-east-1:000000000000:ses-events';

/** Crashes in this order, each at a random moment. The last one clears the jobs of dead workers. */
const oneRound: { victims: number; redisForgets?: true; mariadbRestarts?: true }[] = [
  { victims: 1, redisForgets: true },
  { victims: 2 },
  { victims: 0, mariadbRestarts: true },
  { victims: 1 },
  { victims: 2, redisForgets: true },
];
const crashes = Array.from({ length: Math.ceil(scale / 3) }, () => oneRound).flat();
/** A third of the campaign is sent while crashes happen, at an uneven pace. */
const mailsBetween = clients / 3 / crashes.length;

/**
 * Two worker processes send a campaign while they are killed, Redis loses everything, MariaDB is killed and restarted,
 * requests to and answers of SES get lost, and its events arrive twice and out of order. The test counts the emails
 * that the SES endpoint accepted, not those recorded in our database.
 */
describe('journey: a campaign during crashes', () => {
  const random = createRandom(seed);
  const workers: Running[] = [];
  let clinic: Clinic;
  let ses: LocalSes;
  let folder: string;
  let servers: Servers;
  const met = {
    'workers killed': 0,
    'Redis forgot everything': 0,
    'MariaDB killed and restarted': 0,
    'uncertain emails that staff resolved': 0,
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pims-crash-'));
    servers = await startServers(folder);
    const urls = { DATABASE_URL: servers.adminUrl, REDIS_URL: servers.redis.url };
    clinic = await openClinic({ clients, mess: 0, servers: urls });
    clinic.configure({ root: { mail: { uncertainMinutes: 0 } } });
    ses = await startLocalSes({
      maxSendRate: 30 * Math.sqrt(scale),
      burst: 10 * Math.sqrt(scale),
      seed,
      faults: {
        loseAnswers: { probability: 0.05 },
        dropRequests: { probability: 0.03 },
        throttle: { probability: 0.03 },
      },
    });
    clinic.env['AWS_ENDPOINT_URL_SES'] = ses.url;
    const web = clinic.start('web');
    await answer(clinic, 'sync', practiceId);
    await web.says('"serving"');
    ses.set({ notify: { url: `${clinic.webUrl}/v1/ses-events`, topicArn, duplicate: 0.3, reorder: 0.3 } });
    await until('the subscription is confirmed', () => ses.events.state().confirmed);
  });
  afterAll(async () => {
    const file = process.env['CRASH_OUTCOME'];
    if (file && ses && clinic) writeFileSync(file, JSON.stringify(await outcome()));
    await ses?.stop();
    await clinic?.close();
    await servers?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const accepted = () => ses.state().accepted.mails;
  const count = async (states: string) =>
    Number((await clinic.rows<{ n: number }>(`SELECT COUNT(*) n FROM messages WHERE state IN (${states})`))[0]?.n);

  it('continues after every crash until no email is queued', async () => {
    let midWave = 0;
    for (const { victims, redisForgets, mariadbRestarts } of crashes) {
      await haveTwoWorkers();
      const target = accepted() + Math.ceil(mailsBetween * (0.25 + 1.5 * random()));
      await until(
        'more emails are sent',
        async () => accepted() >= target || (await count("'queued'")) === 0,
        patienceMs,
      );
      await kill(victims);
      if (redisForgets) await clinic.redis.flushdb();
      if (redisForgets) met['Redis forgot everything']++;
      if (mariadbRestarts) await restartMariadb();
      if ((await count("'queued'")) > 0) midWave++;
      await minutesPass();
    }
    expect(midWave).toBeGreaterThan(2);
    await haveTwoWorkers();
    await until('no email is queued', async () => (await count("'queued', 'sending'")) === 0, 3 * patienceMs);
    await ses.events.idle();
  });

  it('lists emails whose outcome is unknown, and SES has none of them', async () => {
    let uncertain = await uncertainIds();
    expect(uncertain.length).toBeGreaterThan(0);
    const desk = await frontDesk();
    // Emails that are sent again may get lost again and become uncertain again.
    while (uncertain.length > 0) {
      expect(uncertain.map((id) => ses.counts.acceptedWithTag('message', id))).toEqual(uncertain.map(() => 0));
      for (const id of uncertain) await settle(desk, id);
      await until('they went', async () => (await count("'queued', 'sending'")) === 0, patienceMs);
      await ses.events.idle();
      uncertain = await uncertainIds();
    }
    await until(
      'the rest is delivered',
      async () => (await count("'delivered'")) === (await owedEver()).length,
      patienceMs,
    );
  });

  it('reaches every pet parent exactly once', async () => {
    const messages = await owedEver();
    expect(messages.length).toBe(clinic.truth.accounts);
    expect(messages.length).toBeGreaterThanOrEqual(mails);
    for (const { id, email } of messages) {
      expect({
        id,
        mails: ses.counts.acceptedWithTag('message', id),
        to: ses.counts.acceptedTo(email),
      }).toEqual({ id, mails: 1, to: 1 });
    }
    expect(ses.state().answersLost + ses.state().requestsDropped).toBeGreaterThan(0);
    expect(await answer(clinic, 'verify')).toMatchObject({ holds: true });
  });

  it('stops cleanly', async () => {
    const ended = await Promise.all(workers.map((worker) => worker.stop('SIGTERM')));
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
  });

  const owedEver = () =>
    clinic.rows<{ id: string; email: string }>(
      'SELECT w.id, a.email FROM messages w JOIN accounts a ON a.id = w.account_id',
    );

  async function haveTwoWorkers(): Promise<void> {
    while (workers.length < 2) workers.push(startPimsSync(['worker'], clinic.env, clinic.folder));
    await Promise.all(workers.map((worker) => worker.says('"working"')));
  }

  async function kill(many: number): Promise<void> {
    const victims = workers.splice(random() < 0.5 ? 0 : 2 - many, many);
    await Promise.all(victims.map((victim) => victim.stop('SIGKILL')));
    met['workers killed'] += victims.length;
  }

  /** Kills the server at any moment and restarts it once the workers have noticed. */
  async function restartMariadb(): Promise<void> {
    const failures = () => workers.map((worker) => worker.output().split('"job failed"').length);
    const before = failures();
    await servers.mariadb.kill();
    await until('a job has failed', () => failures().some((count, at) => count > (before[at] ?? 0)));
    await servers.mariadb.start();
    met['MariaDB killed and restarted']++;
  }

  /** For the script: the events, and their result by the counts of the SES endpoint. */
  async function outcome(): Promise<Record<string, number>> {
    const sent = (await owedEver()).map(({ id }) => ses.counts.acceptedWithTag('message', id));
    const { answersLost, requestsDropped, refused } = ses.state();
    return {
      ...met,
      'answers of SES lost': answersLost,
      'requests to SES lost': requestsDropped,
      'refused by SES for a while': Object.values(refused).reduce((sum, count) => sum + count, 0),
      'emails queued': sent.length,
      'accepted by SES once': sent.filter((count) => count === 1).length,
      'accepted by SES twice or more': sent.filter((count) => count > 1).length,
      'never accepted by SES': sent.filter((count) => count === 0).length,
      'uncertain at the end': await count("'uncertain'"),
    };
  }

  /** Moves time: jobs count as lost after half a minute, answers of SES after five. */
  async function minutesPass(): Promise<void> {
    for (const change of [
      'enqueued_at = enqueued_at - INTERVAL 1 MINUTE',
      'due_at = due_at - INTERVAL 10 MINUTE',
      "changed_at = IF(state = 'sending', changed_at - INTERVAL 10 MINUTE, changed_at)",
    ]) {
      // The other worker updates the same rows; after a deadlock this is retried.
      await until('time has passed', () =>
        clinic.rows(`UPDATE messages SET ${change}`).then(
          () => true,
          () => false,
        ),
      );
    }
    await clinic.rows('UPDATE email_sending SET retry_at = retry_at - INTERVAL 10 MINUTE');
  }

  const uncertainIds = async () =>
    (await clinic.rows<{ id: string }>("SELECT id FROM messages WHERE state = 'uncertain'")).map(({ id }) => id);

  async function frontDesk(): Promise<HttpVisitor> {
    const add = [
      'staff',
      'add',
      'desk@elm.example',
      '--name',
      'Dana',
      '--role',
      'front-desk',
      '--practice',
      practiceId,
    ];
    const password = /^ {2}(\S+)$/m.exec((await clinic.run(...add)).out)?.[1] as string;
    const desk = httpVisitor(clinic.webUrl);
    await desk.submit(await desk.get('/staff/sign-in'), '/staff/sign-in', {
      email: 'desk@elm.example',
      password,
    });
    return desk;
  }

  /** The front desk has asked this pet parent, who got no email. */
  async function settle(desk: HttpVisitor, id: string): Promise<void> {
    const page = `/staff/email-marketing/${practiceId}/${id}`;
    const told = await desk.submit(await desk.get(page), `${page}/resolve`, { arrived: 'no' });
    expect(told.status).toBe(303);
    met['uncertain emails that staff resolved']++;
  }
});
