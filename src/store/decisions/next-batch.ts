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
  'sentence',
  'decide_on',
  'settled',
] as const;

/** What is stored of a client but for what the PIMS said of it. */
export type ClientRow = Pick<Row<'pims_clients'>, (typeof clientColumns)[number]>;

export interface Undecided {
  limit: number;
  /** These PIMS ids and no others. */
  only: readonly string[] | null;
  /** Those behind this one. Marks that were just taken off lie in the index for a while and cost as much as others. */
  after: string;
}

/**
 * The next clients to decide, at most `limit` and those they were merged with. In the order in which the database keeps
 * them: a batch then touches few of its pages.
 */
export async function nextClients(
  trx: DatabaseTransaction,
  practiceId: string,
  { limit, only, after }: Undecided,
): Promise<{ rows: ClientRow[]; partners: ClientRow[] }> {
  if (only?.length === 0) return { rows: [], partners: [] };
  const rows = await trx
    .selectFrom('pims_clients')
    .select(clientColumns)
    .where('practice_id', '=', practiceId)
    .where('needs_evaluation', '=', 1)
    .where('pims_id', '>', after)
    .orderBy('pims_id')
    .$if(only !== null, (query) => query.where('pims_id', 'in', [...(only ?? [])]))
    .limit(limit)
    .execute();
  return { rows, partners: await mergePartners(trx, practiceId, rows) };
}

/**
 * Those who a client was merged with, in both directions and as far as it goes: settling a merge with one half missing
 * would leave its link on a client that is gone.
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
