import type { Capabilities, ConnectorContext, ConnectorDefinition } from '../contract.js';
import type { PimsProblemCode } from '../errors.js';

/**
 * A connector under test, the source it reads, and what the cases may do to that source. Only `definition` and
 * `settings` are required. Every other member enables more cases; a case whose member is absent is reported as not run,
 * never as passed.
 */
export interface Subject {
  definition: ConnectorDefinition;
  /** Settings as in a practice's configuration, before parsing. */
  settings: unknown;
  context?: Partial<ConnectorContext>;

  /** Known facts about the source. */
  expected?: {
    clients?: number;
    pets?: number;
    unreadable?: number;
    /** The capabilities that the connector must declare. Cases for missing ones are marked as not run in advance. */
    capabilities?: Capabilities;
  };
  /** Secret texts in addition to the passwords and tokens that the names of settings reveal. */
  secrets?: string[];
  /** Texts planted in the source, such as in unreadable rows, that no error, log, report or reason may repeat. */
  canaries?: string[];
  /** Maximum number of clients that the cases compare, to avoid a dozen full reads of a practice. Default 200. */
  limit?: number;
  /** Milliseconds without an answer after which a case fails. Guards against hanging only. Default 15,000. */
  hangAfterMs?: number;

  /** Settings of a source that has no clients. */
  empty?: unknown;
  /** Settings of a source with very many clients, and the memory limit for reading it. Default 128 MB. */
  large?: { settings: unknown; clients: number; limitMb?: number };
  /** Settings with a login that may only read. */
  readOnly?: unknown;
  /** Settings that the source must refuse, each with its code: a wrong password, a renamed column. */
  refusals?: Refusal[];
  faults?: {
    /** Breaks every open connection (or file) and refuses new ones until `end`. */
    cut?: Fault;
    /** Locks the tables that the connector reads, so that it must wait. */
    lock?: Fault;
    /** Makes the source accept connections and never answer. */
    stall?: Fault;
  };
  /** Returns every statement that the source has received since the subject was created. */
  statements?: () => Promise<string[]> | string[];
  /** Columns of the source that no statement may name, such as social security numbers. */
  forbiddenColumns?: string[];
  /** Returns a digest of the whole source, to prove that reading does not change it. */
  fingerprint?: () => Promise<string>;
}

/** Settings that parse but that the source refuses. */
export interface Refusal {
  /** The fault, for the name of the case: "a wrong password". */
  name: string;
  settings: unknown;
  code: PimsProblemCode;
  /** For `pims-schema-differs`: the table or column that the problem must name. */
  missing?: string;
}

/** A failure that a case brings about while a connector reads. */
export interface Fault {
  /** Settings of the source that fails, with short timeouts; the subject's own if absent. */
  settings?: unknown;
  begin(): Promise<void> | void;
  /** Ends the failure. */
  end(): Promise<void> | void;
}

/** One case of the suite. Loop over the cases in any test runner. */
export interface ConformanceCase {
  name: string;
  /** Reason why the case cannot run with this subject; a runner should skip it. */
  notRun?: string;
  /** Resolves if the connector keeps the rule; rejects with a sentence if it does not. */
  run(): Promise<void>;
}

/** The result of one case. */
export interface ConformanceResult {
  name: string;
  outcome: 'passed' | 'failed' | 'not run';
  /** Reason why it failed or was not run. Never holds client data or a secret. */
  why?: string;
}
