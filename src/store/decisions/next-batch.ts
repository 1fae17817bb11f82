import type { DatabaseTransaction } from '../db/database.js';
import type { Row } from '../db/tables.js';

const clientColumns = [
  'pims_id',
  'fingerprint',
  'first_seen_at',
  'missing_since',
  'identity_conflict',
  'merged_into',
  'duplicate_key',
  'allowed',
  'verdict',
  'reason',
] as const;

/** The stored columns of a client other than its PIMS record. */
export type ClientRow = Pick<Row<'pims_clients'>, (typeof clientColumns)[number]>;

export interface BatchRequest {
  limit: number;
  /** Only ids greater than this. Cleared index entries linger until purge, so rescanning from the start is slow. */
  after: string;
  /** `everyone`: all clients that are not missing, even if they need no evaluation. An array: these PIMS ids. */
  only?: 'everyone' | readonly string[] | null;
  /** Excludes clients whose data was written later. */
  writtenBefore?: Date | null;
}

/** A batch of clients, and the clients that they were merged with. */
export interface Batch {
  rows: ClientRow[];
  partners: ClientRow[];
}

/**
 * Returns the next clients to evaluate, at most `limit`, and those they were merged with. Follows the primary key's
 * order, so that a batch touches few database pages.
 */
export async function nextClients(
  trx: DatabaseTransaction,
  practiceId: string,
  { limit, after, only = null, writtenBefore = null }: BatchRequest,
): Promise<Batch> {
  if (only?.length === 0) return { rows: [], partners: [] };
  let query = trx.selectFrom('pims_clients').select(clientColumns).where('practice_id', '=', practiceId);
  query = only === 'everyone' ? query.where('missing_since', 'is', null) : query.where('needs_evaluation', '=', 1);
  if (only !== null && only !== 'everyone') query = query.where('pims_id', 'in', only);
  if (writtenBefore !== null) query = query.where('changed_at', '<', writtenBefore);
  const rows = await query.where('pims_id', '>', after).orderBy('pims_id').limit(limit).execute();
  return { rows, partners: await mergePartners(trx, practiceId, rows) };
}

/**
 * Returns the clients that these were merged with, in both directions and transitively: evaluating only half of a merge
 * would leave its link on a missing client.
 */
async function mergePartners(
  trx: DatabaseTransaction,
  practiceId: string,
  rows: readonly ClientRow[],
): Promise<ClientRow[]> {
  const merged = await trx
    .selectFrom('pims_clients')
    .select('pims_id')
    .where('practice_id', '=', practiceId)
    .where('merged_into', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  if (!merged) return [];
  const have = new Map(rows.map((row) => [row.pims_id, row]));
  let latest = rows;
  while (latest.length > 0) {
    const ids = latest.map((row) => row.pims_id);
    const targets = latest.map((row) => row.merged_into).filter((id) => id !== null && !have.has(id)) as string[];
    const clients = trx
      .selectFrom('pims_clients as client')
      .select(clientColumns.map((column) => `client.${column}` as const))
      .where('client.practice_id', '=', practiceId);
    const into = targets.length === 0 ? [] : await clients.where('client.pims_id', 'in', targets).execute();
    const from = await clients
      .leftJoin('account_links as link', (join) =>
        join.onRef('link.practice_id', '=', 'client.practice_id').onRef('link.client_pims_id', '=', 'client.pims_id'),
      )
      .where('client.merged_into', 'in', ids)
      .where((eb) => eb.or([eb('client.needs_evaluation', '=', 1), eb('link.account_id', 'is not', null)]))
      .execute();
    latest = [...into, ...from].filter((row) => !have.has(row.pims_id));
    for (const row of latest) have.set(row.pims_id, row);
  }
  return [...have.values()].slice(rows.length);
}
