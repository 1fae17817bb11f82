// Completes the compiler output; `npm run build` runs it after tsc. Copies files that are not TypeScript (style sheets,
// page scripts, pictures), removes files whose source was deleted (a deleted migration must not run again), and makes
// the commands executable.
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const folders = ['src', 'demo', 'benchmark'];

/** Returns the paths of all files below a folder of the root, relative to `from`. */
function filesIn(folder, from) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(from, join(entry.parentPath, entry.name)));
}

const isTypeScript = (path) => /\.tsx?$/.test(path);
const isCompiled = (path) => /\.(js|js\.map|d\.ts)$/.test(path);
const isBookkeeping = (path) => path.startsWith('.');

function hasSource(path) {
  const stem = path.replace(/\.(js|js\.map|d\.ts)$/, '');
  return (
    existsSync(join(root, path)) ||
    (isCompiled(path) && ['.ts', '.tsx'].some((end) => existsSync(join(root, stem + end))))
  );
}

for (const path of filesIn(dist, dist)) {
  if (!isBookkeeping(path) && !hasSource(path)) rmSync(join(dist, path));
}
for (const folder of folders.filter((name) => existsSync(join(dist, name)))) {
  for (const path of filesIn(join(root, folder), root).filter((one) => !isTypeScript(one) && !one.endsWith('.json'))) {
    mkdirSync(dirname(join(dist, path)), { recursive: true });
    copyFileSync(join(root, path), join(dist, path));
  }
  const command = join(dist, folder, 'main.js');
  if (existsSync(command)) chmodSync(command, 0o755);
}
