import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, Connector, ConnectorContext, Page, Unreadable } from '../../../src/connectors/index.js';
import { openCsv } from '../../../src/connectors/csv/index.js';
import { csvSettings } from '../../../src/connectors/csv/settings.js';
import type { z } from 'zod';

export interface Folder {
  path: string;
  /** Writes a file with a modification time of half an hour ago. */
  write(name: string, content: string | Buffer): void;
  remove(): void;
}

export function makeFolder(files: Record<string, string | Buffer> = {}): Folder {
  const path = mkdtempSync(join(tmpdir(), 'pims-csv-'));
  const folder: Folder = {
    path,
    write(name, content) {
      writeFileSync(join(path, name), content);
      const halfAnHourAgo = Date.now() / 1000 - 1800;
      utimesSync(join(path, name), halfAnHourAgo, halfAnHourAgo);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
  for (const [name, content] of Object.entries(files)) folder.write(name, content);
  return folder;
}

export const context: ConnectorContext = {
  practiceId: 'test',
  timeZone: 'America/Chicago',
  baseDir: '/',
  log: () => {},
};

export const openFolder = (folder: Folder, settings: Partial<z.input<typeof csvSettings>> = {}): Connector =>
  openCsv(csvSettings.parse({ folder: folder.path, ...settings }), context);

export interface Everything {
  clients: Client[];
  unreadable: Unreadable[];
  pages: Page[];
}

export async function readAll(
  connector: Connector,
  options: { pageSize?: number; cursor?: string | null } = {},
): Promise<Everything> {
  const everything: Everything = { clients: [], unreadable: [], pages: [] };
  const signal = new AbortController().signal;
  for await (const page of connector.clients({ cursor: null, pageSize: 100, signal, ...options })) {
    everything.pages.push(page);
    everything.clients.push(...page.clients);
    everything.unreadable.push(...page.unreadable);
  }
  return everything;
}
