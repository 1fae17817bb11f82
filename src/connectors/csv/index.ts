/**
 * Reads any PIMS that can export its clients and patients as CSV files. This connector is also a good one to copy: its
 * settings name every mistake, `open` does no work, and reading has its own modules.
 */
import { resolve } from 'node:path';
import { defineConnector, type Connector, type ConnectorContext } from '../contract.js';
import { checkSource } from './check.js';
import { discoverFolder } from './discover.js';
import { readOne, readPages } from './read.js';
import { csvSettings, type CsvSettings } from './settings.js';
import { openSource } from './source.js';
import { usualHeaders } from './header-aliases.js';

export default defineConnector<CsvSettings>({
  name: 'csv',
  summary: 'Files of clients and patients that any PIMS exports as CSV',
  label: 'the CSV files',
  settings: csvSettings,
  emailField: exportedEmailField,
  open: async (settings, context) => openCsv(settings, context),
});

/** Names the email field. Staff correct it in the PIMS, not in the file; the column identifies the field. */
function exportedEmailField({ clients: file, mapping }: CsvSettings): string {
  const columns = (mapping.clients.emails ?? []).map((column) => `"${column}"`).join(' or ');
  const field = 'the email address in your practice software';
  return columns ? `${field} (exported to ${file} as ${columns})` : `${field} (exported to ${file})`;
}

/** Creates a connector on two files. Each read opens the files again, so it sees an export replaced overnight. */
export function openCsv(settings: CsvSettings, context: ConnectorContext, usual = usualHeaders): Connector {
  const source = (signal: AbortSignal) => openSource(settings, usual, context, signal);

  return {
    capabilities: { oneClient: true },

    check: (signal) => checkSource(source, settings.rowsInMemory, signal),

    async *clients(options) {
      yield* readPages(await source(options.signal), options, settings.rowsInMemory);
    },

    client: async (id, signal) => readOne(await source(signal), id, signal),

    discover: (options) => discoverFolder(resolve(context.baseDir, settings.folder), settings, usual, options),

    // Files are open only while they are scanned.
    close: async () => {},
  };
}
