import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../src/platform/package-root.js';

/**
 * Installs the example connector and its dependencies where a practice's configuration finds it, as `npm install`
 * would.
 */
export function installExamplePlugin(demoFolder: string): void {
  const modules = join(demoFolder, 'node_modules');
  rmSync(modules, { recursive: true, force: true });
  mkdirSync(modules, { recursive: true });
  const example = join(packageRoot, 'examples/pims-connector-openvpms');
  cpSync(example, join(modules, 'pims-connector-openvpms'), { recursive: true });
  symlinkSync(packageRoot, join(modules, 'pims-sync'));
  for (const name of ['mysql2', 'zod']) symlinkSync(join(packageRoot, 'node_modules', name), join(modules, name));
}
