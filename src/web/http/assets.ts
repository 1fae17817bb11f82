import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the static files. */
export const publicFolder = fileURLToPath(new URL('../public', import.meta.url));

const versions = new Map(
  readdirSync(publicFolder).map((name) => {
    const digest = createHash('sha256')
      .update(readFileSync(join(publicFolder, name)))
      .digest('base64url');
    return [name, digest.slice(0, 10)];
  }),
);

/** Returns the URL of a static file. The URL changes with the content, so browsers may cache it forever. */
export function asset(name: string): string {
  return `/assets/${name}?v=${versions.get(name) ?? 'none'}`;
}
