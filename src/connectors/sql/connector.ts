import type { Connector, ConnectorContext } from '../contract.js';
import type { SqlDriver } from '../drivers/driver.js';
import { PimsProblem } from '../errors.js';
import { readCatalog } from './catalog.js';
import { checkSql } from './check.js';
import { clockQuery } from './dialect.js';
import { discoverSql } from './discover/discover.js';
import { mergeMapping, type Mapping, type MappingInput } from './mapping.js';
import { createReader } from './reader.js';

export interface SqlConnectorParts {
  driver: SqlDriver;
  mapping: Mapping;
  /** What `discover` tells differences from: the connector's own mapping, and what the practice lays over it. */
  defaults?: MappingInput;
  override?: Record<string, unknown> | undefined;
  context: ConnectorContext;
  /** How findings name the place: no credentials. */
  place: string;
}

/** A connector for any PIMS whose database can be asked: a driver, and a mapping of its tables. */
export function createSqlConnector(parts: SqlConnectorParts): Connector {
  const { driver, mapping, context, place, defaults, override } = parts;
  const reader = createReader(driver, mapping, context);
  return {
    capabilities: {
      delta: tellsChanges(mapping) ? 'timestamp' : 'none',
      oneClient: true,
      sourceClock: true,
    },
    check: (signal) => checkSql({ driver, mapping, reader, place, timeZone: context.timeZone }, signal),
    clients: (options) => reader.clients(options),
    client: (id, signal) => reader.client(id, signal),
    async sourceClock(signal) {
      const [row] = await driver.query(clockQuery[driver.dialect], [], { signal });
      const time = new Date(`${String(row?.utc)}Z`);
      if (!Number.isNaN(time.getTime())) return time;
      throw new PimsProblem({
        code: 'pims-read-failed',
        message: 'The PIMS told its time in a form that cannot be read.',
        help: 'Report this with the kind and version of the database.',
      });
    },
    async catalog(signal) {
      const tables = await readCatalog(driver, signal);
      return tables.map(({ name, columns, rows }) => ({ name, columns, rows }));
    },
    async discover(options) {
      // Without the setting `practice`: its filter belongs to that setting and not to the mapping.
      const mappings = defaults
        ? { usual: mergeMapping(defaults), current: mergeMapping(defaults, override) }
        : { usual: mapping, current: mapping };
      return discoverSql(driver, mappings, options);
    },
    close: () => driver.close(),
  };
}

/**
 * Only where each table that is read has a mark is no change missed: a new pet or a new owner leaves none on the client,
 * nor does a new email in a table of phrases, and what is joined has no mark.
 */
function tellsChanges({ clients, pets, ownerships }: Mapping): boolean {
  const marked = [clients, pets, ...(ownerships === null ? [] : [ownerships])];
  const joins = [...Object.values(clients.joins), ...Object.values(pets.joins)];
  return marked.every(({ modified }) => modified !== null) && joins.every((join) => join === null);
}
