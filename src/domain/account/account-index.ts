import type {
  AccountFacts,
  AccountLink,
  AccountMessage,
  ClientFacts,
  KnownOfAccount,
  Link,
  EvaluationBatch,
} from '../decision/facts.js';

/** An account as it will be once the store has applied the plan made so far. */
export interface IndexedAccount {
  id: string;
  email: string;
  emailKey: string;
  used: boolean;
  closed: boolean;
  hasLivingPassword: boolean;
  links: AccountLink[];
  messages: AccountMessage[];
  known?: KnownOfAccount;
}

/**
 * The accounts and links of a batch. The plan keeps them up to date while it grows, so that the clients of one batch
 * see each other exactly as they would if each had a batch of its own.
 */
export interface AccountIndex {
  account(id: string): IndexedAccount | undefined;
  accounts(): Iterable<IndexedAccount>;
  /** The account with this email key that is not closed. */
  owner(key: string): IndexedAccount | undefined;
  /** True if an account with this key is closed. */
  wasClosed(key: string): boolean;
  linkOf(pimsId: string): Link | null;
  add(account: IndexedAccount): void;
  rename(account: IndexedAccount, email: string, key: string): void;
  /** Links a client by rule and ends its former link. */
  link(client: ClientFacts, account: IndexedAccount): void;
  unlink(pimsId: string): void;
}

export function openAccountIndex(batch: EvaluationBatch): AccountIndex {
  const practiceId = batch.practice.id;
  const byId = new Map<string, IndexedAccount>();
  const byKey = new Map<string, IndexedAccount>();
  const closedKeys = new Set<string>();
  const links = new Map<string, Link | null>();
  const rows = new Map<string, ClientFacts>();

  const add = (account: IndexedAccount) => {
    byId.set(account.id, account);
    if (account.closed) closedKeys.add(account.emailKey);
    else byKey.set(account.emailKey, account);
  };
  const unlink = (pimsId: string) => {
    const account = byId.get(links.get(pimsId)?.accountId ?? '');
    if (account) account.links = account.links.filter((one) => one.pimsId !== pimsId || one.practiceId !== practiceId);
    links.set(pimsId, null);
  };

  for (const client of batch.clients) {
    rows.set(client.pimsId, client);
    links.set(client.pimsId, client.link);
  }
  for (const facts of batch.accounts) {
    add({
      ...accountOf(facts),
      links: facts.links.map((link) => {
        const row = link.practiceId === practiceId ? rows.get(link.pimsId) : undefined;
        return row ? linkTo(practiceId, row, link.by) : link;
      }),
    });
  }

  return {
    account: (id) => byId.get(id),
    accounts: () => byId.values(),
    owner: (key) => byKey.get(key),
    wasClosed: (key) => closedKeys.has(key),
    linkOf: (pimsId) => links.get(pimsId) ?? null,
    add,
    rename(account, email, key) {
      byKey.delete(account.emailKey);
      account.email = email;
      account.emailKey = key;
      byKey.set(key, account);
    },
    link(client, account) {
      unlink(client.pimsId);
      links.set(client.pimsId, { accountId: account.id, by: 'rule' });
      account.links.push(linkTo(practiceId, client, 'rule'));
    },
    unlink,
  };
}

/** True while the PIMS has the client record and does not mark it as deleted. */
export function isLivingRecord(client: ClientFacts): boolean {
  return !client.missing && !client.client.deleted;
}

function accountOf(facts: AccountFacts): Omit<IndexedAccount, 'links'> {
  return {
    id: facts.id,
    email: facts.email,
    emailKey: facts.emailKey,
    used: facts.firstLoginAt !== null,
    closed: facts.closedAt !== null,
    hasLivingPassword: facts.hasLivingPassword,
    messages: facts.messages.map((welcome) => ({ ...welcome })),
    ...(facts.known && { known: facts.known }),
  };
}

function linkTo(practiceId: string, client: ClientFacts, by: Link['by']): AccountLink {
  const { loginKey } = client.person.emails;
  return { practiceId, pimsId: client.pimsId, loginKey, living: isLivingRecord(client), by };
}
