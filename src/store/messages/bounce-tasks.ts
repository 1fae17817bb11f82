import type { NewId } from '../../lib/ids.js';
import { insertMany, type DatabaseTransaction } from '../db/database.js';
import { taskOpenKey } from '../decisions/apply-plan.js';

/** An email that did not reach a pet parent, for the front desk to fix. */
export interface UnreachedMail {
  kind: 'bounced-email' | 'login-bounced' | 'mail-refused' | 'mail-failed' | 'mail-complaint';
  practiceId: string;
  accountId: string;
  /** States the problem and the next step; `{client}` is replaced by the client's name and number. */
  sentence: string;
  details: Record<string, string>;
}

/**
 * Opens a task for each client of the message's account at its practice; a client has at most one open task of a kind.
 */
export async function openBounceTask(
  trx: DatabaseTransaction,
  mails: readonly UnreachedMail[],
  newId: NewId,
  now: Date,
): Promise<void> {
  if (mails.length === 0) return;
  const clients = await trx
    .selectFrom('account_links as l')
    .innerJoin('pims_clients as c', (join) =>
      join.onRef('c.practice_id', '=', 'l.practice_id').onRef('c.pims_id', '=', 'l.client_pims_id'),
    )
    .select(['l.account_id', 'l.practice_id', 'c.pims_id', 'c.display_id', 'c.first_name', 'c.last_name'])
    .where('l.account_id', 'in', [...new Set(mails.map((mail) => mail.accountId))])
    .execute();
  const items = mails.flatMap((mail) =>
    clients
      .filter((client) => client.account_id === mail.accountId && client.practice_id === mail.practiceId)
      .map((client) => ({ mail, client })),
  );
  await insertMany(
    trx,
    'tasks',
    items.map(({ mail, client }) => ({
      id: newId(),
      practice_id: mail.practiceId,
      kind: mail.kind,
      client_pims_id: client.pims_id,
      account_id: mail.accountId,
      sentence: mail.sentence.replaceAll('{client}', () => nameOf(client)).slice(0, 500),
      details: JSON.stringify(mail.details),
      opened_at: now,
      closed_at: null,
      closed_by: null,
      open_key: taskOpenKey(mail.practiceId, mail.kind, client.pims_id),
    })),
    'ON DUPLICATE KEY UPDATE sentence = VALUES(sentence), details = VALUES(details)',
  );
}

function nameOf(client: {
  pims_id: string;
  display_id: string | null;
  first_name: string | null;
  last_name: string | null;
}) {
  const name = [client.first_name, client.last_name].filter((part) => part !== null).join(' ');
  return `${name || 'client'} (${client.display_id ?? client.pims_id})`;
}
