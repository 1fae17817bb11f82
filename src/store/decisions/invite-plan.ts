import { sentenceOf } from '../../domain/decision/reasons.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import type { Database } from '../db/database.js';
import type { Row } from '../db/tables.js';

export interface PlanCount {
  verdict: 'invite' | 'hold' | 'skip';
  reason: string;
  count: number;
}

/** Returns the invite plan of a practice in numbers: the number of clients for each reason, largest first. */
export async function planCounts(db: Database, allowed: AllowedPractices, practiceId: string): Promise<PlanCount[]> {
  const rows = await db
    .selectFrom('pims_clients')
    .select(['verdict', 'reason', (eb) => eb.fn.countAll<number>().as('count')])
    .where('practice_id', '=', allowed.require(practiceId))
    .where('verdict', 'is not', null)
    .where('reason', 'is not', null)
    .groupBy(['verdict', 'reason'])
    .execute();
  return rows
    .map(({ verdict, reason, count }) => ({ verdict: verdict!, reason: reason!, count: Number(count) }))
    .sort((one, other) => other.count - one.count);
}

/**
 * Counts the clients in the plan whose decision changed since `since`, by reason; new clients count. Reads all rows of
 * the practice: a tenth of a second for 100,000 clients.
 */
export async function planChanges(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  since: Date,
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('pims_clients')
    .select(['reason', (eb) => eb.fn.countAll<number>().as('count')])
    .where('practice_id', '=', allowed.require(practiceId))
    .where('verdict', 'is not', null)
    .where('decided_at', '>=', since)
    .groupBy('reason')
    .execute();
  return new Map(rows.map(({ reason, count }) => [reason ?? '', Number(count)]));
}

/** Counts of the clients that an approval would invite. */
export interface WaitingInvites {
  clients: number;
  /** Clients that share an address share an account and get one email. */
  addresses: number;
}

/**
 * Counts the invites that wait for approval. @param since counts only clients that came later, because a second
 * approval invites only those; null counts all
 */
export async function waitingInvites(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  since: Date | null,
): Promise<WaitingInvites> {
  let query = db
    .selectFrom('pims_clients')
    .select((eb) => [
      eb.fn.countAll<number>().as('clients'),
      eb.fn.count<number>('email_key').distinct().as('addresses'),
    ])
    .where('practice_id', '=', allowed.require(practiceId))
    .where('verdict', '=', 'invite');
  if (since) query = query.where('first_seen_at', '>', since);
  const row = await query.executeTakeFirstOrThrow();
  return { clients: Number(row.clients), addresses: Number(row.addresses) };
}

export interface PlanPerson {
  pimsId: string;
  displayId: string | null;
  name: string;
  email: string | null;
  sentence: string | null;
  decidedAt: Date | null;
}

const planColumns = [
  'pims_id',
  'display_id',
  'first_name',
  'last_name',
  'company_name',
  'email_key',
  'reason',
  'sentence',
  'decided_at',
] as const;

/** Lists the clients behind one line of the plan, by name. */
export async function planPeople(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  why: Pick<PlanCount, 'verdict' | 'reason'>,
  page: { from: number; limit: number },
): Promise<PlanPerson[]> {
  const rows = await db
    .selectFrom('pims_clients')
    .select(planColumns)
    .where('practice_id', '=', allowed.require(practiceId))
    .where('verdict', '=', why.verdict)
    .where('reason', '=', why.reason)
    .orderBy('sort_name')
    .orderBy('pims_id')
    .offset(page.from)
    .limit(page.limit)
    .execute();
  return rows.map(asPlanPerson);
}

function asPlanPerson(row: Pick<Row<'pims_clients'>, (typeof planColumns)[number]>): PlanPerson {
  const name = [row.first_name, row.last_name].filter(Boolean).join(' ');
  return {
    pimsId: row.pims_id,
    displayId: row.display_id,
    name: name || row.company_name || `Client ${row.display_id ?? row.pims_id}`,
    email: row.email_key,
    sentence: sentenceOf(row.reason ?? '', row.sentence),
    decidedAt: row.decided_at,
  };
}

/**
 * Lists the whole plan, ordered by PIMS id. @param after the id of the last client of the previous page; null to begin
 */
export async function wholePlan(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  after: string | null,
  limit: number,
): Promise<(PlanPerson & Pick<PlanCount, 'verdict' | 'reason'>)[]> {
  let query = db
    .selectFrom('pims_clients')
    .select([...planColumns, 'verdict'])
    .where('practice_id', '=', allowed.require(practiceId))
    .where('verdict', 'is not', null)
    .where('reason', 'is not', null)
    .orderBy('pims_id')
    .limit(limit);
  if (after !== null) query = query.where('pims_id', '>', after);
  const rows = await query.execute();
  return rows.map((row) => ({ ...asPlanPerson(row), verdict: row.verdict!, reason: row.reason! }));
}
