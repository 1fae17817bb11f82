import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { createIntake } from '../../src/mailer/ses/sns-webhook.js';
import { createSender } from '../../src/mailer/sender.js';
import { createRenderer } from '../../src/mailer/render.js';
import { createSnsVerifier } from '../../src/mailer/ses/sns-signature.js';
import { createSendResults } from '../../src/store/messages/record-send-results.js';
import { createOutbox } from '../../src/store/messages/outbox.js';
import { createSesEvents } from '../../src/store/messages/ses-events.js';
import { createCampaignActions } from '../../src/store/messages/campaign-actions.js';
import { sesEventsPlugin } from '../../src/web/http/ses-events.js';
import { startWorld, until, type World } from './support.js';

const topic = 'arn:aws:sns:us-east-1:000000000000:ses-events';
const fran = { kind: 'staff' as const, id: null, name: 'Fran' };
const count = 300;

/** A repeatable random sequence, so that a failure can be reproduced. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('emails: sending during crashes', () => {
  let world: World;
  let app: FastifyInstance;

  beforeAll(async () => {
    world = await startWorld({
      faults: {
        loseAnswers: { probability: 0.05 },
        dropRequests: { probability: 0.05 },
        throttle: { probability: 0.05 },
      },
    });
    await world.addPractice('elm', { rollout: { first: 100_000 } });
    app = Fastify();
    const verifier = createSnsVerifier({ topicArns: [topic], localCertificates: true });
    const events = createSesEvents({ ...world, emailField: async () => 'Email' });
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    await app.register(sesEventsPlugin(createIntake({ verifier, events, log })));
    const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/v1/ses-events`;
    world.ses.set({ notify: { url, topicArn: topic, duplicate: 0.3, reorder: 0.3, holdMs: 10 } });
    await until(() => world.ses.events.state().confirmed);
  });
  afterAll(async () => {
    await app.close();
    await world.stop();
  });

  /** A worker that may die at every step: earlier commits stay, later steps never happen. */
  function mortalWorker(chance: () => number) {
    const die = () => new Promise<never>((_resolve, reject) => reject(new Error('SIGKILL')));
    const outbox = createOutbox({ ...world.deps, practice: world.deps.settings, resetHours: 2 });
    const results = createSendResults(world);
    const circuitBreaker = world.circuitBreaker();
    const sender = createSender({
      outbox: {
        claimMany: async (ids) =>
          chance() < 0.05 ? die() : outbox.claimMany(ids).then((claimed) => (chance() < 0.05 ? die() : claimed)),
      },
      results: { recordMany: async (batch) => (chance() < 0.1 ? die() : results.recordMany(batch)) },
      transport: world.transportWith({ send: (mail) => (chance() < 0.05 ? die() : world.transport.send(mail)) }),
      circuitBreaker,
      renderer: createRenderer(),
      settingsFor: ({ practiceId }) => world.deps.settings(practiceId ?? ''),
      clock: world.clock,
      log: world.deps.log,
      answerRetriesMs: [],
    });
    return { dispatcher: world.mailer().dispatcher, sender, outbox };
  }

  it('emails during crashes: reach everyone once at any crash; uncertain ones are listed, never guessed', async () => {
    const people = await world.owe({ count });
    const chance = chances(20260504);
    for (let round = 0; round < 40; round++) {
      const worker = mortalWorker(chance);
      const { mails } = await worker.dispatcher.dispatch();
      // Redis loses a fifth of the jobs and runs a tenth of them twice.
      const jobs = mails.flatMap((mail) => (chance() < 0.2 ? [] : chance() < 0.1 ? [mail, mail] : [mail]));
      await Promise.allSettled(jobs.map(({ messageId }) => worker.sender.send(messageId)));
      world.pass(31);
      await worker.outbox.loseStale(new Date(world.clock().getTime() - 5 * 60_000));
    }
    await world.ses.events.idle();
    world.pass(301);
    await mortalWorker(chance).outbox.loseStale(world.clock());
    await world.ses.events.idle();

    const states = await world.states();
    expect(Object.keys(states).filter((state) => state !== 'delivered')).toEqual(['uncertain']);
    const accepted = () => people.map(({ email }) => world.ses.counts.acceptedTo(email));
    expect(Math.max(...accepted())).toBe(1);
    for (const { messageId, email } of people) {
      const { state } = await world.welcome(messageId);
      expect([email, world.ses.counts.acceptedTo(email)]).toEqual([email, state === 'delivered' ? 1 : 0]);
    }

    world.ses.set({ faults: { loseAnswers: {}, dropRequests: {}, throttle: {} } });
    world.pass(3600);
    const uncertain = await world.db.selectFrom('messages').select('id').where('state', '=', 'uncertain').execute();
    for (const { id } of uncertain) {
      await createCampaignActions(world).resolveUncertain(
        { messageId: id, practiceId: 'elm', as: 'not-sent', afterMinutes: 60 },
        fran,
        world.clock(),
      );
    }
    const calm = world.mailer();
    await until(async () => {
      const { mails } = await calm.dispatcher.dispatch();
      await Promise.all(mails.map(({ messageId }) => calm.sender.send(messageId)));
      world.pass(31);
      await world.ses.events.idle();
      return (await world.states())['delivered'] === count;
    });
    expect(accepted()).toEqual(people.map(() => 1));
  });
});
