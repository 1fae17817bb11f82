import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transform } from '@swc/core';
import { sendRaw, sesClient } from './support.js';

const root = resolve(__dirname, '../../..');
let built = '';

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'local-ses-'));
  await symlink(join(root, 'node_modules'), join(built, 'node_modules'));
  await writeFile(join(built, 'package.json'), '{"type":"module"}');
  for (const folder of ['demo', 'src/lib']) await compile(join(root, folder));
});

afterAll(() => rm(built, { recursive: true, force: true }));

describe('SES stand-in: the endpoint as a process of its own', () => {
  it('prints its URL first, serves, and ends on SIGTERM', async () => {
    const child = start('{"maxSendRate":100}');
    const url = await firstLine(child);
    const client = sesClient(url);
    await sendRaw(client);
    client.destroy();
    const state = (await (await fetch(`${url}/control/state`)).json()) as { accepted: { mails: number } };
    expect(state.accepted.mails).toBe(1);
    child.kill('SIGTERM');
    expect(await exitOf(child)).toBe(0);
  });

  it('also reads its options from LOCAL_SES_OPTIONS, and names invalid ones', async () => {
    const child = start(undefined, '{"maxSendRte":100}');
    let complaint = '';
    child.stderr!.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    expect(await exitOf(child)).toBe(1);
    expect(complaint).toContain('maxSendRte');
  });
});

function start(argument?: string, environment?: string): ChildProcess {
  const script = join(built, 'demo/ses/main.js');
  const env = { ...process.env, ...(environment !== undefined && { LOCAL_SES_OPTIONS: environment }) };
  return spawn(process.execPath, argument === undefined ? [script] : [script, argument], { env });
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolveLine, reject) => {
    child.stdout!.once('data', (chunk: Buffer) => resolveLine(chunk.toString().split('\n')[0]!));
    child.once('exit', (code) => reject(new Error(`It ended with ${code} before it printed a line.`)));
  });
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((done) => child.once('exit', done));
}

/** Compiles a folder of our sources as a build does, because jest does not transform files of another process. */
async function compile(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    const { code } = await transform(await readFile(file, 'utf8'), {
      filename: file,
      swcrc: false,
      module: { type: 'es6' },
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', tsx: true },
        transform: { react: { runtime: 'automatic', importSource: 'preact' } },
      },
    });
    const target = join(built, relative(root, file)).replace(/\.tsx?$/, '.js');
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, code);
  }
}
