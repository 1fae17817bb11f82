import type { Connector, ConnectorContext, Page } from '../../../src/connectors/contract.js';
import type { Client } from '../../../src/domain/client/client.js';

export const context: ConnectorContext = {
  practiceId: 'elm-street',
  timeZone: 'America/Chicago',
  baseDir: process.cwd(),
  log: () => {},
};

export const never = new AbortController().signal;

/** Every page of a connector. */
export async function readPages(connector: Connector, pageSize = 100): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of connector.clients({ cursor: null, pageSize, signal: never })) pages.push(page);
  return pages;
}

/** Reads every client of a connector. */
export async function readClients(connector: Connector, pageSize = 100): Promise<Client[]> {
  return (await readPages(connector, pageSize)).flatMap((page) => page.clients);
}
