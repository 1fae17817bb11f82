import { PimsProblem } from '../../errors.js';
import type { Mapping } from './mapping.js';
import { namedTables, type NamedTable } from './mapped-columns.js';
import { renameHelp } from './rename.js';

const aliases: Record<string, string> = { c: 'clients', p: 'pets', o: 'ownerships' };

/**
 * Rewords the problem of a missing column or table. A server names the column by an alias of our SQL (`c.email`) or
 * without its table. The installer needs the table, and the place in the mapping where the right name goes.
 */
export function placeMissing(error: unknown, mapping: Mapping): unknown {
  if (!(error instanceof PimsProblem) || error.code !== 'pims-schema-differs' || !error.missing) return error;
  const tables = namedTables(mapping);
  const missing = error.missing.toLowerCase();
  const table = tables.find((each) => sameTable(each.table, missing));
  if (table) {
    return problem(
      error,
      table.table,
      `The PIMS has no table or view ${table.table} that this login can see.`,
      `Name the right one as \`mapping.${table.path}.table\`, or let its owner grant SELECT on it to this login.`,
    );
  }
  const [column = '', alias] = missing.split('.').reverse();
  const having = tables.flatMap((each) => {
    const named = each.columns.filter((one) => one.column.toLowerCase() === column);
    return named.length === 0 ? [] : [{ ...each, named }];
  });
  const ofAlias = having.filter((each) => alias !== undefined && isCalled(each, alias));
  const found = ofAlias.length > 0 ? ofAlias : having;
  const [first] = found;
  if (!first?.named[0]) return error;
  const name = first.named[0].column;
  const where = found.map((each) => each.table).join(' or ');
  const help = found.map((each) => renameHelp(each.named)).join(' Or: ');
  return problem(error, name, `${where} has no column ${name}.`, help);
}

/** Compares table names. Servers prefix a database or an owner, or omit both. */
function sameTable(ours: string, theirs: string): boolean {
  const mine = ours.toLowerCase();
  return mine === theirs || theirs.endsWith(`.${mine}`) || mine.endsWith(`.${theirs}`);
}

function isCalled({ path }: NamedTable, alias: string): boolean {
  return path === aliases[alias] || (alias.startsWith('j_') && path.toLowerCase().endsWith(`.joins.${alias.slice(2)}`));
}

function problem(cause: PimsProblem, missing: string, message: string, help: string): PimsProblem {
  const look = 'Run "pims-sync check" to see the names that are there.';
  return new PimsProblem({ code: 'pims-schema-differs', missing, message, help: `${help} ${look}`, cause });
}
