import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './stranger.js';

/** Returns the code blocks of a document that have a file name, ```` ```js title="index.js" ````, by that name. */
export function filesIn(document: string): Record<string, string> {
  const text = readFileSync(join(root, document), 'utf8');
  const blocks = text.matchAll(/^```\w+ title="([^"]+)"\n(.*?)^```$/gms);
  return Object.fromEntries([...blocks].map(([, name, content]) => [name!, content!]));
}
