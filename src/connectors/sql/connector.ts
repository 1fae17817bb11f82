import type { Connector, ConnectorContext } from '../contract.js';
import type { SqlDriver } from '../drivers/driver.js';
import { checkSql } from './check.js';
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
    capabilities: { oneClient: true },
    check: (signal) => checkSql({ driver, mapping, reader, place, timeZone: context.timeZone }, signal),
    clients: (options) => reader.clients(options),
    client: (id, signal) => reader.client(id, signal),
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
