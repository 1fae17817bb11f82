import { CompiledQuery } from 'kysely';
import type { LinkedClient, SendFacts } from '../domain/right-to-send.js';
import type { PetStatus } from '../domain/pet.js';
import { literals } from './bulk.js';
import type { DatabaseTransaction } from './database.js';
import type { Row } from './tables.js';

export type OwedRow = Pick<
  Row<'welcomes'>,
  | 'id'
  | 'practice_id'
  | 'account_id'
  | 'kind'
  | 'state'
  | 'attempts'
  | 'asked_by'
  | 'urgent'
  | 'superseded'
  | 'open_key'
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
  /** Nothing is handed over now, save the mail that tries. */
  laneStopped: boolean;
  /** The lane is stopped and this mail is the one that tries it. */
  probing: boolean;
}

/** Reads what the right to be sent rests on, for a batch of mails, in two statements whatever its size. */
export async function loadSendFacts(
  trx: DatabaseTransaction,
  mails: readonly OwedRow[],
): Promise<Map<string, FactsOfMail>> {
  const rows = await factRows(trx, mails);
  const clients = await linkedClients(trx, mails);
  const rowOf = new Map(rows.map((row) => [row.welcome_id, row]));
  return new Map(
    mails.map((mail) => {
      const row = rowOf.get(mail.id);
      const known = row?.id ? row : null;
      const stopped = (row?.stopped_at ?? null) !== null;
      const facts: SendFacts = {
        kind: mail.kind,
        askedFor: mail.asked_by !== null && mail.urgent === 1,
        superseded: mail.superseded === 1,
        replaced: mail.open_key === null,
        account: known ? { firstLoginAt: known.first_login_at, closedAt: known.closed_at } : null,
        suppressed: known?.suppressed ?? null,
        practicePaused: (row?.mail_paused_at ?? null) !== null,
        clients: clients.get(keyOf(mail.account_id, mail.practice_id)) ?? [],
      };
      return [
        mail.id,
        {
          facts,
          recipient: known ? recipientOf(known) : null,
          laneStopped: stopped,
          probing: stopped && row?.probe_id === mail.id,
        },
      ];
    }),
  );
}

/** The account of each mail with all that hangs on it, its practice, and the lane that they all share. */
async function factRows(trx: DatabaseTransaction, mails: readonly OwedRow[]): Promise<FactRow[]> {
  const { rows } = await trx.executeQuery<FactRow>(
    CompiledQuery.raw(`
      SELECT w.id AS welcome_id, a.id, a.email, a.email_key, a.first_name, a.last_name, a.first_login_at, a.closed_at,
        c.account_id, c.key_id, c.sealed, c.expires_at, c.used_at, s.reason AS suppressed,
        p.mail_paused_at, l.stopped_at, l.probe_id
      FROM welcomes w
      LEFT JOIN accounts a ON a.id = w.account_id
      LEFT JOIN temporary_credentials c ON c.account_id = a.id
      LEFT JOIN suppressions s ON s.email_key = a.email_key
      LEFT JOIN practices p ON p.id = w.practice_id
      LEFT JOIN mail_lane l ON l.name = 'ses'
      WHERE w.id IN (${literals(mails.map(({ id }) => id))})`),
  );
  return rows;
}

type CollectedClient = LinkedClient & { pets: LinkedClient['pets'][number][] };

async function linkedClients(
  trx: DatabaseTransaction,
  mails: readonly OwedRow[],
): Promise<Map<string, LinkedClient[]>> {
  const { rows } = await trx.executeQuery<ClientRow>(
    CompiledQuery.raw(`
      SELECT l.account_id, l.practice_id, l.client_pims_id, c.verdict, c.reason, c.undecided,
        p.name, p.status, p.died_on, o.state AS owner_says
      FROM account_links l
      JOIN pims_clients c ON c.practice_id = l.practice_id AND c.pims_id = l.client_pims_id
      LEFT JOIN pims_pets p ON p.practice_id = l.practice_id AND p.client_pims_id = l.client_pims_id
      LEFT JOIN account_pets o
        ON o.account_id = l.account_id AND o.practice_id = l.practice_id AND o.pims_id = p.pims_id
      WHERE l.account_id IN (${literals(unique(mails.map((mail) => mail.account_id)))})
        AND l.practice_id IN (${literals(unique(mails.map((mail) => mail.practice_id)))})
      ORDER BY l.client_pims_id, p.pims_id`),
  );
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

type Nullable<T> = { [K in keyof T]: T[K] | null };

type FactRow = { welcome_id: string; suppressed: Row<'suppressions'>['reason'] | null } & Nullable<
  Omit<AccountRow, 'email' | 'email_key'> & Pick<Row<'accounts'>, 'id' | 'first_login_at' | 'closed_at'>
> &
  Pick<AccountRow, 'email' | 'email_key'> &
  Nullable<Pick<Row<'practices'>, 'mail_paused_at'> & Pick<Row<'mail_lane'>, 'stopped_at' | 'probe_id'>>;

type ClientRow = Pick<Row<'account_links'>, 'account_id' | 'practice_id' | 'client_pims_id'> &
  Pick<Row<'pims_clients'>, 'verdict' | 'reason' | 'undecided'> &
  Nullable<Pick<Row<'pims_pets'>, 'name' | 'status' | 'died_on'>> & {
    owner_says: Row<'account_pets'>['state'] | null;
  };

type AccountRow = Pick<Row<'accounts'>, 'email' | 'email_key' | 'first_name' | 'last_name'> &
  Nullable<NonNullable<Recipient['credential']>>;

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

const unique = (ids: readonly string[]): string[] => [...new Set(ids)];

function keyOf(accountId: string, practiceId: string): string {
  return `${accountId} ${practiceId}`;
}
