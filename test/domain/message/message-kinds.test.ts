import { describe, expect, it } from '@jest/globals';
import { canBeSent, type SendFacts } from '../../../src/domain/message/message-kinds.js';

const rex = { status: 'active' as const, diedOn: null };
const client = { verdict: 'invite' as const, reason: 'eligible', needs_evaluation: false, pets: [rex] };
const right: SendFacts = {
  kind: 'welcome',
  askedFor: false,
  superseded: false,
  replaced: false,
  account: { firstLoginAt: null, closedAt: null },
  suppressed: null,
  practicePaused: false,
  dataWait: null,
  clients: [client],
};

describe('messages: canBeSent', () => {
  it.each<[string, Partial<SendFacts>, object]>([
    ['everything is in order', {}, { go: true }],
    [
      'the client already has an account',
      { clients: [{ ...client, verdict: 'skip', reason: 'has-account' }] },
      { go: true },
    ],
    [
      'one of two clients is still invited',
      { clients: [{ ...client, verdict: 'skip', reason: 'inactive' }, client] },
      { go: true },
    ],
    [
      'staff request it despite a rule',
      { askedFor: true, clients: [{ ...client, verdict: 'skip', reason: 'inactive' }] },
      { go: true },
    ],
    [
      'a person asks for it while the client needs evaluation',
      { askedFor: true, clients: [client, { ...client, needs_evaluation: true }] },
      { go: false, wait: 'being-decided-again', minutes: 1 },
    ],
    ['no pet is recorded at all', { clients: [{ ...client, pets: [] }] }, { go: true }],
    [
      'a field of the PIMS drifted for this client',
      { clients: [{ ...client, verdict: 'hold', reason: 'field-drift' }] },
      { go: false, wait: 'field-drift', minutes: 10 },
    ],
    [
      'the client is inactive',
      { clients: [{ ...client, verdict: 'skip', reason: 'inactive' }] },
      { go: false, cancel: 'inactive' },
    ],
    ['they opted out of email', { suppressed: 'unsubscribed' }, { go: false, cancel: 'unsubscribed' }],
    ['they unsubscribed but want a new password', { suppressed: 'unsubscribed', kind: 'password-reset' }, { go: true }],
    [
      'the address bounced, even for a new password',
      { suppressed: 'bounced', kind: 'password-reset' },
      { go: false, cancel: 'bounced' },
    ],
    [
      'they logged in and one more practice is added',
      { kind: 'practice-added', account: { firstLoginAt: new Date(), closedAt: null } },
      { go: true },
    ],
    ['the practice is paused, for a new password', { practicePaused: true, kind: 'password-reset' }, { go: true }],
    ['the account has another address now', { superseded: true }, { go: false, cancel: 'email-changed' }],
    ['the practice must be read first', { dataWait: 'data-too-old' }, { go: false, wait: 'data-too-old', minutes: 1 }],
    [
      'the practice must be read first, and the person complained meanwhile',
      { dataWait: 'data-too-old', suppressed: 'complained' },
      { go: false, cancel: 'complained' },
    ],
    ['staff request it on old data', { dataWait: 'data-too-old', askedFor: true }, { go: true }],
    ['they want a new password, on old data', { dataWait: 'data-too-old', kind: 'password-reset' }, { go: true }],
    ['another email replaced it', { replaced: true }, { go: false, cancel: 'another-took-its-place' }],
  ])('is false when %s', (_when, facts, verdict) => {
    expect(canBeSent({ ...right, ...facts })).toEqual(verdict);
  });
});
