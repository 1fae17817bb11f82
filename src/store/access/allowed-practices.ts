import { Problem } from '../../lib/problem.js';
import type { Database } from '../db/database.js';

declare const made: unique symbol;

/**
 * The practices whose data a person may see. Every query about people requires one, and only `staff.ts` and
 * `api-tokens.ts` create them from the database: the type enforces isolation, so no page has to remember it.
 */
export interface AllowedPractices {
  readonly [made]: true;
  readonly ids: readonly string[];
  /** For `IN (...)`: never an empty list, which is invalid SQL; an id of no practice instead. */
  readonly idsForQuery: string[];
  has(practiceId: string): boolean;
  /**
   * Returns the id if it is allowed. The error does not reveal whether such a practice exists.
   *
   * @throws Problem `not-found`
   */
  require(practiceId: string): string;
}

/** Creates the set; only for the store. Pages get theirs from `allowedTo`. */
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

/** Returns the allowed practices by name. */
export async function listPractices(
  db: Database,
  allowed: AllowedPractices,
): Promise<{ id: string; name: string; timeZone: string }[]> {
  return db
    .selectFrom('practices')
    .select(['id', 'name', 'time_zone as timeZone'])
    .where('id', 'in', allowed.idsForQuery)
    .orderBy('name')
    .execute();
}
