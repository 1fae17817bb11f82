import type { Decision } from '../domain/decision/eligibility.js';
import { evaluate } from '../domain/decision/evaluate.js';
import type { ClientFacts } from '../domain/decision/facts.js';
import { reasons, type ReasonCode } from '../domain/decision/reasons.js';
import type { PageComparison, ReadClient } from '../domain/client/compare-page.js';
import { loadFingerprints } from '../store/clients/fingerprint-index.js';
import { missingClients, seenIn } from '../store/clients/missing-clients.js';
import { applyPolicy } from '../store/clients/needs-evaluation.js';
import { writePage } from '../store/clients/write-page.js';
import { inDiscardedTransaction, type DatabaseTransaction } from '../store/db/database.js';
import { driftHoldOf } from '../store/decisions/drift-hold.js';
import { loadFacts } from '../store/decisions/load-facts.js';
import { nextClients, type Batch } from '../store/decisions/next-batch.js';
import { requireNoRun } from '../store/sync-runs/practices.js';
import { withConnector, type SyncDeps, type SyncedPractice } from './deps.js';
import { markWithMerges } from './mark-missing.js';
import { preparePage, type PreparedPage } from './prepare-page.js';

/** Clients per evaluated batch. */
const clientsPerBatch = 1000;

interface PlannedClient {
  pimsId: string;
  displayId: string | null;
  name: string;
  email: string | null;
  verdict: Decision['verdict'];
  reason: ReasonCode;
  sentence: string;
  /** The reason of the last stored decision; null if there is none. */
  before: string | null;
}

export interface InvitePlan {
  practiceId: string;
  at: Date;
  counts: { invite: number; hold: number; skip: number; unreadable: number; differ: number };
  reasons: { code: ReasonCode; title: string; verdict: Decision['verdict']; count: number }[];
  clients: PlannedClient[];
}

export interface Planning extends Pick<SyncDeps, 'db' | 'clock' | 'newId' | 'erased'> {
  signal: AbortSignal;
  onPage(read: number): void;
}

/**
 * Reads the PIMS and evaluates every client as if staff approved the plan now, but writes nothing: it writes the
 * differences as a sync does, in a transaction that is rolled back. The transaction begins after the PIMS was read.
 * Holds the clients that differ from their copies in memory, about 2 kB each.
 *
 * @throws Problem `sync-in-progress` if a sync run of the practice is reading or evaluating
 */
export async function planPractice(planning: Planning, practice: SyncedPractice): Promise<InvitePlan> {
  const { db, clock } = planning;
  await requireNoRun(db, practice);
  const pages = await readDifferences(planning, practice);
  const now = clock();
  const read = new Set(pages.flatMap(({ compared }) => readIds(compared)));
  const clients = await inDiscardedTransaction(db, async (trx) => {
    await requireNoRun(trx, practice);
    await writeAsSync(trx, planning, practice, pages, now);
    return decideAll(trx, planning, practice, read, now);
  });
  const conflicts = new Map(pages.flatMap((page) => page.compared.conflicts).map((read) => [read.client.pimsId, read]));
  const unreadable = pages.reduce((sum, page) => sum + page.unreadable.length, 0);
  return report(
    practice.id,
    now,
    clients.map((one) => asRead(one, conflicts.get(one.pimsId))),
    unreadable,
  );
}

async function readDifferences(planning: Planning, practice: SyncedPractice): Promise<PreparedPage[]> {
  const { db, signal, onPage } = planning;
  const index = await loadFingerprints(db, practice.id);
  return withConnector(practice, async (connector) => {
    const pages: PreparedPage[] = [];
    let read = 0;
    for await (const page of connector.clients({ cursor: null, pageSize: practice.pageSize, signal })) {
      const prepared = await preparePage(db, practice, page, index);
      pages.push(prepared);
      onPage((read += prepared.clients));
    }
    return pages;
  });
}

/** Writes everything that a sync writes before it evaluates. */
async function writeAsSync(
  trx: DatabaseTransaction,
  { erased }: Planning,
  practice: SyncedPractice,
  pages: readonly PreparedPage[],
  now: Date,
): Promise<void> {
  await applyPolicy(trx, practice);
  for (const { compared, stored, writes } of pages) {
    if (writes) await writePage(trx, practice.id, await erased.leaveOut(trx, practice.id, compared), stored, now);
  }
  // An unreadable row could belong to any client.
  if (pages.some((page) => page.unreadable.some(({ mayBe }) => mayBe === null))) return;
  const isSeen = seenIn(pages.map((page) => page.seen));
  const { missing } = await missingClients(trx, practice.id, { began: now, isSeen });
  await markWithMerges(trx, practice, missing, now);
}

/** Returns the ids of the clients that the PIMS gave, whether they can be written or not. */
function readIds({ unchanged, ...differing }: PageComparison): string[] {
  const rows = [...differing.new, ...differing.changed, ...differing.returned, ...differing.conflicts];
  return [...unchanged, ...rows.map(({ client }) => client.pimsId)];
}

/** Decides about every client that was read. */
async function decideAll(
  trx: DatabaseTransaction,
  { newId }: Planning,
  practice: SyncedPractice,
  read: ReadonlySet<string>,
  now: Date,
): Promise<PlannedClient[]> {
  const circumstances = { practice, driftHold: await driftHoldOf(trx, practice.id), known: new Map(), newId, now };
  const clients: PlannedClient[] = [];
  for (let after: string | undefined = ''; after !== undefined;) {
    const { rows, partners }: Batch = await nextClients(trx, practice.id, {
      limit: clientsPerBatch,
      after,
      only: 'everyone',
    });
    const listed = new Set(rows.map((row) => row.pims_id).filter((id) => read.has(id)));
    const batch = await loadFacts(trx, circumstances, [...rows, ...partners]);
    const facts = new Map(batch.clients.map((one) => [one.pimsId, one]));
    for (const { pimsId, decision } of evaluate(batch).decisions) {
      if (!listed.has(pimsId)) continue;
      const { client, person, previousDecision } = facts.get(pimsId) as ClientFacts;
      const { verdict, reason, sentence } = decision;
      const before = previousDecision?.reason ?? null;
      const { displayName: name, emails } = person;
      clients.push({
        pimsId,
        displayId: client.displayId,
        name,
        email: emails.login,
        verdict,
        reason,
        sentence,
        before,
      });
    }
    after = rows.at(-1)?.pims_id;
  }
  return clients;
}

/** Shows the person that the PIMS has now under a number in conflict. */
function asRead(planned: PlannedClient, conflict: ReadClient | undefined): PlannedClient {
  if (!conflict) return planned;
  const { client, person } = conflict;
  return { ...planned, displayId: client.displayId, name: person.displayName, email: person.emails.login };
}

function report(practiceId: string, at: Date, clients: PlannedClient[], unreadable: number): InvitePlan {
  const counts = { invite: 0, hold: 0, skip: 0, unreadable, differ: 0 };
  const perReason = new Map<ReasonCode, number>();
  for (const { verdict, reason, before } of clients) {
    counts[verdict]++;
    if (before !== reason) counts.differ++;
    perReason.set(reason, (perReason.get(reason) ?? 0) + 1);
  }
  return {
    practiceId,
    at,
    counts,
    reasons: [...perReason]
      .sort(([, one], [, other]) => other - one)
      .map(([code, count]) => ({ code, title: reasons[code].title, verdict: reasons[code].verdict, count })),
    clients,
  };
}
