import { Problem } from '../../lib/problem.js';

declare const made: unique symbol;

/**
 * The practices whose people someone may see. Every query about people takes one, and only `staff.ts` and
 * `api-tokens.ts` make them from the database: isolation is kept by the type, not by remembering it on each page.
 */
export interface AllowedPractices {
  readonly [made]: true;
  readonly ids: readonly string[];
  /** For `IN (...)`: never an empty list, which would not be SQL; nobody's practice then. */
  readonly idsForQuery: string[];
  has(practiceId: string): boolean;
  /**
   * The id itself when it is allowed. The refusal does not tell whether such a practice exists.
   *
   * @throws Problem `not-found`
   */
  require(practiceId: string): string;
}

/** Only for the store: pages get theirs from `allowedTo`. */
export function allowPractices(ids: readonly string[]): AllowedPractices {
  const known = new Set(ids);
  return {
    ids: [...ids],
    idsForQuery: ids.length > 0 ? [...ids] : [''],
    has: (practiceId: string) => known.has(practiceId),
    require(practiceId: string) {
      if (known.has(practiceId)) return practiceId;
      throw new Problem({ code: 'not-found', message: 'There is nothing at this address.' });
    },
  } as unknown as AllowedPractices;
}
