import type { Connector, ConnectorContext } from '../contract.js';
import type { SqlDriver } from '../drivers/driver.js';
import { checkSql } from './check.js';
import { discoverSql } from './discover/discover.js';
import { mergeMapping, type Mapping, type MappingInput } from './mapping.js';
import { createReader } from './reader.js';

export interface SqlConnectorParts {
  driver: SqlDriver;
  mapping: Mapping;
  /** The connector's own mapping and the practice's override, from which `discover` computes differences. */
  defaults?: MappingInput;
  override?: Record<string, unknown> | undefined;
  context: ConnectorContext;
  /** Name of the database in findings; holds no credentials. */
  place: string;
}

/** Creates a connector for a PIMS with a SQL database from a driver and a mapping of its tables. */
export function createSqlConnector(parts: SqlConnectorParts): Connector {
  const { driver, mapping, context, place, defaults, override } = parts;
  const reader = createReader(driver, mapping, context);
  return {
    capabilities: { oneClient: true },
    check: (signal) => checkSql({ driver, mapping, reader, place, timeZone: context.timeZone }, signal),
    clients: (options) => reader.clients(options),
    client: (id, signal) => reader.client(id, signal),
    async discover(options) {
      // Ignores the setting `practice`, because its filter is not part of the mapping.
      const mappings = defaults
        ? { usual: mergeMapping(defaults), current: mergeMapping(defaults, override) }
        : { usual: mapping, current: mapping };
      return discoverSql(driver, mappings, options);
    },
    close: () => driver.close(),
  };
}
