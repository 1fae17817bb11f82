import type { ClientFacts, EvaluationBatch } from '../../domain/decision/facts.js';
import type { DriftHold } from '../../domain/decision/drift-hold.js';
import type { DuplicateSuspect } from '../../domain/decision/eligibility.js';
import type { PracticeContext } from '../../domain/decision/practice-context.js';
import { grouped } from '../../lib/group-by.js';
import type { NewId } from '../../lib/ids.js';
import type { ReasonCode } from '../../domain/decision/reasons.js';
import type { TaskKind } from '../../domain/decision/evaluation-plan.js';
import { inList } from '../db/bulk.js';
import type { DatabaseTransaction } from '../db/database.js';
import { withKnown } from '../accounts/known-of-accounts.js';
import { refusalsOf } from '../accounts/links.js';
import { accountsOf, accountsPromised, addressFacts } from './account-facts.js';
import { knownClients, type KnownClient, type KnownClients } from './client-records.js';
import type { ClientRow } from './next-batch.js';
import { undoneFactsOf } from './undone-facts.js';

/** The circumstances of an evaluation. */
export interface Circumstances {
  practice: PracticeContext;
  /** Fields of the PIMS that drifted; empty if no field holds clients. */
  driftHold: DriftHold;
  /** From `clientsAhead`, or empty. */
  known: KnownClients;
  newId: NewId;
  now: Date;
}

/**
 * Loads all facts that an evaluation needs about these clients. Runs independent queries concurrently: the database
 * works on one while the answer to another is read.
 */
export async function loadFacts(
  trx: DatabaseTransaction,
  { practice, driftHold, known, newId, now }: Circumstances,
  rows: readonly ClientRow[],
): Promise<EvaluationBatch> {
  const ids = rows.map((row) => row.pims_id);
  // A client evaluated for the first time was never promised anything.
  const decidedBefore = rows.filter((row) => row.verdict !== null).map((row) => row.pims_id);
  const [records, links, tasks, duplicates, promised, refusals, undone] = await Promise.all([
    knownClients(trx, practice, rows, known),
    linksOf(trx, practice.id, ids),
    openTasksOf(trx, practice.id, ids),
    duplicatesOf(trx, practice.id, rows),
    accountsPromised(trx, practice.id, decidedBefore),
    refusalsOf(trx, practice.id, decidedBefore),
    undoneFactsOf(trx, practice.id, ids),
  ]);
  const clients = rows.map((row): ClientFacts => {
    const { client, person } = records.get(row.pims_id) as KnownClient;
    const alike = row.duplicate_key === null ? [] : (duplicates.get(row.duplicate_key) ?? []);
    return {
      pimsId: row.pims_id,
      client,
      person,
      missing: row.missing_since !== null,
      identityConflict: row.identity_conflict === 1,
      mergedInto: row.merged_into,
      duplicates: alike.filter((duplicate) => duplicate.pimsId !== row.pims_id),
      link: links.get(row.pims_id) ?? null,
      refused: refusals.get(row.pims_id) ?? [],
      allowed: (row.allowed?.split(' ') ?? []) as ReasonCode[],
      undone: undone.get(row.pims_id) ?? [],
      openTasks: tasks.get(row.pims_id) ?? [],
      previousDecision:
        row.verdict === null || row.reason === null ? null : { verdict: row.verdict, reason: row.reason as ReasonCode },
    };
  });

  const loginKeys = [...new Set(clients.map(({ person }) => person.emails.loginKey).filter((key) => key !== null))];
  const linkedIds = [...links.values()].map((link) => link.accountId);
  const [accounts, ofClients] = await Promise.all([
    accountsOf(trx, [...new Set([...linkedIds, ...promised])], loginKeys, now),
    addressFacts(trx, practice.id, loginKeys),
  ]);
  const asked = new Set(loginKeys);
  // An account keeps the address with which its person logged in, even if the PIMS changes it.
  const otherKeys = accounts.map(({ emailKey }) => emailKey).filter((key) => !asked.has(key));
  const ofOthers = await addressFacts(trx, practice.id, otherKeys);
  return {
    practice: { id: practice.id, policy: practice.policy, driftHold },
    today: practice.dateAt(now),
    newId,
    clients,
    accounts: await withKnown(trx, practice.id, clients, accounts),
    addresses: new Map([...ofClients.addresses, ...ofOthers.addresses]),
    suppressed: new Map([...ofClients.suppressed, ...ofOthers.suppressed]),
  };
}

async function linksOf(trx: DatabaseTransaction, practiceId: string, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, NonNullable<ClientFacts['link']>>();
  const rows = await trx
    .selectFrom('account_links')
    .select(['client_pims_id', 'account_id', 'made_by', 'reason'])
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', inList(ids))
    .execute();
  return new Map(
    rows.map((row) => [row.client_pims_id, { accountId: row.account_id, by: row.made_by, reason: row.reason }]),
  );
}

async function openTasksOf(trx: DatabaseTransaction, practiceId: string, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, TaskKind[]>();
  const rows = await trx
    .selectFrom('tasks')
    .select(['client_pims_id', 'kind'])
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', inList(ids))
    .where('closed_at', 'is', null)
    .execute();
  return grouped(
    rows,
    (row) => row.client_pims_id ?? '',
    (row) => row.kind as TaskKind,
  );
}

/**
 * Finds duplicate suspects. They are rare, and an index alone shows which keys several clients share; only those rows
 * are read.
 */
async function duplicatesOf(trx: DatabaseTransaction, practiceId: string, rows: readonly ClientRow[]) {
  const none = new Map<string, DuplicateSuspect[]>();
  const keys = [...new Set(rows.map((row) => row.duplicate_key))].filter((key) => key !== null);
  if (keys.length === 0) return none;
  const shared = await trx
    .selectFrom('pims_clients')
    .select('duplicate_key')
    .where('practice_id', '=', practiceId)
    .where('duplicate_key', 'in', inList(keys))
    .groupBy('duplicate_key')
    .having((eb) => eb.fn.countAll(), '>', 1)
    .execute();
  if (shared.length === 0) return none;
  const found = await trx
    .selectFrom('pims_clients')
    .select(['pims_id', 'email_key', 'duplicate_key'])
    .where('practice_id', '=', practiceId)
    .where('duplicate_key', 'in', inList(shared.flatMap((row) => row.duplicate_key ?? [])))
    .where('living', '=', 1)
    .execute();
  return grouped(
    found,
    (row) => row.duplicate_key ?? '',
    (row): DuplicateSuspect => ({ pimsId: row.pims_id, emailKey: row.email_key }),
  );
}
