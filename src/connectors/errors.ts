import type { pimsErrors } from '../lib/errors/pims-errors.js';
import { Problem } from '../lib/problem.js';

/** Stable codes of failures at the PIMS; the engine decides by code whether and when to retry. */
export type PimsProblemCode = keyof typeof pimsErrors;

export interface PimsProblemParts {
  code: PimsProblemCode;
  message: string;
  help: string;
  cause?: unknown;
  /** For `pims-busy` and `pims-rate-limited`: the earliest time to retry. */
  retryAt?: Date;
  /** For `pims-schema-differs`: the missing table or column. */
  missing?: string;
}

/** A failure at the PIMS. Its message never holds a connection string, a password or a row. */
export class PimsProblem extends Problem {
  declare readonly code: PimsProblemCode;
  readonly retryAt: Date | undefined;
  readonly missing: string | undefined;

  constructor(parts: PimsProblemParts) {
    super(parts);
    this.name = 'PimsProblem';
    this.retryAt = parts.retryAt;
    this.missing = parts.missing;
  }
}

/**
 * Returns whether a retry may help without any action by a person. Decides by the code, not the class: a connector
 * package may bring its own copy of this module.
 */
export function mayRetry(error: unknown): boolean {
  const passing = ['pims-unreachable', 'pims-busy', 'pims-rate-limited', 'pims-read-failed', 'connector-fault'];
  return error instanceof Error && passing.includes((error as { code?: unknown }).code as string);
}
