import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';

interface Document {
  practices?: { id: string; connector: string; connection?: unknown }[];
  [key: string]: unknown;
}

/** Returns the path of a running demo's configuration: the given settings plus each practice's connection. */
export function demoConfigFile(folder: string): string {
  return join(resolve(folder), 'config.yaml');
}

/** Returns the ids of the practices without a connection of their own, for which the demo makes a PIMS. */
export function practicesToMake(configFiles: string): Set<string> {
  const practices = readDocuments(configFiles).flatMap(({ document }) => document.practices ?? []);
  return new Set(practices.filter(({ connection }) => connection === undefined).map(({ id }) => id));
}

/**
 * Writes the demo's configuration, which commands in a second terminal read too.
 *
 * @param configFiles the value of `PIMS_SYNC_CONFIG`
 * @param connections by practice id; a practice with a connection of its own keeps it
 */
export function writeDemoConfig(configFiles: string, folder: string, connections: Record<string, unknown>): string {
  const documents = readDocuments(configFiles);
  const practices = documents.flatMap(({ document, baseDir }) =>
    (document.practices ?? []).map((practice) => ({
      ...practice,
      connector: practice.connector.startsWith('.') ? resolve(baseDir, practice.connector) : practice.connector,
      connection: practice.connection ?? connections[practice.id],
    })),
  );
  const merged = { ...Object.assign({}, ...documents.map(({ document }) => document)), practices } as Document;
  const file = demoConfigFile(folder);
  writeFileSync(file, stringify(merged), { mode: 0o600 });
  return file;
}

function readDocuments(configFiles: string): { document: Document; baseDir: string }[] {
  return configFiles.split(',').map((name) => {
    const file = resolve(name.trim());
    return { document: (parse(readFileSync(file, 'utf8')) ?? {}) as Document, baseDir: dirname(file) };
  });
}
