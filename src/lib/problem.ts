/** What went wrong, told to three readers: a program (`code`), a log (`message`), a person (`help`). */
export interface ProblemParts {
  /** Stable, kebab-case; programs and tests match on this, never on the message. */
  code: string;
  /** One sentence that names the thing given. Never holds a secret. */
  message: string;
  /** The next step for the person who reads it. */
  help?: string;
  cause?: unknown;
}

/** An error that was expected to be possible. Anything else that is thrown is a defect. */
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

/** True for a `Problem`, optionally only for one of the given codes. */
export function isProblem(error: unknown, ...codes: string[]): error is Problem {
  return error instanceof Problem && (codes.length === 0 || codes.includes(error.code));
}

/** The code of any thrown value: a Problem's own, a system error's, or `unexpected`. */
export function codeOf(error: unknown): string {
  if (error instanceof Problem) return error.code;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code.toLowerCase().replaceAll('_', '-') : 'unexpected';
}

/** One sentence for people about any thrown value, with the next step where there is one. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Problem) return error.help ? `${error.message} ${error.help}` : error.message;
  return error instanceof Error ? error.message : String(error);
}
