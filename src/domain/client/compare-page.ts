import type { Client } from './client.js';
import type { Person } from './person.js';
import { isSomeoneElse, type KnownPerson } from './same-person.js';
import { keepFacts, type StoredFacts, type UndoneFact } from '../decision/undone-facts.js';

/** A row as last seen: enough to tell whether it changed, and whether it is still the same person. */
export interface StoredClient extends KnownPerson {
  fingerprint: string;
  missingSince: Date | null;
  /** What it had in common with its duplicate suspects, as it is stored. */
  duplicateKey?: string | null;
  /** The row is flagged as carrying another person's record. */
  identityConflict?: boolean;
  /** What it must not lose unnoticed; missing when there is nothing. */
  protects?: Omit<StoredFacts, 'emailKey'>;
}

export interface SeenClient {
  client: Client;
  fingerprint: string;
}

/** A row to write, with the person read out of it. */
export interface ReadClient extends SeenClient {
  person: Person;
  /** What the PIMS no longer says of it; missing when nothing is stored or to be stored. */
  undone?: readonly UndoneFact[];
}

export interface PageComparison {
  new: ReadClient[];
  changed: ReadClient[];
  /** Seen again after it had missing; `changed` tells whether its content differs too. */
  returned: (ReadClient & { changed: boolean })[];
  /** Only the ids: nothing is written for them. */
  unchanged: string[];
  /** Same id, clearly another person: flagged, and not written over the person it was. */
  conflicts: ReadClient[];
  /** Among the unchanged: flagged before, and now the known person again. */
  resolved: string[];
  /** Ids that the page gave twice; the last row counted. */
  repeated: string[];
}

/**
 * Compares a page with what is stored. An unchanged row costs one look-up: its person is not even read.
 *
 * @param read makes the person of a row that is to be written
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

/** The row to write over a known one: it keeps what protects the client until staff confirm that it is undone. */
export function keepKnown(row: ReadClient, known: StoredClient): ReadClient {
  if (!known.protects) return row;
  const stored = { ...known.protects, emailKey: known.emailKey };
  const { client, undone } = keepFacts(stored, row.client, row.person.emails.loginKey);
  return undone.length + stored.undone.length === 0 ? row : { ...row, client, undone };
}

/** A page on which there was nobody. */
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
