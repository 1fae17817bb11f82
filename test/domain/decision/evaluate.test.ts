import { describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/domain/client/client.js';
import type { AccountFacts, AccountMessage, ClientFacts, EvaluationBatch } from '../../../src/domain/decision/facts.js';
import { defaultPolicy } from '../../../src/domain/decision/policy.js';
import { evaluate } from '../../../src/domain/decision/evaluate.js';
import { accountFacts, clientFacts, today } from '../support/builders.js';

const practice = { id: 'P1', policy: defaultPolicy, driftHold: [] };

/** Evaluates clients and accounts; the number of accounts per address follows from the clients and from `also`. */
function evaluated(clients: ClientFacts[], accounts: AccountFacts[] = [], also: Partial<EvaluationBatch> = {}) {
  const addresses = new Map<string, { here: number; anywhere: number }>();
  for (const { person, missing } of clients) {
    const key = person.emails.loginKey;
    if (key === null || missing) continue;
    const n = (addresses.get(key)?.here ?? 0) + 1;
    addresses.set(key, { here: n, anywhere: n });
  }
  let n = 0;
  const newId = () => `new${++n}`;
  return evaluate({ practice, today, newId, clients, accounts, addresses, suppressed: new Map(), ...also });
}

const at = (pimsId: string, email: string, parts: Partial<ClientFacts> = {}, row: Partial<Client> = {}) =>
  clientFacts({ pimsId, emails: [email], ...row }, parts);
const onAccount = (accountId: string, by: 'rule' | 'staff' = 'rule') => ({ link: { accountId, by } });
const linkOf = (pimsId: string, loginKey: string, practiceId = 'P1') =>
  ({ practiceId, pimsId, loginKey, living: true, by: 'rule' }) as const;
const mail = (parts: Partial<AccountMessage> = {}): AccountMessage => ({
  id: 'w1',
  practiceId: 'P1',
  pimsId: 'c1',
  kind: 'welcome',
  state: 'accepted',
  superseded: false,
  askedFor: false,
  ...parts,
});
const why = (plan: ReturnType<typeof evaluate>) => plan.canceled.map(({ id, reason }) => `${id}: ${reason}`);
const reasonsOf = (plan: ReturnType<typeof evaluate>) => plan.decisions.map((one) => one.decision.reason);

describe('evaluation: an eligible client', () => {
  it('gets an account, a temporary password and a Welcome Email', () => {
    const plan = evaluated([at('c1', 'Ann@Work.org')]);
    expect(plan.newAccounts).toEqual([
      {
        id: 'new1',
        email: 'Ann@work.org',
        emailKey: 'ann@work.org',
        firstName: 'Ann',
        lastName: 'Baker',
        phone: '+15552345678',
        pimsId: 'c1',
      },
    ]);
    expect(plan.links).toMatchObject([{ pimsId: 'c1', accountId: 'new1', from: null, reason: 'new-account' }]);
    expect(plan.links[0]?.sentence).toContain('Ann@work.org');
    expect(plan.newPasswords).toEqual(['new1']);
    expect(plan.messages).toMatchObject([{ accountId: 'new1', practiceId: 'P1', pimsId: 'c1', kind: 'welcome' }]);
  });

  it('shares one account and one email with everyone who has the same email', () => {
    const plan = evaluated([at('c1', 'home@work.org'), at('c2', 'HOME@work.org'), at('c3', 'home@work.org')]);
    expect(plan.newAccounts).toHaveLength(1);
    expect(plan.links.map((link) => link.reason)).toEqual(['new-account', 'same-email', 'same-email']);
    expect(plan.messages).toHaveLength(1);
  });

  it('gets "practice added" without a second password if another practice has welcomed the account', () => {
    const elsewhere = accountFacts('ann@work.org', {
      links: [linkOf('x9', 'ann@work.org', 'P2')],
      messages: [mail({ practiceId: 'P2', pimsId: 'x9' })],
    });
    const plan = evaluated([at('c1', 'ann@work.org')], [elsewhere]);
    expect(plan.messages).toMatchObject([{ accountId: elsewhere.id, kind: 'practice-added' }]);
    expect(plan.newPasswords).toEqual([]);
    const again = {
      ...elsewhere,
      messages: [...elsewhere.messages, mail({ id: 'w2', kind: 'practice-added' })],
    };
    expect(evaluated([at('c2', 'ann@work.org')], [again]).messages).toEqual([]);
  });

  it('is linked to an account in use and gets "practice added"', () => {
    const used = accountFacts('ann@work.org', { firstLoginAt: new Date(), hasLivingPassword: false });
    const plan = evaluated([at('c1', 'ann@work.org')], [used]);
    expect(reasonsOf(plan)).toEqual(['has-account']);
    expect(plan.links).toMatchObject([{ accountId: used.id, reason: 'same-email' }]);
    expect(plan.messages).toMatchObject([{ kind: 'practice-added' }]);
    expect(plan.newPasswords).toEqual([]);
  });

  it('gets no email at an address that bounced, even if its own row has another', () => {
    const used = accountFacts('old@work.org', {
      firstLoginAt: new Date(),
      links: [linkOf('c1', 'ann@work.org')],
    });
    const suppressed = new Map([['old@work.org', 'bounced' as const]]);
    expect(evaluated([at('c1', 'ann@work.org', onAccount(used.id))], [used], { suppressed }).messages).toEqual([]);
  });

  it('gets a new password with a new email after the old password expired', () => {
    const account = accountFacts('ann@work.org', {
      hasLivingPassword: false,
      links: [linkOf('c1', 'ann@work.org')],
      messages: [mail({ state: 'canceled' })],
    });
    const plan = evaluated([at('c1', 'ann@work.org', onAccount(account.id))], [account]);
    expect(plan.messages).toHaveLength(1);
    expect(plan.newPasswords).toEqual([account.id]);
  });

  it('gets no email again after staff recalled it', () => {
    const account = accountFacts('ann@work.org', { messages: [mail({ state: 'recalled' })] });
    const client = at('c1', 'new@work.org', onAccount(account.id));
    const plan = evaluated([client], [{ ...account, links: [linkOf('c1', 'new@work.org')] }]);
    expect(plan.emailMoves).toHaveLength(1);
    expect(plan.messages).toEqual([]);
  });

  it('gets an email again after staff requested one after the recall', () => {
    const messages = [mail({ state: 'recalled' }), mail({ id: 'w2', pimsId: '', state: 'bounced', askedFor: true })];
    const account = accountFacts('ann@work.org', { messages, links: [linkOf('c1', 'new@work.org')] });
    const client = at('c1', 'new@work.org', onAccount(account.id));
    const plan = evaluated([client], [account]);
    expect(plan.emailMoves).toHaveLength(1);
    expect(plan.messages).toMatchObject([{ pimsId: 'c1', kind: 'welcome' }]);
    // Requested and recalled in either order: the last action of a person decides.
    const refusedAgain = messages.map((one) => ({ ...one, state: 'recalled' as const }));
    expect(evaluated([client], [{ ...account, messages: refusedAgain }]).messages).toEqual([]);
    const before = messages.map((one) => (one.askedFor ? { ...one, id: 'w0' } : one));
    expect(evaluated([client], [{ ...account, messages: before }]).messages).toEqual([]);
  });

  it('gets an email again on the account it was moved to, if staff requested one there', () => {
    const former = accountFacts('ann@work.org', { messages: [mail({ state: 'recalled' })] });
    const account = accountFacts('wrong@work.org', {
      links: [linkOf('c1', 'new@work.org')],
      messages: [mail({ id: 'w2', pimsId: '', state: 'bounced', askedFor: true })],
    });
    const plan = evaluated([at('c1', 'new@work.org', onAccount(account.id))], [former, account]);
    expect(plan.messages).toMatchObject([{ accountId: account.id, kind: 'welcome' }]);
  });

  it('is not invited at the address of a closed account', () => {
    const closed = accountFacts('ann@work.org', { closedAt: new Date() });
    const newcomer = evaluated([at('c1', 'ann@work.org')], [closed]);
    expect(reasonsOf(newcomer)).toEqual(['account-closed']);
    expect(newcomer.newAccounts).toEqual([]);
    const moving = evaluated([at('c1', 'new@work.org', onAccount(closed.id))], [closed]);
    expect(reasonsOf(moving)).toEqual(['account-closed']);
  });
});

describe('evaluation: a client whose email changed in the PIMS', () => {
  const pending = accountFacts('old@work.org', {
    links: [linkOf('c1', 'new@work.org')],
    messages: [mail({ id: 'sent' }), mail({ id: 'queued', practiceId: 'P2', pimsId: 'x9', state: 'queued' })],
  });
  const moved = at('c1', 'new@work.org', onAccount(pending.id));

  it('takes the account along before the first login: new password, old emails canceled, new email offered', () => {
    const plan = evaluated([moved], [pending]);
    expect(plan.emailMoves).toEqual([
      {
        accountId: pending.id,
        pimsId: 'c1',
        from: 'old@work.org',
        email: 'new@work.org',
        emailKey: 'new@work.org',
      },
    ]);
    expect(plan.newPasswords).toEqual([pending.id]);
    expect([plan.superseded, why(plan)]).toEqual([['sent'], ['queued: email-changed']]);
    expect(plan.messages).toMatchObject([{ accountId: pending.id, kind: 'welcome' }]);
    expect(plan.newAccounts).toEqual([]);
  });

  it('gets a new email if a new temporary password was on its way to the old address', () => {
    for (const state of ['sending', 'uncertain', 'accepted'] as const) {
      const fresh = mail({ id: 'fresh', pimsId: '', kind: 'new-temporary-password', state, askedFor: true });
      const plan = evaluated([moved], [{ ...pending, messages: [mail({ id: 'sent' }), fresh] }]);
      expect(plan.superseded).toEqual(['sent', 'fresh']);
      expect(plan.messages).toMatchObject([{ accountId: pending.id, kind: 'welcome' }]);
    }
    const queued = mail({ id: 'fresh', pimsId: '', kind: 'new-temporary-password', state: 'queued', askedFor: true });
    const plan = evaluated([moved], [{ ...pending, messages: [queued] }]);
    expect(why(plan)).toEqual(['fresh: email-changed']);
    expect(plan.messages).toMatchObject([{ kind: 'welcome' }]);
  });

  it('makes clients of other practices on a moved account need evaluation again', () => {
    const links = [...pending.links, linkOf('x9', 'new@work.org', 'P2')];
    const shared = { ...pending, links, messages: [mail()] };
    const addresses = new Map([['new@work.org', { here: 1, anywhere: 2 }]]);
    expect(evaluated([moved], [shared], { addresses }).recheck).toEqual([{ practiceId: 'P2', pimsId: 'x9' }]);
  });

  it('gets an account of its own if a client outside the account has the new address too', () => {
    const plan = evaluated([moved, at('c2', 'new@work.org', {}, { pets: [] })], [pending]);
    expect(plan.emailMoves).toEqual([]);
    expect(plan.links).toMatchObject([{ pimsId: 'c1', accountId: 'new1', from: pending.id }]);
  });

  it('gets an account of its own while another client still has the old address', () => {
    const shared = { ...pending, links: [...pending.links, linkOf('c2', 'old@work.org')] };
    const plan = evaluated([moved, at('c2', 'old@work.org', onAccount(pending.id))], [shared]);
    expect(plan.emailMoves).toEqual([]);
    expect(plan.newAccounts).toMatchObject([{ emailKey: 'new@work.org' }]);
    expect(plan.links).toMatchObject([{ pimsId: 'c1', from: pending.id, reason: 'email-changed' }]);
  });

  it('joins the account that has the new address, and the queued email to the old one is canceled', () => {
    const account = { ...pending, messages: [mail({ state: 'queued' })] };
    const owner = accountFacts('new@work.org', { messages: [mail({ id: 'w2', pimsId: 'c2' })] });
    const plan = evaluated([moved], [account, owner]);
    expect(plan.links).toMatchObject([{ pimsId: 'c1', accountId: owner.id, from: pending.id }]);
    expect(why(plan)).toEqual(['w1: no-longer-linked']);
    expect([plan.messages, plan.newPasswords, plan.newAccounts]).toEqual([[], [], []]);
  });

  it('keeps the login after the first login; staff get one task until the addresses agree again', () => {
    const used = { ...pending, firstLoginAt: new Date(), messages: [mail()] };
    const plan = evaluated([moved], [used]);
    expect([plan.emailMoves, plan.links, plan.messages]).toEqual([[], [], []]);
    expect(plan.tasks).toMatchObject([
      { kind: 'email-differs', pimsId: 'c1', details: { pims: 'new@work.org', login: 'old@work.org' } },
    ]);
    const known = { ...moved, openTasks: ['email-differs' as const] };
    expect(evaluated([known], [used])).toMatchObject({ tasks: [], closedTasks: [] });
    const back = at('c1', 'OLD@work.org', { ...onAccount(pending.id), openTasks: ['email-differs'] });
    expect(evaluated([back], [used]).closedTasks).toEqual([{ kind: 'email-differs', pimsId: 'c1' }]);
  });

  it('leaves an account behind to which staff linked another record', () => {
    const byStaff = { ...linkOf('c2', 'c2@work.org'), by: 'staff' as const };
    const shared = { ...pending, links: [...pending.links, byStaff], messages: [mail()] };
    const plan = evaluated([moved], [shared]);
    expect([plan.emailMoves, plan.left]).toEqual([[], []]);
    expect(plan.newAccounts).toMatchObject([{ email: 'new@work.org', pimsId: 'c1' }]);
  });

  it('keeps the account that staff linked', () => {
    const plan = evaluated(
      [at('c1', 'new@work.org', onAccount(pending.id, 'staff'))],
      [{ ...pending, messages: [mail()] }],
    );
    expect([plan.links, plan.emailMoves, plan.newAccounts]).toEqual([[], [], []]);
  });
});

describe('evaluation: a client who may no longer be invited', () => {
  const account = accountFacts('ann@work.org', {
    links: [linkOf('c1', 'ann@work.org'), linkOf('c2', 'ann@work.org'), linkOf('x9', 'ann@work.org', 'P2')],
    messages: [mail({ state: 'queued' })],
  });
  const optedOut = at('c1', 'ann@work.org', onAccount(account.id), { optOut: 'NO_EMAIL' });

  it('keeps its link, and its queued email is canceled; others on the account are evaluated again', () => {
    const plan = evaluated([optedOut], [account]);
    expect(why(plan)).toEqual(['w1: opted-out']);
    // Staff read what it was, not only which rule.
    expect(plan.canceled[0]?.sentence).toContain('NO_EMAIL');
    expect([plan.links, plan.unlinks, plan.messages]).toEqual([[], [], []]);
    expect(plan.recheck).toEqual([
      { practiceId: 'P1', pimsId: 'c2' },
      { practiceId: 'P2', pimsId: 'x9' },
    ]);
  });

  it('leaves the email to another client of the account', () => {
    const plan = evaluated([optedOut, at('c2', 'ann@work.org', onAccount(account.id))], [account]);
    expect(why(plan)).toEqual(['w1: opted-out']);
    expect(plan.messages).toMatchObject([{ pimsId: 'c2', accountId: account.id, kind: 'welcome' }]);
  });

  it('does not cancel an email that SES may have', () => {
    for (const state of ['sending', 'uncertain', 'accepted', 'bounced'] as const) {
      expect(evaluated([optedOut], [{ ...account, messages: [mail({ state })] }]).canceled).toEqual([]);
    }
  });

  it('keeps everything when it is missing, except its queued email', () => {
    const plan = evaluated([at('c1', 'ann@work.org', { missing: true, ...onAccount(account.id) })], [account]);
    const reason = 'missing';
    expect(reasonsOf(plan)).toEqual([reason]);
    expect([why(plan), plan.links, plan.unlinks]).toEqual([[`w1: ${reason}`], [], []]);
  });

  it('loses a queued Welcome Email if the pet parent has logged in without it', () => {
    const used = { ...account, firstLoginAt: new Date() };
    const plan = evaluated([at('c1', 'ann@work.org', onAccount(account.id))], [used]);
    expect(plan.canceled).toEqual([
      {
        id: 'w1',
        reason: 'already-logged-in',
        sentence: 'The pet parent had logged in before it went out.',
      },
    ]);
  });
});

describe('evaluation: a queued "practice added"', () => {
  it('evaluate: a queued "practice added" becomes a Welcome Email if that of the other practice was recalled', () => {
    const account = accountFacts('ann@work.org', {
      links: [linkOf('c1', 'ann@work.org')],
      messages: [
        mail({ practiceId: 'P2', pimsId: 'x9', state: 'canceled' }),
        mail({ id: 'w2', kind: 'practice-added', state: 'queued' }),
      ],
    });
    const plan = evaluated([at('c1', 'ann@work.org', onAccount(account.id))], [account]);
    expect(why(plan)).toEqual(['w2: welcome-first']);
    expect(plan.messages).toMatchObject([{ kind: 'welcome' }]);
  });

  it('is recalled if the address has bounced at another practice', () => {
    const account = accountFacts('ann@work.org', {
      firstLoginAt: new Date(),
      links: [linkOf('c1', 'ann@work.org')],
      messages: [mail({ id: 'w2', kind: 'practice-added', state: 'queued' })],
    });
    const suppressed = new Map([['ann@work.org', 'bounced' as const]]);
    const plan = evaluated([at('c1', 'ann@work.org', onAccount(account.id))], [account], { suppressed });
    expect(why(plan)).toEqual(['w2: bounced']);
  });
});

describe('evaluation: a merge in the PIMS', () => {
  const gone = accountFacts('ann@work.org', { links: [linkOf('c1', 'ann@work.org')], messages: [mail()] });
  const merged = at('c1', 'ann@work.org', { missing: true, mergedInto: 'c2', ...onAccount(gone.id) });

  it('moves the link to the remaining client, without a second email', () => {
    const plan = evaluated([merged, at('c2', 'ann@work.org')], [gone]);
    expect(plan.unlinks).toMatchObject([{ pimsId: 'c1', accountId: gone.id, reason: 'merged' }]);
    expect(plan.links).toMatchObject([{ pimsId: 'c2', accountId: gone.id, from: null, reason: 'merged' }]);
    expect([plan.messages, plan.newAccounts, plan.newPasswords]).toEqual([[], [], []]);
  });

  it('prefers the account in use', () => {
    const used = { ...gone, firstLoginAt: new Date() };
    const other = accountFacts('ann@new.org', {
      links: [linkOf('c2', 'ann@new.org')],
      messages: [mail({ id: 'w2', pimsId: 'c2', state: 'queued' })],
    });
    const plan = evaluated([merged, at('c2', 'ann@new.org', onAccount(other.id))], [used, other]);
    expect(plan.links).toMatchObject([{ pimsId: 'c2', accountId: used.id, from: other.id }]);
    expect(why(plan)).toEqual(['w2: no-longer-linked']);
    expect(plan.tasks).toMatchObject([{ kind: 'email-differs', pimsId: 'c2' }]);
  });

  it('leaves two accounts in use to staff', () => {
    const used = { ...gone, firstLoginAt: new Date() };
    const other = accountFacts('ann@new.org', {
      firstLoginAt: new Date(),
      links: [linkOf('c2', 'ann@new.org')],
      messages: [mail({ id: 'w2', pimsId: 'c2' })],
    });
    const plan = evaluated([merged, at('c2', 'ann@new.org', onAccount(other.id))], [used, other]);
    expect([plan.links, plan.unlinks]).toEqual([[], []]);
    expect(plan.tasks).toMatchObject([{ kind: 'merged-two-accounts', pimsId: 'c1' }]);
  });

  it('leaves links by staff to staff', () => {
    const byStaff = { ...merged, link: { accountId: gone.id, by: 'staff' as const } };
    const plan = evaluated([byStaff, at('c2', 'ann@work.org')], [gone]);
    expect(plan.unlinks).toEqual([]);
    expect(plan.tasks).toMatchObject([{ kind: 'merged-staff-link', pimsId: 'c1' }]);
  });

  it('tolerates a circle of merges and a missing target', () => {
    const ring = at('c2', 'b@work.org', { missing: true, mergedInto: 'c1' });
    expect(evaluated([merged, ring], [gone]).unlinks).toEqual([]);
    expect(evaluated([merged], [gone]).unlinks).toEqual([]);
  });
});

describe('evaluation: tasks', () => {
  it('opens tasks that staff must resolve and closes those that no longer apply', () => {
    const wrong = at('c1', 'ann@work');
    expect(evaluated([wrong]).tasks).toMatchObject([{ kind: 'malformed-email', pimsId: 'c1' }]);
    expect(evaluated([{ ...wrong, openTasks: ['malformed-email'] }]).tasks).toEqual([]);
    const right = at('c1', 'ann@work.org', { openTasks: ['malformed-email'] });
    expect(evaluated([right]).closedTasks).toEqual([{ kind: 'malformed-email', pimsId: 'c1' }]);
  });

  it('ignores unknown kinds', () => {
    const item = at('c1', 'ann@work.org', { openTasks: ['owner-says' as never] });
    expect(evaluated([item]).closedTasks).toEqual([]);
  });
});

it('answers in the order of the input and lists the changes', () => {
  const previousDecision = { verdict: 'invite', reason: 'eligible' } as const;
  const plan = evaluated([at('c2', 'b@work.org', { previousDecision }), at('c1', 'a@work.org')]);
  expect(plan.decisions.map(({ pimsId, changed }) => [pimsId, changed])).toEqual([
    ['c2', false],
    ['c1', true],
  ]);
});
