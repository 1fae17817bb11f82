import { sqlErrors } from '../sql-error.js';
import type { Source } from './ast.js';
import { quoteName } from './literal.js';
import { sameName } from './scope.js';
import type { ScopeColumn, Scope } from './scope.js';
import { systemView } from './system-views.js';
import type { ResultItem, Translation } from './translation.js';

/** Translates FROM to MariaDB SQL; adds each source to the scope before conditions and columns are resolved. */
export function sourceSql(source: Source, scope: Scope, on: Translation): string {
  switch (source.kind) {
    case 'join': {
      const left = sourceSql(source.left, scope, on);
      const right = sourceSql(source.right, scope, on);
      const condition = source.on === null ? '' : ` ON ${on.condition(source.on, scope)}`;
      return `(${left} ${source.type} JOIN ${right}${condition})`;
    }
    case 'derived': {
      // A derived table sees the sources of outer queries, but not its neighbours in FROM.
      const { sql, columns } = on.subquery(source.query, scope.outer, source.columns);
      scope.add({ alias: source.alias, columns: namedColumns(columns, source.alias), table: null });
      return `(${sql}) AS ${quoteName(source.alias)}`;
    }
    case 'table':
      return tableSql(source, scope, on);
  }
}

function tableSql(source: Extract<Source, { kind: 'table' }>, scope: Scope, on: Translation): string {
  const { schema, name } = locate(source.path, on);
  const alias = source.alias ?? name;
  if (scope.sources.some((each) => sameName(each.alias, alias))) {
    throw sqlErrors.syntax(alias, 'two sources in FROM have this name');
  }
  const cte = source.path.length === 1 ? on.ctes.get(name.toLowerCase()) : undefined;
  if (cte !== undefined) {
    scope.add({ alias, columns: cte, table: null });
    return `${quoteName(name)} AS ${quoteName(alias)}`;
  }
  const view = systemView(schema, name, on.session.database, on.catalog, (table, column) =>
    column === undefined ? on.access.maySeeTable(table) : on.access.maySeeColumn(table, column),
  );
  if (view !== null) {
    scope.add({ alias, columns: view.columns, table: null });
    return `(${view.sql}) AS ${quoteName(alias)}`;
  }
  const table = sameName(schema, 'dbo') ? on.catalog.get(name.toLowerCase()) : undefined;
  if (table === undefined) throw sqlErrors.object(source.path.join('.'));
  if (!on.access.maySeeTable(table.name)) {
    throw sqlErrors.tableDenied('SELECT', table.name, on.session.database);
  }
  on.tables.add(table.name);
  if (!source.hints.some((hint) => ['NOLOCK', 'READUNCOMMITTED', 'READPAST'].includes(hint)))
    on.waitsFor.add(table.name);
  scope.add({ alias, columns: table.columns, table: table.name });
  return `${quoteName(table.name)} AS ${quoteName(alias)}`;
}

/** Returns schema and name of `a`, `s.a` or `d.s.a`; databases other than the current one have no objects here. */
function locate(path: string[], on: Translation): { schema: string; name: string } {
  const [name = '', schema = 'dbo', database = on.session.database] = [...path].reverse();
  if (path.length > 3 || !sameName(database, on.session.database)) throw sqlErrors.object(path.join('.'));
  return { schema, name };
}

/** Checks that every column of a derived table has a unique name. */
export function namedColumns(items: ResultItem[], source: string): ScopeColumn[] {
  const seen = new Set<string>();
  return items.map(({ name, type }, at) => {
    if (name === '') throw sqlErrors.unnamedColumn(at + 1, source);
    if (seen.has(name.toLowerCase())) throw sqlErrors.twiceNamed(name, source);
    seen.add(name.toLowerCase());
    return { name, type };
  });
}
