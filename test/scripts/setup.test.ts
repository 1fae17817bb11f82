import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { makeProject, run, type Ended } from './support.js';

/** The commands that the scripts need on any machine; a PATH with only these represents a bare one. */
const basics = ['bash', 'env', 'dirname', 'date', 'tr', 'awk', 'mkdir', 'id', 'flock', 'grep', 'cat', 'sort', 'npm'];

describe('scripts/setup on a machine that lacks something', () => {
  let remove: () => Promise<void> = () => Promise.resolve();
  afterEach(() => remove());

  /** Runs setup with a PATH of the basic commands and the given ones, each a shell script. */
  async function setupWith(commands: Readonly<Record<string, string>>): Promise<Ended> {
    const made = await makeProject();
    remove = made.remove;
    const bin = join(made.folder, 'bin');
    await mkdir(bin);
    for (const name of basics) {
      const { stdout } = await run('/', ['bash', '-c', `command -v ${name}`]);
      if (stdout.trim() !== '') await symlink(stdout.trim(), join(bin, name));
    }
    for (const [name, text] of Object.entries(commands)) {
      await writeFile(join(bin, name), `#!/usr/bin/env bash\n${text}\n`);
      await chmod(join(bin, name), 0o755);
    }
    // The scripts search the sbin folders too; a variable of bash's start-up file removes them again.
    await writeFile(join(made.folder, 'bare'), `trap 'PATH="${bin}"' DEBUG\nset -T\n`);
    return run(made.folder, ['scripts/setup'], { PATH: bin, BASH_ENV: join(made.folder, 'bare') });
  }

  it('names the supported Node.js versions', async () => {
    const ended = await setupWith({ node: 'echo 18.20.4' });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('Node.js 18.20.4 is not supported');
    expect(ended.stderr).toContain('Install Node.js 22 or 24');
  });

  it('lists what is missing if there is no apt', async () => {
    const ended = await setupWith({ node: 'echo 22.20.0' });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('no apt-get');
    for (const name of ['g++', 'unixodbc-dev', 'redis-tools', 'mariadb-server-core']) {
      expect(ended.stderr).toContain(name);
    }
    expect(ended.stderr).toContain('docker compose up');
  });

  it('prints the command for an administrator if it may not install', async () => {
    const ended = await setupWith({
      node: 'echo 22.20.0',
      'apt-get': 'exit 1',
      id: '[ "$1" = -u ] && echo 1000 || echo me',
    });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('me may not install them');
    expect(ended.stderr).toContain('apt-get install --no-install-recommends');
  });

  it('prints apt’s output if apt fails', async () => {
    const ended = await setupWith({
      node: 'echo 22.20.0',
      'apt-get': 'echo "E: no such package today"; exit 100',
      id: '[ "$1" = -u ] && echo 0 || echo root',
      tail: 'cat "$3"',
    });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('E: no such package today');
    expect(ended.stderr).toContain('apt-get could not install');
  });
});
