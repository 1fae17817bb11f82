import type { ErrorDefinition } from './errors/definition.js';
import { pimsErrors } from './errors/pims-errors.js';
import { requestErrors } from './errors/request-errors.js';
import { serviceErrors } from './errors/service-errors.js';

/** The code of an anticipated error. Stable, kebab-case: programs and tests match on it, never on the message. */
export type ErrorCode = keyof typeof requestErrors | keyof typeof serviceErrors | keyof typeof pimsErrors;

/** Every anticipated error by code; docs/errors.md lists the same. */
export const errors: Readonly<Record<ErrorCode, ErrorDefinition>> = {
  ...requestErrors,
  ...serviceErrors,
  ...pimsErrors,
};

/** The parts of an error for three readers: a program (`code`), a log (`message`), a person (`help`). */
export interface ProblemParts {
  code: ErrorCode;
  /** One sentence that names the offending input. Never contains a secret. */
  message: string;
  /** The next step for the person who reads it. Default: the one of the code. */
  help?: string | undefined;
  cause?: unknown;
}

/** An anticipated error. Any other thrown error is a defect. */
export class Problem extends Error {
  readonly code: ErrorCode;
  readonly help: string | undefined;

  constructor(parts: ProblemParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = 'Problem';
    this.code = parts.code;
    // Another version may have recorded a code that this one does not know.
    this.help = parts.help ?? (errors[parts.code] as ErrorDefinition | undefined)?.help;
  }
}

/** Returns true for a `Problem`, optionally only for one of the given codes. */
export function isProblem(error: unknown, ...codes: ErrorCode[]): error is Problem {
  return error instanceof Problem && (codes.length === 0 || codes.includes(error.code));
}

/** Returns the code of any thrown value: a Problem's own, a system error's, or `unexpected`. */
export function codeOf(error: unknown): string {
  if (error instanceof Problem) return error.code;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code.toLowerCase().replaceAll('_', '-') : 'unexpected';
}

/** Describes any thrown value in one sentence for people, followed by the next step if there is one. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Problem) return error.help ? `${error.message} ${error.help}` : error.message;
  return error instanceof Error ? error.message : String(error);
}
