import { typoHint } from '../../domain/client/email-typo.js';
import type { NewId } from '../../lib/ids.js';
import { insertMany, type DatabaseTransaction } from '../db/database.js';
import { taskOpenKey } from '../decisions/apply-plan.js';

/** An email that did not reach a pet parent, for the front desk to fix. */
export interface UnreachedMessage {
  kind: 'bounced-email' | 'login-bounced' | 'mail-refused' | 'mail-failed' | 'mail-complaint';
  practiceId: string;
  accountId: string;
  /** States the problem and the next step; `{client}` is replaced by the client's name and number. */
  sentence: string;
  details: Record<string, string>;
}

/** Words the task about an email that bounced or was marked as spam. */
export function unreachedMessage(
  { practiceId, accountId }: Pick<UnreachedMessage, 'practiceId' | 'accountId'>,
  bad: {
    address: string;
    reason: 'bounced' | 'complained';
    said: string | null;
    field: string;
    loggedIn: boolean;
  },
): UnreachedMessage {
  const { address, said, field } = bad;
  const details = { email: address, ...(said ? { said } : {}) };
  if (bad.reason === 'complained') {
    const sentence = `{client} marked an email to ${address} as spam. No email is sent there any more. Ask them in person whether they want the Pet App.`;
    return { kind: 'mail-complaint', practiceId, accountId, sentence, details };
  }
  // Some mail servers send a page of text; the advice after it must still fit.
  const why = said === null ? 'no reason given' : said.length > 120 ? `${said.slice(0, 120)}...` : said;
  const what = `The email to ${address} of {client} bounced (${why}).${typoHint(address)}`;
  // A pet parent who has logged in keeps that address as their login, whatever the PIMS contains, and no sync invites
  // them. This is therefore another kind of task, which an evaluation does not close.
  if (bad.loggedIn) {
    const sentence = `${what} They can still log in with this address, but no email is sent there any more, not even a password reset; correcting ${field} does not change that. Tell them, and ask about the mailbox. Once it works again, confirm that on their page.`;
    return { kind: 'login-bounced', practiceId, accountId, sentence, details };
  }
  const sentence = `${what} Correct ${field}; the next sync then invites them again.`;
  return { kind: 'bounced-email', practiceId, accountId, sentence, details };
}

/**
 * Opens a task for each client of the message's account at its practice; a client has at most one open task of a kind.
 */
export async function openBounceTask(
  trx: DatabaseTransaction,
  mails: readonly UnreachedMessage[],
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
