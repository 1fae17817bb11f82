import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  moved,
  openStatuses,
  seen,
  type Evidence,
  type MessageStatus,
  type Seen,
} from '../../../src/domain/message/message-status.js';

const all: Evidence[] = ['sent', 'delayed', 'bounced-for-now', 'delivered', 'rejected', 'bounced', 'complained'];

function after(start: Seen, evidence: readonly Evidence[]): Seen {
  return evidence.reduce<Seen>((now, one) => seen(now, one) ?? now, start);
}

describe('messages: the status of a message', () => {
  it('ends the same for any order and repetition of SES events, from any status', () => {
    const states: MessageStatus[] = ['queued', 'sending', 'uncertain', 'accepted', 'canceled', 'recalled', 'failed'];
    fc.assert(
      fc.property(
        fc.constantFrom(...states),
        fc.array(fc.constantFrom(...all), { minLength: 1 }),
        fc.infiniteStream(fc.nat()),
        (state, events, keys) => {
          const shuffled = [...events, ...events]
            .map((event) => ({ event, key: keys.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ event }) => event);
          const start = { state, reason: null };
          expect(after(start, shuffled)).toEqual(after(start, events));
        },
      ),
    );
  });

  it.each<[Evidence[], MessageStatus]>([
    [['sent', 'delivered', 'bounced'], 'bounced'],
    [['bounced', 'delivered'], 'bounced'],
    [['bounced-for-now', 'delivered'], 'delivered'],
    [['delivered', 'bounced-for-now'], 'delivered'],
    [['delivered', 'sent', 'delayed'], 'delivered'],
    [['complained', 'delivered'], 'complained'],
  ])('reads %j as %s', (evidence, state) => {
    expect(after({ state: 'accepted', reason: null }, evidence).state).toBe(state);
  });

  it('never queues an email again that SES may have, except with proof', () => {
    for (const state of ['accepted', 'delivered', 'delayed', 'bounced', 'complained'] as const) {
      expect([moved(state, 'give-back'), moved(state, 'claim'), moved(state, 'resolve-not-sent')]).toEqual([
        null,
        null,
        null,
      ]);
      expect(openStatuses).not.toContain(state);
    }
    expect(moved('uncertain', 'claim')).toBeNull();
    expect(moved('sending', 'claim')).toBeNull();
    expect(moved('sending', 'recall')).toBeNull();
  });
});
