import type { Connector, ConnectorContext } from '../contract.js';
import { checkSql } from './check.js';
import { discoverSql } from './discover/discover.js';
import { mergeMapping, type MappingInput } from './mapping/mapping.js';
import { createReader } from './reader.js';
import { type Opened, type Practice, withPractice } from './settings.js';

/** The settings of a practice that decide what to read. */
export interface SqlConnectorSettings {
  /** Override of the connector's own mapping. */
  mapping?: Record<string, unknown> | undefined;
  practice?: Practice;
}

/**
 * Creates a connector for a PIMS with a SQL database from a driver and the PIMS's usual mapping.
 *
 * @throws PimsProblem `pims-settings-wrong` if the mapping is not usable with the override
 */
export function createSqlConnector(
  { driver, place }: Opened,
  defaults: MappingInput,
  settings: SqlConnectorSettings,
  context: ConnectorContext,
): Connector {
  const mapping = mergeMapping(defaults, withPractice(defaults, settings.mapping, settings.practice));
  const reader = createReader(driver, mapping, context);
  return {
    capabilities: { oneClient: true },
    check: (signal) => checkSql({ driver, mapping, reader, place, timeZone: context.timeZone }, signal),
    clients: (options) => reader.clients(options),
    client: (id, signal) => reader.client(id, signal),
    // Ignores the setting `practice`, because its filter is not part of the mapping.
    discover: (options) => discoverSql(driver, { defaults, override: settings.mapping }, options),
    close: () => driver.close(),
  };
}
