import type { Client } from './client.js';
import type { Person } from './person.js';

/** A row as last seen: enough to tell whether it changed, and whether it is still the same person. */
export interface StoredClient {
  fingerprint: string;
  vanishedAt: Date | null;
  firstName: string | null;
  lastName: string | null;
  emailKey: string | null;
  createdOn: string | null;
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
  /** Only the ids: nothing is written for them but that they were seen. */
  unchanged: string[];
  /** Same id, clearly another person: flagged, and not written over the person it was. */
  conflicts: (ReadClient & { sentence: string })[];
  /** Ids that the page gave twice; the last row counted. */
  repeated: string[];
}

export function comparePage(
  _page: readonly SeenClient[],
  _stored: ReadonlyMap<string, StoredClient>,
  _read: (client: Client) => Person,
): PageComparison {
  throw new Error('not yet written');
}
