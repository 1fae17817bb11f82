import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Claim } from '../../../src/store/messages/claim.js';
import { createSendResults, type AttemptEnd } from '../../../src/store/messages/record-send-results.js';
import { createOutbox } from '../../../src/store/messages/outbox.js';
import { startWorld, type World } from '../../mailer/support.js';

describe('messages: results of sending', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    await world.addPractice('elm');
  });
  afterAll(() => world.stop());

  async function claimed(count: number): Promise<Claim[]> {
    const outbox = createOutbox({ ...world.deps, practice: world.deps.settings, resetHours: 2 });
    const queued = await world.owe({ count });
    const all = await outbox.claimMany(queued.map(({ messageId }) => messageId));
    return all.flatMap((one) => ('claim' in one ? [one.claim] : []));
  }
  const taken = (claim: Claim): { claim: Claim; end: AttemptEnd } => ({
    claim,
    end: { outcome: 'accepted', messageId: `m-${claim.attemptId}` },
  });
  const set = (claim: Claim | undefined, values: { state: 'delivered' | 'uncertain'; accepted_at?: Date }) =>
    world.db.updateTable('messages').set(values).where('id', '=', claim!.messageId).execute();
  /** In the order of the claims, without deleted ones. */
  async function attempts(claims: readonly Claim[]) {
    const rows = await world.db.selectFrom('send_attempts').select(['id', 'outcome', 'ses_message_id']).execute();
    return claims.flatMap(({ attemptId }) => rows.filter(({ id }) => id === attemptId));
  }
  async function mails(claims: readonly Claim[]) {
    const rows = await world.db.selectFrom('messages').selectAll().execute();
    return claims
      .flatMap(({ messageId }) => rows.filter(({ id }) => id === messageId))
      .map(({ state, reason, open_key, accepted_at }) => ({ state, reason, open_key, accepted_at }));
  }

  it('is written for a whole batch, and writing it again changes nothing', async () => {
    const claims = await claimed(5);
    const answers = createSendResults(world);
    await answers.recordMany(claims.map(taken));
    const written = [await mails(claims), await attempts(claims)];
    const accepted = { state: 'accepted', reason: null, open_key: null, accepted_at: world.clock() };
    expect(written[0]).toEqual(claims.map(() => accepted));
    expect(written[1]).toEqual(
      claims.map(({ attemptId }) => ({
        id: attemptId,
        outcome: 'accepted',
        ses_message_id: `m-${attemptId}`,
      })),
    );
    world.pass(60);
    await answers.recordMany(claims.map(taken));
    expect([await mails(claims), await attempts(claims)]).toEqual(written);
  });

  it('is written for each email, even if others of its batch were quicker, given up or erased', async () => {
    const claims = await claimed(4);
    const [delivered, givenUp, erased, usual] = claims;
    await set(delivered, { state: 'delivered', accepted_at: new Date('2026-05-04T14:00:00Z') });
    await set(givenUp, { state: 'uncertain' });
    await world.db.deleteFrom('send_attempts').where('message_id', '=', erased!.messageId).execute();
    await world.db.deleteFrom('messages').where('id', '=', erased!.messageId).execute();
    await createSendResults(world).recordMany(claims.map(taken));

    const states = (await mails(claims)).map(({ state, accepted_at }) => [state, accepted_at]);
    expect(states).toEqual([
      ['delivered', new Date('2026-05-04T14:00:00Z')],
      ['accepted', world.clock()],
      ['accepted', world.clock()],
    ]);
    expect((await attempts(claims)).map(({ id }) => id)).toEqual(
      [delivered, givenUp, usual].map((claim) => claim!.attemptId),
    );
  });

  it('of one email never changes another of its batch', async () => {
    const claims = await claimed(3);
    const [refused, lost, usual] = claims as [Claim, Claim, Claim];
    const ended = { code: 'Code', message: 'Why.' };
    await createSendResults(world).recordMany([
      { claim: refused, end: { outcome: 'rejected', reason: 'refused-by-ses', ...ended } },
      { claim: lost, end: { outcome: 'uncertain', reason: 'answer-lost', ...ended } },
      taken(usual),
    ]);
    expect((await mails(claims)).map(({ state, reason }) => [state, reason])).toEqual([
      ['rejected', 'refused-by-ses'],
      ['uncertain', 'answer-lost'],
      ['accepted', null],
    ]);
  });
});
