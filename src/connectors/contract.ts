import type { z } from 'zod';
import type { Client } from '../domain/client/client.js';

/** Increases when a member changes its meaning; a connector package states the version it was written for. */
export const contractVersion = 1;

export interface Capabilities {
  /** The connector can read one client by its PIMS id or display id without reading the others. */
  oneClient: boolean;
}

/** A row that the connector cannot read: its place and the reason, never its content. */
export interface Unreadable {
  /** Helps a person find the row: its key, or its place if the key is unreadable too. */
  reference: string;
  /** A short sentence without data of the row. */
  reason: string;
  /**
   * The keys of the clients that the row may belong to; none of them counts as missing. Null if it may belong to any
   * client: then no client counts as missing in this read. If omitted, a `reference` that equals the key of a known
   * client means that client, and any other `reference` means null.
   */
  mayBe?: readonly string[] | null | undefined;
}

/** One page of clients in the source's own key order. A page that fails is an error, never an empty page. */
export interface Page {
  clients: Client[];
  unreadable: Unreadable[];
  /** Pass this to `clients()` to continue after this page; null on the last page. Opaque outside the connector. */
  cursor: string | null;
}

export interface ReadOptions {
  /** Where to continue; null starts at the beginning. */
  cursor: string | null;
  /** Clients per page, 1 to 5000. */
  pageSize: number;
  /** Aborting ends the read with the abort reason, and closes the connection. */
  signal: AbortSignal;
}

/** The result of `check` in plain words for an installer. Holds no personal data. */
export interface CheckReport {
  /** Proven facts, one per line: "table pp_client: 18 of 18 columns found". */
  findings: string[];
  /** Problems that stop a sync, such as a missing column or a refused login. */
  problems: { code: string; message: string; help?: string }[];
}

/** A proposed mapping for an installation that has none yet. */
export interface Discovery {
  /** YAML text to paste under the practice's `connection` after a person has reviewed it. */
  proposal: string;
  /** The complete mapping, if `proposal` holds only the differences from the connector's own mapping. */
  whole?: string;
  /** Reasons: tables, column types, fill rates, distinct counts. No personal data unless `samples` is set. */
  evidence: string[];
}

/** An open connector for one practice. It reads; it never writes and never schedules. */
export interface Connector {
  capabilities: Capabilities;
  /** Connects, proves every named table and column, and reads one small page. */
  check(signal: AbortSignal): Promise<CheckReport>;
  clients(options: ReadOptions): AsyncIterable<Page>;
  /** Reads one client by PIMS id or display id; null if the PIMS has none. Required if `capabilities.oneClient`. */
  client?(id: string, signal: AbortSignal): Promise<Client | null>;
  /** Reads the catalog of an unknown installation and proposes a mapping. With `samples`, the evidence shows values. */
  discover?(options: { samples: boolean; signal: AbortSignal }): Promise<Discovery>;
  /** Closes every connection; safe to call twice. */
  close(): Promise<void>;
}

/** Facts and functions that the engine passes to a connector. */
export interface ConnectorContext {
  practiceId: string;
  /** IANA name; applies to dates without a zone. */
  timeZone: string;
  /** The folder that relative paths in the settings start from. */
  baseDir: string;
  log(message: string, details?: Record<string, unknown>): void;
}

/** A kind of connector: its settings and how to open it. */
export interface ConnectorDefinition<Settings = unknown> {
  /** Lower case, as a practice's configuration names it. */
  name: string;
  /** One line for `pims-sync connectors`. */
  summary: string;
  /** Name of the PIMS on the pages: `Cornerstone`. If omitted, the pages show `name`. */
  label?: string;
  contractVersion: number;
  /** Parses the practice's `connection`; reports every problem with its path. */
  settings: z.ZodType<Settings>;
  /**
   * Names the field that staff correct when an email bounces, as the PIMS calls it: `the Email field of Cornerstone`.
   * The text continues a sentence that starts with "Correct". Null if the settings do not say.
   */
  emailField?(settings: Settings): string | null;
  /**
   * Names the server that the settings lead to, such as `10.20.2.5:1433`, always in the same spelling and without
   * credentials. pims-sync reads at most two practices of one server at a time. Null if there is none, such as for files.
   */
  server?(settings: Settings): string | null;
  open(settings: Settings, context: ConnectorContext): Promise<Connector>;
}

/** Declares a connector. A connector package exports the result as its default export. */
export function defineConnector<Settings>(
  definition: Omit<ConnectorDefinition<Settings>, 'contractVersion'> & { contractVersion?: number },
): ConnectorDefinition<Settings> {
  return { contractVersion, ...definition };
}
