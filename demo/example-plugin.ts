import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where the demo keeps the connector packages that do not come with pims-sync. */
export function pluginFolder(demoFolder: string): string {
  return join(demoFolder, 'plugins');
}

/**
 * Puts the example connector where a practice's configuration finds it, as `npm install` would: the package itself, and
 * beside it what it needs.
 */
export function installExamplePlugin(demoFolder: string): void {
  const modules = join(pluginFolder(demoFolder), 'node_modules');
  rmSync(modules, { recursive: true, force: true });
  mkdirSync(modules, { recursive: true });
  const example = join(root, 'examples/pims-connector-openvpms');
  cpSync(example, join(modules, 'pims-connector-openvpms'), { recursive: true });
  symlinkSync(root, join(modules, 'pims-sync'));
  for (const name of ['mysql2', 'zod']) symlinkSync(join(root, 'node_modules', name), join(modules, name));
}
