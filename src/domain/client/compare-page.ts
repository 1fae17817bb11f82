import type { Client } from './client.js';
import type { Person } from './person.js';
import { isSomeoneElse, type KnownPerson } from './same-person.js';
import { keepFacts, type StoredFacts, type UndoneFact } from '../decision/undone-facts.js';

/** A client as last read: enough to tell whether it changed, and whether it is still the same person. */
export interface StoredClient extends KnownPerson {
  fingerprint: string;
  missingSince: Date | null;
  /** The stored key that the client shares with its duplicate suspects. */
  duplicateKey?: string | null;
  /** True if the client is flagged because its id carries another person's data. */
  identityConflict?: boolean;
  /** Facts that the client must not lose unnoticed; absent if there are none. */
  protects?: Omit<StoredFacts, 'emailKey'>;
}

export interface SeenClient {
  client: Client;
  fingerprint: string;
}

/** A client to write, with the person read from it. */
export interface ReadClient extends SeenClient {
  person: Person;
  /** Facts that the PIMS no longer states; absent if there are neither stored nor new ones. */
  undone?: readonly UndoneFact[];
}

export interface PageComparison {
  new: ReadClient[];
  changed: ReadClient[];
  /** Clients that were missing and are back; `changed` tells whether their data differs too. */
  returned: (ReadClient & { changed: boolean })[];
  /** Only the ids, because nothing is written for these clients. */
  unchanged: string[];
  /** Same id, clearly another person. The store flags these clients and does not overwrite the known person. */
  conflicts: ReadClient[];
  /** Unchanged clients that were flagged before and now carry the known person's data again. */
  resolved: string[];
  /** Ids that the page contains twice. The last row is used. */
  repeated: string[];
}

/**
 * Compares a page with the stored clients. An unchanged client costs one look-up; its person is not read.
 *
 * @param read reads the person of a client that will be written
 */
export function comparePage(
  page: readonly SeenClient[],
  stored: ReadonlyMap<string, StoredClient>,
  read: (client: Client) => Person,
): PageComparison {
  const result = emptyComparison();
  for (const seen of lastOfEach(page, result.repeated)) {
    const known = stored.get(seen.client.pimsId);
    if (known?.missingSince === null && known.fingerprint === seen.fingerprint) {
      result.unchanged.push(seen.client.pimsId);
      if (known.identityConflict) result.resolved.push(seen.client.pimsId);
      continue;
    }
    const row: ReadClient = { ...seen, person: read(seen.client) };
    if (!known) result.new.push(row);
    else if (known.fingerprint === seen.fingerprint) result.returned.push({ ...row, changed: false });
    else if (isSomeoneElse(known, row)) result.conflicts.push(row);
    else if (known.missingSince !== null) result.returned.push({ ...keepKnown(row, known), changed: true });
    else result.changed.push(keepKnown(row, known));
  }
  return result;
}

/**
 * Returns the record that overwrites a known one. It keeps the facts that protect the client until staff confirm the
 * change.
 */
export function keepKnown(row: ReadClient, known: StoredClient): ReadClient {
  if (!known.protects) return row;
  const stored = { ...known.protects, emailKey: known.emailKey };
  const { client, undone } = keepFacts(stored, row.client, row.person.emails.loginKey);
  return undone.length + stored.undone.length === 0 ? row : { ...row, client, undone };
}

/** Returns the comparison of an empty page. */
export function emptyComparison(): PageComparison {
  return { new: [], changed: [], returned: [], unchanged: [], conflicts: [], resolved: [], repeated: [] };
}

function lastOfEach(page: readonly SeenClient[], repeated: string[]): Iterable<SeenClient> {
  const byId = new Map<string, SeenClient>();
  for (const seen of page) {
    if (byId.has(seen.client.pimsId)) repeated.push(seen.client.pimsId);
    byId.set(seen.client.pimsId, seen);
  }
  return byId.size === page.length ? page : byId.values();
}
