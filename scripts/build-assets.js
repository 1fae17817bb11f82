// What the compiler leaves undone, run after it by `npm run build`: copies the files that are no TypeScript
// (templates, style sheets, pictures), removes what has no source any more (a deleted migration must not run
// again), and makes the command line executable.
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url));
const src = join(root, 'src');
const dist = join(root, 'dist');

/** Paths of all files below a folder, relative to it. */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

const isTypeScript = (path) => /\.tsx?$/.test(path);
const isCompiled = (path) => /\.(js|js\.map|d\.ts)$/.test(path);
const isBookkeeping = (path) => path.startsWith('.');

function hasSource(path) {
  const stem = path.replace(/\.(js|js\.map|d\.ts)$/, '');
  return (
    existsSync(join(src, path)) ||
    (isCompiled(path) && ['.ts', '.tsx'].some((end) => existsSync(join(src, stem + end))))
  );
}

for (const path of filesIn(dist)) {
  if (!isBookkeeping(path) && !hasSource(path)) rmSync(join(dist, path));
}
for (const path of filesIn(src).filter((each) => !isTypeScript(each))) {
  mkdirSync(dirname(join(dist, path)), { recursive: true });
  copyFileSync(join(src, path), join(dist, path));
}
if (existsSync(join(dist, 'main.js'))) chmodSync(join(dist, 'main.js'), 0o755);
