import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of what is served as it is. */
export const publicFolder = fileURLToPath(new URL('../public', import.meta.url));

const versions = new Map(
  readdirSync(publicFolder).map((name) => {
    const digest = createHash('sha256')
      .update(readFileSync(join(publicFolder, name)))
      .digest('base64url');
    return [name, digest.slice(0, 10)];
  }),
);

/** The address of a file there; a changed file has another address, so browsers may keep it for ever. */
export function asset(name: string): string {
  return `/assets/${name}?v=${versions.get(name) ?? 'none'}`;
}
