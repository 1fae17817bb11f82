/** The parts of an error for three readers: a program (`code`), a log (`message`), a person (`help`). */
export interface ProblemParts {
  /** Stable, kebab-case. Programs and tests match on this, never on the message. */
  code: string;
  /** One sentence that names the offending input. Never contains a secret. */
  message: string;
  /** The next step for the person who reads it. */
  help?: string;
  cause?: unknown;
}

/** An anticipated error. Any other thrown error is a defect. */
export class Problem extends Error {
  readonly code: string;
  readonly help: string | undefined;

  constructor(parts: ProblemParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = 'Problem';
    this.code = parts.code;
    this.help = parts.help;
  }
}

/** Returns true for a `Problem`, optionally only for one of the given codes. */
export function isProblem(error: unknown, ...codes: string[]): error is Problem {
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
