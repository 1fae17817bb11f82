import { Problem } from '../lib/problem.js';

/** What can be wrong at the PIMS's side, as stable codes; the engine decides by code whether and when to try again. */
export type PimsProblemCode =
  | 'pims-unreachable'
  | 'pims-login-refused'
  | 'pims-busy'
  | 'pims-schema-differs'
  | 'pims-rate-limited'
  | 'pims-driver-missing'
  | 'pims-settings-wrong'
  | 'pims-read-failed'
  | 'connector-fault';

export interface PimsProblemParts {
  code: PimsProblemCode;
  message: string;
  help: string;
  cause?: unknown;
  /** For busy and rate-limited: not before this time. */
  retryAt?: Date;
  /** For schema-differs: the table or column that is missing. */
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
 * True when trying again later may help without a person doing something. Told by the code, not the class: a connector
 * package may bring a copy of this module of its own.
 */
export function mayRetry(error: unknown): boolean {
  const passing = ['pims-unreachable', 'pims-busy', 'pims-rate-limited', 'pims-read-failed', 'connector-fault'];
  return error instanceof Error && passing.includes((error as { code?: unknown }).code as string);
}
