import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../src/app/config.js';
import { Secret } from '../src/lib/secret.js';
import { pluginFolder } from './example-plugin.js';

/** Where a running demo writes how to reach its practices' PIMS. */
export function connectionsFile(folder: string): string {
  return join(folder, 'connections.json');
}

/** The configuration with the demo's connections filled in; the same one when no demo runs. */
export function withDemoConnections(config: Config, connections = readConnections(config)): Config {
  if (!connections || !config.demo) return config;
  const baseDir = resolve(pluginFolder(config.demo.folder));
  const practices = config.practices.map((practice) => {
    const connection = connections[practice.id];
    return connection ? { ...practice, baseDir, connection: new Secret(JSON.stringify(connection)) } : practice;
  });
  return Object.freeze({ ...config, practices });
}

function readConnections(config: Config): Record<string, unknown> | null {
  if (!config.demo) return null;
  try {
    return JSON.parse(readFileSync(connectionsFile(config.demo.folder), 'utf8')) as Record<string, unknown>;
  } catch {
    return null;
  }
}
