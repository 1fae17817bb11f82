import type { Client } from './client.js';
import { foldName } from './name.js';
import type { Person } from './person.js';

/** A row as last seen: enough to tell whether it changed, and whether it is still the same person. */
export interface StoredClient {
  fingerprint: string;
  vanishedAt: Date | null;
  firstName: string | null;
  lastName: string | null;
  emailKey: string | null;
  /** What it had in common with its twins, as it is stored. */
  twinKey?: string | null;
  createdOn: string | null;
  /** The row is flagged as carrying another person's record. */
  identityConflict?: boolean;
}

export interface SeenClient {
  client: Client;
  fingerprint: string;
}

/** A row to write, with the person read out of it. */
export interface ReadClient extends SeenClient {
  person: Person;
}

export interface PageComparison {
  new: ReadClient[];
  changed: ReadClient[];
  /** Seen again after it had vanished; `changed` tells whether its content differs too. */
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
    if (known?.vanishedAt === null && known.fingerprint === seen.fingerprint) {
      result.unchanged.push(seen.client.pimsId);
      if (known.identityConflict) result.resolved.push(seen.client.pimsId);
      continue;
    }
    const row: ReadClient = { ...seen, person: read(seen.client) };
    if (!known) result.new.push(row);
    else if (known.fingerprint === seen.fingerprint) result.returned.push({ ...row, changed: false });
    else if (isSomeoneElse(known, row)) result.conflicts.push(row);
    else if (known.vanishedAt !== null) result.returned.push({ ...row, changed: true });
    else result.changed.push(row);
  }
  return result;
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

/**
 * Record numbers can be given out again after a restore or a purge. People marry, move and change addresses, so it takes
 * both names being different and a second witness: another day of entry, or another email. A day of entry that is the
 * same, or an email that is the same, says that it is still the old record.
 */
export function isSomeoneElse(
  known: Pick<StoredClient, 'firstName' | 'lastName' | 'emailKey' | 'createdOn'>,
  now: { client: Pick<Client, 'createdOn'>; person: Pick<Person, 'firstName' | 'lastName' | 'emails'> },
): boolean {
  const { person, client } = now;
  if (!differ(foldName(known.firstName), foldName(person.firstName))) return false;
  if (!differ(foldName(known.lastName), foldName(person.lastName))) return false;
  // First and last name changed places: the same person, entered again with more care.
  if (foldName(known.firstName) === foldName(person.lastName)) return false;
  const sameEmail = known.emailKey !== null && known.emailKey === person.emails.loginKey;
  if (sameEmail) return false;
  if (known.createdOn !== null && client.createdOn !== null) return known.createdOn !== client.createdOn;
  return known.emailKey !== null && person.emails.loginKey !== null;
}

/** What is not known on one side is no witness. */
function differ(a: string, b: string): boolean {
  return a !== '' && b !== '' && a !== b;
}
