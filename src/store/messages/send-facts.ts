import { CompiledQuery } from 'kysely';
import { petsToName } from '../../domain/account/account-pet.js';
import type { SendFacts } from '../../domain/message/message-kinds.js';
import type { LinkedClient } from '../../domain/message/send-checks.js';
import { loadAccountPets, type LinkedRecord } from '../accounts/account-pets.js';
import { literals } from '../db/bulk.js';
import { dataWaits, type DataRuleOf } from '../sync-runs/data-age.js';
import type { DatabaseTransaction } from '../db/database.js';
import type { Row } from '../db/tables.js';

export type QueuedRow = Pick<
  Row<'messages'>,
  | 'id'
  | 'practice_id'
  | 'account_id'
  | 'staff_id'
  | 'branding_practice_id'
  | 'kind'
  | 'state'
  | 'attempts'
  | 'requested_by'
  | 'urgent'
  | 'superseded'
  | 'open_key'
  | 'created_at'
>;

/** The recipient of a message, as the account or the staff member is now. */
export interface Recipient {
  /** An account's or a staff member's id. */
  id: string;
  firstName: string | null;
  lastName: string | null;
  email: string;
  emailKey: string;
  /** Null for a staff member. */
  credential: Pick<Row<'temporary_credentials'>, 'account_id' | 'key_id' | 'sealed' | 'expires_at' | 'used_at'> | null;
}

export interface FactsOfMessage {
  facts: SendFacts;
  recipient: Recipient | null;
  /** Names of the pets that the email may mention. */
  pets: string[];
  /** Sending is stopped, except for the message that tests SES. */
  sendingStopped: boolean;
  /** Sending is stopped, and this message tests whether SES accepts emails again. */
  probing: boolean;
}

/** Reads the facts that decide whether messages may be sent; a few statements for a batch of any size. */
export async function loadSendFacts(
  trx: DatabaseTransaction,
  mails: readonly QueuedRow[],
  dataRule: DataRuleOf,
  now: Date,
): Promise<Map<string, FactsOfMessage>> {
  const rows = await factRows(trx, mails);
  const accounts = await loadAccountPets(trx, present(mails.map((mail) => mail.account_id)));
  const waits = await dataWaits(trx, present(mails.map((mail) => mail.practice_id)), dataRule, now);
  const rowOf = new Map(rows.map((row) => [row.message_id, row]));
  return new Map(
    mails.map((mail) => {
      const row = rowOf.get(mail.id);
      const account = accounts.get(mail.account_id ?? '');
      const practiceId = mail.practice_id ?? '';
      const stopped = (row?.stopped_at ?? null) !== null;
      const facts: SendFacts = {
        kind: mail.kind,
        askedFor: mail.requested_by !== null && mail.urgent === 1,
        superseded: mail.superseded === 1,
        replaced: mail.open_key === null,
        account: row?.account ? { firstLoginAt: row.first_login_at, closedAt: row.closed_at } : null,
        suppressed: row?.suppressed ?? null,
        practicePaused: (row?.email_paused_at ?? null) !== null,
        dataWait: waits.get(practiceId) ?? null,
        clients: linkedClients(account?.records ?? [], practiceId),
        staff: {
          hasAccess: row?.staff !== null && row?.disabled_at === null,
          queuedForMs: now.getTime() - mail.created_at.getTime(),
        },
      };
      return [
        mail.id,
        {
          facts,
          recipient: row ? recipientOf(row) : null,
          pets: petsToName(account?.pets ?? [], practiceId),
          sendingStopped: stopped,
          probing: stopped && row?.probe_id === mail.id,
        },
      ];
    }),
  );
}

const present = (ids: readonly (string | null)[]): string[] => ids.filter((id) => id !== null);

/** Reads each message's recipient with credential and suppression, its practice, and the shared sending state. */
async function factRows(trx: DatabaseTransaction, mails: readonly QueuedRow[]): Promise<FactRow[]> {
  const { rows } = await trx.executeQuery<FactRow>(
    CompiledQuery.raw(`
      SELECT w.id AS message_id, a.id AS account, t.id AS staff, COALESCE(a.email, t.email) AS email,
        COALESCE(a.email_key, t.email_key) AS email_key, COALESCE(a.first_name, t.name) AS first_name, a.last_name,
        a.first_login_at, a.closed_at, t.disabled_at, c.account_id, c.key_id, c.sealed, c.expires_at, c.used_at,
        s.reason AS suppressed, p.email_paused_at, l.stopped_at, l.probe_id
      FROM messages w
      LEFT JOIN accounts a ON a.id = w.account_id
      LEFT JOIN staff t ON t.id = w.staff_id
      LEFT JOIN temporary_credentials c ON c.account_id = a.id
      LEFT JOIN suppressions s ON s.email_key = COALESCE(a.email_key, t.email_key)
      LEFT JOIN practices p ON p.id = w.practice_id
      LEFT JOIN email_sending l ON l.name = 'ses'
      WHERE w.id IN (${literals(mails.map(({ id }) => id))})`),
  );
  return rows;
}

type Nullable<T> = { [K in keyof T]: T[K] | null };

type FactRow = { message_id: string } & Nullable<
  { account: string; staff: string; suppressed: Row<'suppressions'>['reason'] } & Pick<
    Row<'accounts'>,
    'email' | 'email_key' | 'first_name' | 'last_name' | 'first_login_at' | 'closed_at'
  > &
    NonNullable<Recipient['credential']> &
    Pick<Row<'staff'>, 'disabled_at'> &
    Pick<Row<'practices'>, 'email_paused_at'> &
    Pick<Row<'email_sending'>, 'stopped_at' | 'probe_id'>
>;

function recipientOf(row: FactRow): Recipient | null {
  const { account_id, key_id, sealed, expires_at, used_at } = row;
  const id = row.account ?? row.staff;
  if (id === null || row.email === null || row.email_key === null) return null;
  return {
    id,
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
