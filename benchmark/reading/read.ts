import { tmpdir } from 'node:os';
import type { Connector, ConnectorContext } from '../../src/connectors/contract.js';
import { findConnector, openConnector } from '../../src/connectors/registry.js';

/** A connector to open, and its settings. */
export interface ReadSource {
  connector: string;
  settings: Record<string, unknown>;
  /** Folder in which a connector package is looked up. */
  baseDir?: string;
}

export const context = (baseDir = tmpdir()): ConnectorContext => ({
  practiceId: 'bench',
  timeZone: 'UTC',
  baseDir,
  log: () => undefined,
});

/** Reads a practice as a sync does, through the connector's public interface, and keeps nothing. */
export async function readClients({ connector, settings, baseDir }: ReadSource): Promise<number> {
  const definition = await findConnector(connector, baseDir ?? tmpdir());
  return readAll(await openConnector(definition, settings, context(baseDir)));
}

/** Reads all pages and closes the connector; returns the number of clients and pets. */
export async function readAll(connector: Connector): Promise<number> {
  let rows = 0;
  try {
    const options = { cursor: null, pageSize: 1000, signal: new AbortController().signal };
    for await (const { clients } of connector.clients(options)) {
      rows += clients.length;
      for (const { pets } of clients) rows += pets.length;
    }
  } finally {
    await connector.close();
  }
  return rows;
}
