import type { Capabilities, ConnectorContext, ConnectorDefinition } from '../contract.js';
import type { PimsProblemCode } from '../errors.js';

/**
 * A connector on trial, the source it reads, and what the trial may do to that source. Only the first two are needed;
 * every other member lets more cases run, and a case whose member is absent is reported as not run, never as passed.
 */
export interface Subject {
  definition: ConnectorDefinition;
  /** As a practice's configuration has them, before they are parsed. */
  settings: unknown;
  context?: Partial<ConnectorContext>;

  /** What is known about the source. */
  expected?: {
    clients?: number;
    pets?: number;
    unreadable?: number;
    /** What the connector must declare; cases for what it says it cannot do are then left out beforehand. */
    capabilities?: Capabilities;
  };
  /** Texts that are secret beside the passwords and tokens found in the settings by their names. */
  secrets?: string[];
  /** Texts planted in the source that no error, log, report or reason may repeat, for example in unreadable rows. */
  canaries?: string[];
  /** How many clients the cases compare at most; reading a whole practice a dozen times helps nobody. Default 200. */
  limit?: number;
  /** After this long without an answer a case fails; it guards against hanging and measures nothing. Default 15,000. */
  hangAfterMs?: number;

  /** Settings of a source that has no clients. */
  empty?: unknown;
  /** Settings of a source with very many clients, and how much memory a read of it may take. Default 128 MB. */
  large?: { settings: unknown; clients: number; limitMb?: number };
  /** Settings whose login may only read. */
  readOnly?: unknown;
  /** Settings that must be refused, each with its code: a wrong password, a renamed column. */
  refusals?: Refusal[];
  faults?: {
    /** Breaks every open connection (or file) and refuses new ones until `end`. */
    cut?: Fault;
    /** Locks what the connector reads, so that it must wait. */
    lock?: Fault;
    /** The source accepts and never answers. */
    stall?: Fault;
  };
  /** Every statement that the source has received since the subject was made. */
  statements?: () => Promise<string[]> | string[];
  /** Columns that exist in the source and must never be named in a statement: social security numbers and the like. */
  forbiddenColumns?: string[];
  /** A digest of all that is in the source, to prove that reading left it as it was. */
  fingerprint?: () => Promise<string>;
}

/** Settings that parse, but that the source refuses. */
export interface Refusal {
  /** What is wrong, for the name of the case: "a wrong password". */
  name: string;
  settings: unknown;
  code: PimsProblemCode;
  /** For `pims-schema-differs`: the table or column that the problem must name. */
  missing?: string;
}

/** Something that goes wrong while a connector reads. */
export interface Fault {
  /** Settings that lead to the place that fails, with short timeouts; the subject's own when absent. */
  settings?: unknown;
  begin(): Promise<void> | void;
  /** Puts everything right again. */
  end(): Promise<void> | void;
}

/** One case of the suite: loop over them in any test runner. */
export interface ConformanceCase {
  name: string;
  /** Why it cannot run with this subject; a runner should skip it. */
  notRun?: string;
  /** Resolves when the connector keeps the rule; rejects with a sentence when it does not. */
  run(): Promise<void>;
}

/** What became of one case. */
export interface ConformanceResult {
  name: string;
  outcome: 'passed' | 'failed' | 'not run';
  /** Why it failed or was not run. Never holds data of a client or a secret. */
  why?: string;
}
