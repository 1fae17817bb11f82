import { CompiledQuery } from 'kysely';
import { petsToName } from '../../domain/account/account-pet.js';
import type { LinkedClient, SendFacts } from '../../domain/message/send-eligibility.js';
import { loadAccountPets, type LinkedRecord } from '../accounts/account-pets.js';
import { literals } from '../db/bulk.js';
import { dataWaits, type DataRuleOf } from '../sync-runs/data-age.js';
import type { DatabaseTransaction } from '../db/database.js';
import type { Row } from '../db/tables.js';

export type OwedRow = Pick<
  Row<'messages'>,
  | 'id'
  | 'practice_id'
  | 'account_id'
  | 'kind'
  | 'state'
  | 'attempts'
  | 'requested_by'
  | 'urgent'
  | 'superseded'
  | 'open_key'
>;

/** The recipient of a message, as the account is now. */
export interface Recipient {
  firstName: string | null;
  lastName: string | null;
  email: string;
  emailKey: string;
  credential: Pick<Row<'temporary_credentials'>, 'account_id' | 'key_id' | 'sealed' | 'expires_at' | 'used_at'> | null;
}

export interface FactsOfMail {
  facts: SendFacts;
  recipient: Recipient | null;
  /** Names of the pets that the email may mention. */
  pets: string[];
  /** Sending is stopped, except for the message that tests SES. */
  laneStopped: boolean;
  /** Sending is stopped, and this message tests whether SES accepts emails again. */
  probing: boolean;
}

/** Reads the facts that decide whether messages may be sent; a few statements for a batch of any size. */
export async function loadSendFacts(
  trx: DatabaseTransaction,
  mails: readonly OwedRow[],
  dataRule: DataRuleOf,
  now: Date,
): Promise<Map<string, FactsOfMail>> {
  const rows = await factRows(trx, mails);
  const accounts = await loadAccountPets(
    trx,
    mails.map((mail) => mail.account_id),
  );
  const waits = await dataWaits(
    trx,
    mails.map((mail) => mail.practice_id),
    dataRule,
    now,
  );
  const rowOf = new Map(rows.map((row) => [row.message_id, row]));
  return new Map(
    mails.map((mail) => {
      const row = rowOf.get(mail.id);
      const known = row?.id ? row : null;
      const account = accounts.get(mail.account_id);
      const stopped = (row?.stopped_at ?? null) !== null;
      const facts: SendFacts = {
        kind: mail.kind,
        askedFor: mail.requested_by !== null && mail.urgent === 1,
        superseded: mail.superseded === 1,
        replaced: mail.open_key === null,
        account: known ? { firstLoginAt: known.first_login_at, closedAt: known.closed_at } : null,
        suppressed: known?.suppressed ?? null,
        practicePaused: (row?.email_paused_at ?? null) !== null,
        dataWait: waits.get(mail.practice_id) ?? null,
        clients: linkedClients(account?.records ?? [], mail.practice_id),
      };
      return [
        mail.id,
        {
          facts,
          recipient: known ? recipientOf(known) : null,
          pets: petsToName(account?.pets ?? [], mail.practice_id),
          laneStopped: stopped,
          probing: stopped && row?.probe_id === mail.id,
        },
      ];
    }),
  );
}

/** Reads the account of each message with its credential, suppression and practice, and the shared sending state. */
async function factRows(trx: DatabaseTransaction, mails: readonly OwedRow[]): Promise<FactRow[]> {
  const { rows } = await trx.executeQuery<FactRow>(
    CompiledQuery.raw(`
      SELECT w.id AS message_id, a.id, a.email, a.email_key, a.first_name, a.last_name, a.first_login_at, a.closed_at,
        c.account_id, c.key_id, c.sealed, c.expires_at, c.used_at, s.reason AS suppressed,
        p.email_paused_at, l.stopped_at, l.probe_id
      FROM messages w
      LEFT JOIN accounts a ON a.id = w.account_id
      LEFT JOIN temporary_credentials c ON c.account_id = a.id
      LEFT JOIN suppressions s ON s.email_key = a.email_key
      LEFT JOIN practices p ON p.id = w.practice_id
      LEFT JOIN email_sending l ON l.name = 'ses'
      WHERE w.id IN (${literals(mails.map(({ id }) => id))})`),
  );
  return rows;
}

type Nullable<T> = { [K in keyof T]: T[K] | null };

type FactRow = { message_id: string; suppressed: Row<'suppressions'>['reason'] | null } & Nullable<
  Omit<AccountRow, 'email' | 'email_key'> & Pick<Row<'accounts'>, 'id' | 'first_login_at' | 'closed_at'>
> &
  Pick<AccountRow, 'email' | 'email_key'> &
  Nullable<Pick<Row<'practices'>, 'email_paused_at'> & Pick<Row<'email_sending'>, 'stopped_at' | 'probe_id'>>;

type AccountRow = Pick<Row<'accounts'>, 'email' | 'email_key' | 'first_name' | 'last_name'> &
  Nullable<NonNullable<Recipient['credential']>>;

function recipientOf(row: AccountRow): Recipient {
  const { account_id, key_id, sealed, expires_at, used_at } = row;
  return {
    firstName: row.first_name,
    lastName: row.last_name,
    email: row.email,
    emailKey: row.email_key,
    credential: account_id === null || expires_at === null ? null : { account_id, key_id, sealed, expires_at, used_at },
  };
}

function linkedClients(records: readonly LinkedRecord[], practiceId: string): LinkedClient[] {
  return records
    .filter((record) => record.linked && record.practiceId === practiceId)
    .map(({ verdict, reason, needs_evaluation, patients }) => ({
      verdict,
      reason,
      needs_evaluation: needs_evaluation === 1,
      pets: patients,
    }));
}
