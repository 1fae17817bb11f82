import type { LinkedClient, SendFacts } from '../domain/right-to-send.js';
import type { PetStatus } from '../domain/pet.js';
import type { DatabaseTransaction } from './database.js';
import type { Row } from './tables.js';

export type OwedRow = Pick<
  Row<'welcomes'>,
  'id' | 'practice_id' | 'account_id' | 'kind' | 'state' | 'attempts' | 'asked_by' | 'urgent' | 'superseded'
>;

/** Who a mail goes to, as the account is now. */
export interface Recipient {
  firstName: string | null;
  lastName: string | null;
  email: string;
  emailKey: string;
  credential: Pick<
    Row<'temporary_credentials'>,
    'account_id' | 'key_id' | 'sealed' | 'expires_at' | 'used_at'
  > | null;
}

export interface FactsOfMail {
  facts: SendFacts;
  recipient: Recipient | null;
}

/** Reads what the right to be sent rests on, for a batch of mails, in five statements whatever its size. */
export async function loadSendFacts(
  trx: DatabaseTransaction,
  mails: readonly OwedRow[],
): Promise<Map<string, FactsOfMail>> {
  const accountIds = [...new Set(mails.map((mail) => mail.account_id))];
  const practiceIds = [...new Set(mails.map((mail) => mail.practice_id))];
  const accounts = await trx
    .selectFrom('accounts as a')
    .leftJoin('temporary_credentials as c', 'c.account_id', 'a.id')
    .leftJoin('suppressions as s', 's.email_key', 'a.email_key')
    .select([
      'a.id',
      'a.email',
      'a.email_key',
      'a.first_name',
      'a.last_name',
      'a.first_login_at',
      'a.closed_at',
    ])
    .select(['c.account_id', 'c.key_id', 'c.sealed', 'c.expires_at', 'c.used_at', 's.reason as suppressed'])
    .where('a.id', 'in', accountIds)
    .execute();
  const practices = await trx
    .selectFrom('practices')
    .select(['id', 'mail_paused_at'])
    .where('id', 'in', practiceIds)
    .execute();
  const clients = await linkedClients(trx, accountIds, practiceIds);
  const accountOf = new Map(accounts.map((account) => [account.id, account]));
  const practiceOf = new Map(practices.map((practice) => [practice.id, practice]));

  return new Map(
    mails.map((mail) => {
      const account = accountOf.get(mail.account_id);
      const facts: SendFacts = {
        kind: mail.kind,
        askedFor: mail.asked_by !== null && mail.urgent === 1,
        superseded: mail.superseded === 1,
        account: account ? { firstLoginAt: account.first_login_at, closedAt: account.closed_at } : null,
        suppressed: account?.suppressed ?? null,
        practicePaused: (practiceOf.get(mail.practice_id)?.mail_paused_at ?? null) !== null,
        clients: clients.get(keyOf(mail.account_id, mail.practice_id)) ?? [],
      };
      return [mail.id, { facts, recipient: account ? recipientOf(account) : null }];
    }),
  );
}

type CollectedClient = LinkedClient & { pets: LinkedClient['pets'][number][] };

async function linkedClients(
  trx: DatabaseTransaction,
  accountIds: readonly string[],
  practiceIds: readonly string[],
): Promise<Map<string, LinkedClient[]>> {
  const rows = await trx
    .selectFrom('account_links as l')
    .innerJoin('pims_clients as c', (join) =>
      join.onRef('c.practice_id', '=', 'l.practice_id').onRef('c.pims_id', '=', 'l.client_pims_id'),
    )
    .leftJoin('pims_pets as p', (join) =>
      join.onRef('p.practice_id', '=', 'l.practice_id').onRef('p.client_pims_id', '=', 'l.client_pims_id'),
    )
    .leftJoin('account_pets as o', (join) =>
      join
        .onRef('o.account_id', '=', 'l.account_id')
        .onRef('o.practice_id', '=', 'l.practice_id')
        .onRef('o.pims_id', '=', 'p.pims_id'),
    )
    .select(['l.account_id', 'l.practice_id', 'l.client_pims_id', 'c.verdict', 'c.reason', 'c.undecided'])
    .select(['p.name', 'p.status', 'p.died_on', 'o.state as owner_says'])
    .where('l.account_id', 'in', [...accountIds])
    .where('l.practice_id', 'in', [...practiceIds])
    .orderBy('l.client_pims_id')
    .orderBy('p.pims_id')
    .execute();
  const clients = new Map<string, Map<string, CollectedClient>>();
  for (const row of rows) {
    const key = keyOf(row.account_id, row.practice_id);
    const ofAccount = clients.get(key) ?? new Map<string, CollectedClient>();
    clients.set(key, ofAccount);
    const client: CollectedClient = ofAccount.get(row.client_pims_id) ?? {
      verdict: row.verdict,
      reason: row.reason,
      undecided: row.undecided === 1,
      pets: [],
    };
    ofAccount.set(row.client_pims_id, client);
    if (row.status === null) continue;
    client.pets.push({
      name: row.name,
      status: row.status as PetStatus,
      diedOn: row.died_on,
      passed: row.owner_says === 'passed',
    });
  }
  return new Map([...clients].map(([key, ofAccount]) => [key, [...ofAccount.values()]]));
}

type AccountRow = Pick<Row<'accounts'>, 'email' | 'email_key' | 'first_name' | 'last_name'> & {
  [K in keyof NonNullable<Recipient['credential']>]: NonNullable<Recipient['credential']>[K] | null;
};

function recipientOf(row: AccountRow): Recipient {
  const { account_id, key_id, sealed, expires_at, used_at } = row;
  return {
    firstName: row.first_name,
    lastName: row.last_name,
    email: row.email,
    emailKey: row.email_key,
    credential:
      account_id === null || expires_at === null ? null : { account_id, key_id, sealed, expires_at, used_at },
  };
}

function keyOf(accountId: string, practiceId: string): string {
  return `${accountId} ${practiceId}`;
}
