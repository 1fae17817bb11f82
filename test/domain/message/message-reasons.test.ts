import { describe, expect, it } from '@jest/globals';
import { messageReason } from '../../../src/domain/message/message-reasons.js';
import { canBeSent, type SendFacts } from '../../../src/domain/message/message-kinds.js';

const fine: SendFacts = {
  kind: 'welcome',
  askedFor: false,
  superseded: false,
  replaced: false,
  account: { firstLoginAt: null, closedAt: null },
  suppressed: null,
  practicePaused: false,
  dataWait: null,
  clients: [{ verdict: 'invite', reason: 'eligible', needs_evaluation: false, pets: [] }],
};
const gone = new Date('2026-05-04');
const client = fine.clients[0]!;

describe('messages: why an email waits or was canceled', () => {
  it.each<[string, Partial<SendFacts>]>([
    ['erased', { account: null }],
    ['closed', { account: { firstLoginAt: null, closedAt: gone } }],
    ['another address', { superseded: true }],
    ['Another email', { replaced: true }],
    ['bounced', { suppressed: 'bounced' }],
    ['as spam', { suppressed: 'complained' }],
    ['no more emails', { suppressed: 'unsubscribed' }],
    ['had logged in', { account: { firstLoginAt: gone, closedAt: null } }],
    ['paused', { practicePaused: true }],
    ['no longer linked', { clients: [] }],
    ['evaluated again', { clients: [{ ...client, needs_evaluation: true }] }],
    ['changed for many', { clients: [{ ...client, verdict: 'hold', reason: 'field-drift' }] }],
    ['too old to invite', { dataWait: 'data-too-old' }],
    ['nightly sync is due', { dataWait: 'nightly-sync-first' }],
    ['no longer eligible', { clients: [{ ...client, verdict: 'skip', reason: null }] }],
    ['No living pet', { clients: [{ ...client, pets: [{ status: 'deceased', diedOn: null }] }] }],
  ])('has a sentence: %s', (words, change) => {
    const verdict = canBeSent({ ...fine, ...change });
    const code = 'cancel' in verdict ? verdict.cancel : 'wait' in verdict ? verdict.wait : 'goes';
    expect(messageReason(code)).toMatch(/^[A-Z].* .*\.$/);
    expect(messageReason(code)).toContain(words);
  });

  it('uses the words of the rule that decided about the client', () => {
    expect(messageReason('no-email')).toMatch(/^[A-Z].*\.$/);
  });
});
