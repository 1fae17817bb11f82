import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createFaultProxy, type FaultProxy } from '../../src/connectors/conformance/proxy.js';
import { newIds } from '../../src/lib/ids.js';
import { Secret } from '../../src/lib/secret.js';
import { openQueues, type Queues } from '../../src/jobs/bullmq/queues.js';
import { createCredentialUpkeep } from '../../src/store/accounts/credential-upkeep.js';
import { until } from '../support/processes.js';
import { seedPerson, seedPractice } from '../web/support/seed.js';
import { visitor } from '../web/support/visitor.js';
import { testWeb, type TestWeb } from '../web/support/web.js';

const log = { info() {}, warn() {}, error() {} };

/** A firewall that starts to drop packets: the connection stays open and no answer arrives. */
describe('queues: a silent Redis', () => {
  let proxy: FaultProxy;
  let queues: Queues;
  let web: TestWeb;
  const enqueue = () => {
    const accountId = newIds()();
    return queues.enqueue('first-login', { accountId }, { key: accountId });
  };

  beforeAll(async () => {
    const base = process.env['REDIS_URL'];
    if (!base) throw new Error('Run the tests with ./scripts/test, which starts a private Redis.');
    const server = new URL(base);
    proxy = await createFaultProxy({ host: server.hostname, port: Number(server.port) });
    const number = 1 + (Number(process.env['JEST_WORKER_ID'] ?? 1) % 14);
    const url = Object.assign(server, { host: `${proxy.host}:${proxy.port}`, pathname: `/${number}` }).href;
    queues = await openQueues(new Secret(url), log);
    web = await testWeb(() => ({ enqueue: queues.enqueue }));
    await seedPractice(web.deps.db, 'north', 'North Practice');
  });
  afterAll(async () => {
    await web.close();
    proxy.heal();
    await queues.close();
    await proxy.close();
  });

  it('silent Redis: a login still succeeds, and the sweep finds the temporary password to clear', async () => {
    const { email, password, accountId } = await seedPerson(web, 'north');
    await enqueue();
    proxy.stall();
    const answer = await visitor(web.app).post('/app/login', { email, password: password!.open() });
    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/app/first-login']);
    expect(web.logged.join()).toContain('job not enqueued; the sweep will enqueue it');
    const { db, keyring, clock } = web.deps;
    const upkeep = createCredentialUpkeep({ db, keyring, clock });
    expect(await upkeep.aliveAfterFirstLogin()).toContain(accountId);
  });

  it('silent Redis: counting the queues fails at once, and works again when Redis is back', async () => {
    proxy.stall();
    await expect(queues.depths()).rejects.toThrow();
    proxy.heal();
    await until('it answers', () =>
      enqueue().then(
        () => true,
        () => false,
      ),
    );
  });
});
