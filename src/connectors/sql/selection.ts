import type { Dialect } from '../drivers/driver.js';
import { PimsProblem } from '../errors.js';
import { quote, quoteTable } from './dialect.js';
import type { Mapping } from './mapping/mapping.js';

type Joins = Mapping['clients']['joins'];

/**
 * The columns that a mapping names, and no others. Selects each column once, under a short result name that no engine
 * folds or shortens. Includes only the joins that a named column needs.
 */
export interface Selection {
  /** Adds a column of the table or of a join (`join.COLUMN`). Returns its name in result rows. */
  column(reference: string): string;
  /** Returns a column of the table for use in conditions. */
  own(column: string): string;
  /** Returns the SQL between SELECT and FROM. */
  list(): string;
  /** Returns the joins, each on its own line. */
  joined(): string;
}

export function createSelection(dialect: Dialect, alias: string, joins: Joins, where: string): Selection {
  const names = new Map<string, string>();
  const used = new Set<string>();

  function place(reference: string): string {
    const dot = reference.indexOf('.');
    if (dot < 0) return `${alias}.${quote(dialect, reference)}`;
    const join = reference.slice(0, dot);
    if (!joins[join]) {
      throw new PimsProblem({
        code: 'pims-settings-wrong',
        message: `The mapping names ${where}.${reference}, but has no join "${join}" there.`,
        help: `Add it under \`mapping.${where}.joins\`, or name a column of the table itself.`,
      });
    }
    used.add(join);
    return `j_${join}.${quote(dialect, reference.slice(dot + 1))}`;
  }

  return {
    column(reference) {
      let name = names.get(reference);
      if (name === undefined) {
        place(reference);
        name = `${alias}${names.size}`;
        names.set(reference, name);
      }
      return name;
    },
    own: (column) => `${alias}.${quote(dialect, column)}`,
    list: () => [...names].map(([reference, name]) => `${place(reference)} AS ${quote(dialect, name)}`).join(', '),
    joined: () =>
      [...used]
        .map((name) => {
          const { table, on } = joins[name] as NonNullable<Joins[string]>;
          const pairs = Object.entries(on).map(
            ([theirs, ours]) => `j_${name}.${quote(dialect, theirs)} = ${alias}.${quote(dialect, ours)}`,
          );
          return `\n  LEFT JOIN ${quoteTable(dialect, table)} j_${name} ON ${pairs.join(' AND ')}`;
        })
        .join(''),
  };
}
