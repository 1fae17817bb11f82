import type { z } from 'zod';
import type { Client } from '../domain/client/client.js';

/** Bumped when a member changes meaning; a plugin states the version it was written for. */
export const contractVersion = 1;

export interface Capabilities {
  /** Can read one client by its PIMS id or display id without reading the others. */
  oneClient: boolean;
}

/** A row that could not be read: where it is and why, never what is in it. */
export interface Unreadable {
  /** Where the row is, for a person who looks for it: its key, or its place when even the key could not be read. */
  reference: string;
  /** A short sentence without data of the row. */
  reason: string;
  /**
   * The keys of the clients whose row it may be: none of them counts as missing. Null when it may be any client's: then
   * nobody counts as missing in this read. Left out, a `reference` that is the key of a known client means that client, and
   * any other means null.
   */
  mayBe?: readonly string[] | null | undefined;
}

/** One page of clients in the source's own key order. A failed page is an error, never an empty page. */
export interface Page {
  clients: Client[];
  unreadable: Unreadable[];
  /** Hand this to `clients()` to go on behind this page; null after the last page. Opaque to everyone else. */
  cursor: string | null;
}

export interface ReadOptions {
  /** Where to go on; null starts at the beginning. */
  cursor: string | null;
  /** Clients a page, 1 to 5000. */
  pageSize: number;
  /** Aborting ends the read with the abort reason, and closes the connection. */
  signal: AbortSignal;
}

/** What `check` found, in plain words, for an installer. No personal data. */
export interface CheckReport {
  /** Each line is something proved: "table pp_client: 18 of 18 columns found". */
  findings: string[];
  /** Each is a Problem that stops a sync: a missing column, a refused login. */
  problems: { code: string; message: string; help?: string }[];
}

/** A mapping proposed for an installation that nobody has mapped yet. */
export interface Discovery {
  /** YAML text to paste under the practice's `connection`, after a person has read it. */
  proposal: string;
  /** The same with all that need not be said, where the proposal tells only what differs from the connector's own. */
  whole?: string;
  /** Why: tables, column types, fill rates, distinct counts. No personal data unless samples were asked for. */
  evidence: string[];
}

/** A live connector for one practice. It reads; it never writes and never schedules. */
export interface Connector {
  capabilities: Capabilities;
  /** Connects, proves every named table and column, reads one small page. */
  check(signal: AbortSignal): Promise<CheckReport>;
  clients(options: ReadOptions): AsyncIterable<Page>;
  /** One client by PIMS id or display id; null when the PIMS has none. Required when `capabilities.oneClient`. */
  client?(id: string, signal: AbortSignal): Promise<Client | null>;
  /** Reads the catalog of an unknown installation and proposes a mapping. With `samples`, evidence shows values. */
  discover?(options: { samples: boolean; signal: AbortSignal }): Promise<Discovery>;
  /** Frees every connection; safe to call twice. */
  close(): Promise<void>;
}

/** What the engine lends to a connector. */
export interface ConnectorContext {
  practiceId: string;
  /** IANA name; for dates without a zone. */
  timeZone: string;
  /** The folder that relative paths in the settings start from. */
  baseDir: string;
  log(message: string, details?: Record<string, unknown>): void;
}

/** A kind of connector: its settings and how to open it. */
export interface ConnectorDefinition<Settings = unknown> {
  /** Lower-case, as a practice's configuration names it. */
  name: string;
  /** One line for `pims-sync connectors`. */
  summary: string;
  contractVersion: number;
  /** Parses the practice's `connection`; every problem is reported with its path. */
  settings: z.ZodType<Settings>;
  /**
   * The field that staff correct when an email comes back, as the PIMS calls it: `the Email field of Cornerstone`. It reads
   * on after "Correct". Null where the settings do not say.
   */
  emailField?(settings: Settings): string | null;
  open(settings: Settings, context: ConnectorContext): Promise<Connector>;
}

/** Declares a connector. The default export of a connector package is what this returns. */
export function defineConnector<Settings>(
  definition: Omit<ConnectorDefinition<Settings>, 'contractVersion'> & { contractVersion?: number },
): ConnectorDefinition<Settings> {
  return { contractVersion, ...definition };
}
