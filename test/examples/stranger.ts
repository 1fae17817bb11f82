import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Jest runs in the root of the project. */
export const root = process.cwd();
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** A folder outside the project, with packages installed from what would be published. */
export interface Stranger {
  folder: string;
  /** Packs a folder as for the registry and unpacks it into node_modules, with links to its declared dependencies. */
  install(packageFolder: string): void;
  /** Installs pims-sync: its public API, compiled and packed. */
  installPimsSync(): void;
  write(path: string, content: string): void;
  /** Runs node in the folder; returns its output, or throws with it if the exit status is not 0. */
  node(args: string[], env?: Record<string, string>): string;
  remove(): void;
}

export function makeStranger(): Stranger {
  const folder = mkdtempSync(join(tmpdir(), 'pims-stranger-'));
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  write('package.json', JSON.stringify({ name: 'stranger', private: true, type: 'module' }));

  const stranger: Stranger = {
    folder,
    write,
    install(packageFolder) {
      const packed = execFileSync(
        npm,
        ['pack', '--silent', '--ignore-scripts', `--pack-destination=${folder}`, packageFolder],
        {
          cwd: folder,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      const manifest = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
        name: string;
        dependencies?: Record<string, string>;
      };
      const target = join(modules, manifest.name);
      mkdirSync(target, { recursive: true });
      execFileSync('tar', ['-xzf', join(folder, packed.trim()), '-C', target, '--strip-components=1']);
      // Links replace a registry: an undeclared dependency of a package is missing, and its tests fail.
      for (const name of Object.keys(manifest.dependencies ?? {})) {
        mkdirSync(dirname(join(modules, name)), { recursive: true });
        rmSync(join(modules, name), { force: true });
        symlinkSync(join(root, 'node_modules', name), join(modules, name), 'dir');
      }
    },
    installPimsSync() {
      const build = join(folder, '.build');
      mkdirSync(build);
      copyFileSync(join(root, 'package.json'), join(build, 'package.json'));
      const config = {
        extends: join(root, 'tsconfig.build.json'),
        compilerOptions: {
          rootDir: root,
          outDir: join(build, 'dist'),
          composite: false,
          incremental: false,
          tsBuildInfoFile: null,
          typeRoots: [join(root, 'node_modules/@types')],
        },
        files: ['index.ts', 'conformance/index.ts'].map((file) => join(root, 'src/connectors', file)),
        include: [],
      };
      writeFileSync(join(build, 'tsconfig.json'), JSON.stringify(config));
      execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', build], {
        encoding: 'utf8',
      });
      stranger.install(build);
    },
    node(args, env = {}) {
      const { NODE_OPTIONS: _jests, NODE_TEST_CONTEXT: _tests, ...own } = process.env;
      const { status, stdout, stderr } = spawnSync(process.execPath, args, {
        cwd: folder,
        encoding: 'utf8',
        env: { ...own, ...env },
      });
      if (status !== 0) throw new Error(`node ${args.join(' ')} ended with status ${status}:\n${stdout}${stderr}`);
      return stdout;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  return stranger;
}
