import type { Page } from '../connectors/contract.js';
import type { Client } from '../domain/client/client.js';
import { comparePage, type PageComparison, type SeenClient, type StoredClient } from '../domain/client/compare-page.js';
import { fingerprint } from '../domain/client/fingerprint.js';
import type { Person } from '../domain/client/person.js';
import type { PracticeContext } from '../domain/decision/practice-context.js';
import { storedClients } from '../store/clients/client-copy.js';
import type { FingerprintIndex } from '../store/clients/fingerprint-index.js';
import { knownIds, seenMarks } from '../store/clients/missing-clients.js';
import { storageProblem } from '../store/clients/storage-limits.js';
import { yieldingChunks } from '../store/db/bulk.js';
import type { Database } from '../store/db/database.js';

/** A page compared with the client copies. Nothing in it depends on the page before. */
export interface PreparedPage {
  cursor: string | null;
  /** The readable clients of the page. */
  clients: number;
  unreadable: Page['unreadable'];
  compared: PageComparison;
  stored: Map<string, StoredClient>;
  /** The `seenMarks` of the ids on the page, and of the ids that its unreadable rows may have. */
  seen: Buffer;
  /** False if the page has nothing to write, so that it can share a transaction with other pages. */
  writes: boolean;
}

/** Compares a page of the PIMS with the client copies; writes nothing. */
export async function preparePage(
  db: Database,
  practice: PracticeContext,
  page: Page,
  index: FingerprintIndex,
): Promise<PreparedPage> {
  const sifted = await sift(page.clients, index);
  const { differing, unstorable } = storable(sifted.differing);
  // A first import has no stored clients to compare with.
  const stored = await storedClients(db, practice.id, index.size === 0 ? [] : differing);
  for (const { fingerprint, missingSince } of stored.values()) if (missingSince === null) index.meet(fingerprint);
  const persons = await readPersons(practice, differing);
  const compared = comparePage(differing, stored, (client) => persons.get(client) as Person);
  compared.unchanged.push(...sifted.unchanged);
  const unreadable = [...(await withKeys(db, practice.id, page.unreadable)), ...unstorable];
  const ids = [...page.clients.map(({ pimsId }) => pimsId), ...unreadable.flatMap(({ mayBe }) => mayBe ?? [])];
  const writes = differing.length + unreadable.length > 0;
  const clients = page.clients.length - unstorable.length;
  return { cursor: page.cursor, clients, unreadable, compared, stored, seen: seenMarks(ids), writes };
}

/**
 * Finds the unchanged clients by fingerprint alone; in a nightly sync these are most. In a page that contains an id
 * twice, every client goes through the full comparison.
 */
async function sift(
  clients: readonly Client[],
  index: FingerprintIndex,
): Promise<{ differing: SeenClient[]; unchanged: string[] }> {
  const differing: SeenClient[] = [];
  const unchanged: string[] = [];
  const once = new Set(clients.map(({ pimsId }) => pimsId)).size === clients.length;
  for await (const some of yieldingChunks(clients)) {
    for (const client of some) {
      const print = fingerprint(client);
      if (once && index.meet(print)) unchanged.push(client.pimsId);
      else differing.push({ client, fingerprint: print });
    }
  }
  return { differing, unchanged };
}

/** Separates the clients that the database would reject from the others. */
function storable(clients: readonly SeenClient[]): { differing: SeenClient[]; unstorable: Page['unreadable'] } {
  const differing: SeenClient[] = [];
  const unstorable: Page['unreadable'] = [];
  for (const seen of clients) {
    const reason = storageProblem(seen.client);
    const { pimsId } = seen.client;
    if (reason === null) differing.push(seen);
    else unstorable.push({ reference: pimsId, reason, mayBe: pimsId === '' ? null : [pimsId] });
  }
  return { differing, unstorable };
}

async function readPersons(practice: PracticeContext, clients: readonly SeenClient[]): Promise<Map<Client, Person>> {
  const persons = new Map<Client, Person>();
  for await (const some of yieldingChunks(clients)) {
    for (const { client } of some) persons.set(client, practice.personOf(client));
  }
  return persons;
}

/**
 * Sets which clients each unreadable row may belong to. If the connector does not say, a reference that is the key of a
 * known client means that client. Any other reference is a position, and its row may belong to any client.
 */
async function withKeys(db: Database, practiceId: string, unreadable: Page['unreadable']): Promise<Page['unreadable']> {
  const unsaid = unreadable.filter(({ mayBe }) => mayBe === undefined).map(({ reference }) => reference);
  if (unsaid.length === 0) return unreadable;
  const known = await knownIds(db, practiceId, unsaid);
  return unreadable.map((row) =>
    row.mayBe === undefined ? { ...row, mayBe: known.has(row.reference) ? [row.reference] : null } : row,
  );
}
