import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Client } from '../../../src/domain/client/client.js';
import type { AccountFacts, AccountMessage, ClientFacts } from '../../../src/domain/decision/facts.js';
import { nextHold, readHold, applyDriftHold } from '../../../src/domain/decision/drift-hold.js';
import { driftBetween } from '../../../src/domain/client/drift.js';
import { profileDifferences } from '../../../src/domain/account/profile-differences.js';
import { personOf } from '../../../src/domain/client/person.js';
import { invitePolicySchema } from '../../../src/domain/decision/policy.js';
import { addToProfile, emptyProfile, readProfile } from '../../../src/domain/client/field-statistics.js';
import { reasons, type ReasonCode } from '../../../src/domain/decision/reasons.js';
import { comparePage, type StoredClient } from '../../../src/domain/client/compare-page.js';
import type { TaskKind } from '../../../src/domain/decision/evaluation-plan.js';
import { evaluate } from '../../../src/domain/decision/evaluate.js';
import { mergeGuess } from '../../../src/domain/client/missing-clients.js';
import type { UndoneFact, UndoneKind } from '../../../src/domain/decision/undone-facts.js';
import type { MessageStatus } from '../../../src/domain/message/message-status.js';
import { anyClient, maybe, text } from '../support/arbitrary.js';
import { inUS, today } from '../support/builders.js';

const bounded = { numRuns: Number(process.env.RUNS ?? 400) };
const policy = invitePolicySchema.parse({ excludedClasses: ['x'], visitWithinMonths: 24 });
const read = (client: Client) => personOf(client, inUS);

/** Few ids and keys, so that collisions occur; arbitrary texts, so that odd ones occur. */
const id = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('c1', 'c2', 'c3') }, text);
const accountId = fc.constantFrom('a1', 'a2', 'a3', 'gone');
const key = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('a@b.co', 'b@b.co', 'c@b.co') }, text);
const practiceId = fc.constantFrom('P1', 'P2');
const by = fc.constantFrom('rule' as const, 'staff' as const);
const reason = fc.constantFrom(...(Object.keys(reasons) as ReasonCode[]));
const verdict = fc.constantFrom('invite' as const, 'hold' as const, 'skip' as const);
const suppression = fc.constantFrom('bounced' as const, 'complained' as const, 'unsubscribed' as const);
const state = fc.constantFrom<MessageStatus>(
  'queued',
  'sending',
  'uncertain',
  'accepted',
  'bounced',
  'rejected',
  'failed',
  'canceled',
  'recalled',
);
const work = fc.constantFrom<TaskKind>('identity-conflict', 'email-differs', 'bounced-email', 'merged-staff-link');
const row = fc
  .tuple(anyClient, fc.oneof(fc.constant(null), fc.array(key, { maxLength: 2 })))
  .map(([client, emails]): Client => (emails ? { ...client, emails } : client));

const undone: fc.Arbitrary<UndoneFact> = fc.record({
  kind: fc.constantFrom<UndoneKind>('opted-out', 'inactive', 'deleted', 'pet-died', 'email'),
  subject: text,
  said: maybe,
  isPending: fc.boolean(),
  petName: maybe,
  species: maybe,
  bornOn: maybe,
});

const clientFacts: fc.Arbitrary<ClientFacts> = fc
  .record({
    client: row,
    pimsId: id,
    missing: fc.boolean(),
    identityConflict: fc.boolean(),
    mergedInto: fc.option(id),
    duplicates: fc.array(fc.record({ pimsId: id, emailKey: fc.option(key) }), { maxLength: 2 }),
    link: fc.option(fc.record({ accountId, by })),
    refused: fc.array(fc.record({ accountId, emailKey: key }), { maxLength: 1 }),
    undone: fc.array(undone, { maxLength: 3 }),
    allowed: fc.array(reason, { maxLength: 2 }),
    openTasks: fc.array(work, { maxLength: 2 }),
    previousDecision: fc.option(fc.record({ verdict, reason })),
  })
  .map((facts) => ({ ...facts, person: read(facts.client) }));
const welcome: fc.Arbitrary<AccountMessage> = fc.record({
  id: text,
  practiceId,
  pimsId: id,
  kind: fc.constantFrom('welcome' as const, 'practice-added' as const, 'new-temporary-password' as const),
  state,
  superseded: fc.boolean(),
  askedFor: fc.boolean(),
});
const account: fc.Arbitrary<AccountFacts> = fc.record({
  id: accountId,
  email: key,
  emailKey: key,
  firstLoginAt: fc.option(fc.constant(new Date(0))),
  closedAt: fc.option(fc.constant(new Date(0)), { freq: 5 }),
  hasLivingPassword: fc.boolean(),
  links: fc.array(fc.record({ practiceId, pimsId: id, loginKey: fc.option(key), living: fc.boolean(), by }), {
    maxLength: 3,
  }),
  messages: fc.array(welcome, { maxLength: 3 }),
});
const held = fc.record({
  kind: fc.constantFrom('fill-fell' as const, 'count-jumped' as const),
  field: fc.oneof(fc.constantFrom('email', 'inactive', 'do-not-email flag', 'pet death'), text),
  before: fc.double(),
  now: fc.double(),
  sentence: text,
});
const count = fc.record({ here: fc.integer(), anywhere: fc.integer() });

describe('evaluation: any input at all', () => {
  it('evaluating decides each client once and never throws', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(clientFacts, { selector: ({ pimsId }) => pimsId, maxLength: 4 }),
        fc.uniqueArray(account, { selector: (one) => one.id, maxLength: 3 }),
        fc.array(fc.tuple(key, count)),
        fc.array(fc.tuple(key, suppression)),
        fc.array(held, { maxLength: 2 }),
        (clients, accounts, addresses, suppressed, driftHold) => {
          let n = 0;
          const plan = evaluate({
            practice: { id: 'P1', policy, driftHold },
            today,
            newId: () => `new${n++}`,
            clients,
            accounts,
            addresses: new Map(addresses),
            suppressed: new Map(suppressed),
          });
          expect(plan.decisions.map(({ pimsId }) => pimsId)).toEqual(clients.map(({ pimsId }) => pimsId));
          for (const { decision } of plan.decisions) {
            expect(reasons[decision.reason].verdict).toBe(decision.verdict);
            expect(decision.sentence.length).toBeLessThan(500);
          }
          const used = accounts.filter(({ firstLoginAt }) => firstLoginAt !== null).map((one) => one.id);
          const changed = [...plan.newPasswords, ...plan.left, ...plan.emailMoves.map((one) => one.accountId)];
          expect(changed.filter((one) => used.includes(one))).toEqual([]);
          const mine = new Map(clients.map((one) => [one.pimsId, one]));
          for (const link of plan.links) {
            const { refused } = mine.get(link.pimsId)!;
            expect(refused.map((one) => one.accountId)).not.toContain(link.accountId);
          }
        },
      ),
      bounded,
    );
  });

  it('comparing a page classifies each row once, or reports that it came twice', () => {
    const stored: fc.Arbitrary<StoredClient> = fc.record({
      fingerprint: fc.constantFrom('1', '2'),
      missingSince: fc.option(fc.constant(new Date(0))),
      firstName: maybe,
      lastName: maybe,
      emailKey: fc.option(key),
      createdOn: maybe,
      identityConflict: fc.boolean(),
    });
    const seen = fc
      .tuple(row, id, fc.constantFrom('1', '2'))
      .map(([client, pimsId, fingerprint]) => ({ client: { ...client, pimsId }, fingerprint }));
    fc.assert(
      fc.property(fc.array(seen, { maxLength: 6 }), fc.array(fc.tuple(id, stored)), (page, known) => {
        const compared = comparePage(page, new Map(known), read);
        const rows = [...compared.new, ...compared.changed, ...compared.returned, ...compared.conflicts];
        const places = [...rows.map(({ client }) => client.pimsId), ...compared.unchanged];
        expect(places.sort()).toEqual([...new Set(page.map(({ client }) => client.pimsId))].sort());
        expect(places.length + compared.repeated.length).toBe(page.length);
      }),
      bounded,
    );
  });

  it('detecting a merge names a client that has the pets, or none', () => {
    const person = row.map(read);
    const pet = fc.constantFrom('p1', 'p2', '__proto__');
    const owners = fc.array(fc.tuple(pet, fc.array(fc.record({ pimsId: id, person }), { maxLength: 3 })));
    fc.assert(
      fc.property(id, person, fc.array(pet, { maxLength: 3 }), owners, (pimsId, gone, petIds, known) => {
        const guess = mergeGuess({ pimsId, person: gone, petIds }, new Map(known));
        if (guess === null) return;
        const having = (new Map(known).get(petIds[0]!) ?? []).map((one) => one.pimsId);
        expect(having).toContain(guess.mergedInto);
        expect(guess.mergedInto).not.toBe(pimsId);
      }),
      bounded,
    );
  });

  it('listing profile differences never throws, and repeats the words of the pet parent', () => {
    const confirmed = fc.record({ firstName: maybe, lastName: maybe, phone: maybe });
    fc.assert(
      fc.property(confirmed, row.map(read), (said, person) => {
        const all = profileDifferences(said, person);
        for (const { owner, sentence } of all) {
          expect([said.firstName, said.lastName, said.phone]).toContain(owner);
          expect(sentence).toContain(owner);
        }
        const same = { firstName: person.firstName, lastName: person.lastName, phone: person.phones[0]?.e164 ?? null };
        expect(profileDifferences(same, person)).toEqual([]);
      }),
      bounded,
    );
  });

  it('drift and its hold accept any two scans and any text', () => {
    const profile = fc.array(row, { maxLength: 4 }).map((rows) => addToProfile(emptyProfile(), rows));
    fc.assert(
      fc.property(profile, profile, text, fc.array(held), (before, now, json, known) => {
        const hold = nextHold(known, driftBetween(before, now), now);
        expect(readHold(JSON.stringify(hold))).toBeInstanceOf(Array);
        expect([readHold(json), readProfile(json).clients]).toEqual([[], 0]);
        const decision = {
          verdict: 'invite',
          reason: 'eligible',
          sentence: '',
          decideAgainOn: null,
        } as const;
        expect(['eligible', 'field-drift']).toContain(applyDriftHold(decision, null, hold).reason);
      }),
      bounded,
    );
  });
});
