import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineConnector, type Connector, type Page } from '../../src/connectors/index.js';
import { findConnector, openConnector } from '../../src/connectors/registry.js';
import { makeClient, makePet } from './conformance/memory.js';
import { context } from './support/read.js';

const secret = 'SECRETNAME ann.smith@post.example';
const never = new AbortController().signal;
const options = { cursor: null, pageSize: 1000, signal: never };
const page = (clients: unknown[], more: object = {}): Page =>
  ({ clients, unreadable: [], cursor: null, ...more }) as Page;
const clients = (count: number, over: object = {}): unknown[] =>
  Array.from({ length: count }, (_, n) => ({ ...makeClient(n + 1), ...over }));

/** Opens a connector that is not built in, as the engine does. */
const open = (members: object): Promise<Connector> =>
  openConnector(
    defineConnector({
      name: 'cloudy',
      summary: 'Clouds',
      settings: z.object({}),
      open: () =>
        Promise.resolve({
          capabilities: { oneClient: true },
          check: () => Promise.resolve({ findings: [], problems: [] }),
          clients: () => pagesOf(),
          client: () => Promise.resolve(null),
          close: () => Promise.resolve(),
          ...members,
        } as Connector),
    }),
    {},
    context,
  );

async function* pagesOf(...pages: Page[]): AsyncGenerator<Page> {
  await Promise.resolve();
  yield* pages;
}

async function read(...pages: Page[]): Promise<Page[]> {
  const connector = await open({ clients: () => pagesOf(...pages) });
  const found: Page[] = [];
  for await (const one of connector.clients(options)) found.push(one);
  return found;
}

const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe('connector packages: a page', () => {
  it('is passed on unchanged if it keeps the contract', async () => {
    const given = page(clients(3), {
      unreadable: [{ reference: '9', reason: 'It has no name.', mayBe: ['9'] }],
    });
    expect(await read(given)).toEqual([given]);
  });

  const pets = (...all: object[]) => ({ pets: all });
  it.each([
    ['deleted: 0', { deleted: 0 }, 'deleted is not true or false'],
    ['inactive that is undefined', { inactive: undefined }, 'inactive is not true or false'],
    ['no list of emails', { emails: null }, 'emails is not a list'],
    ['no phones', { phones: undefined }, 'phones is not a list'],
    ['unknownStatus that is undefined', { unknownStatus: undefined }, 'unknownStatus is not text'],
    ['31 February', { createdOn: '2020-02-31' }, 'createdOn is not a day that exists'],
    ['a Date', { createdOn: new Date() }, 'createdOn is not text'],
    ['a NUL in a name', { firstName: 'An\0n' }, 'firstName holds a NUL'],
    ['an unknown member', { ssn: 1 }, 'has an unknown member, ssn'],
    ['members that are data', { 'Ann Smith': 1 }, 'it has an unknown member'],
    ['an unknown pet status', pets(makePet('1', { status: 'alive' as 'active' })), 'pets.status is none of active,'],
    ['a pet twice', pets(makePet('1'), makePet('1')), 'pets hold a pet twice'],
    ['a pet with a long key', pets(makePet('1'.repeat(129))), 'pets.pimsId is longer than 128'],
    ['a share of 200', pets(makePet('1', { share: 200 })), 'pets.share'],
  ])('has an unreadable client if it is %s', async (_what, over, said) => {
    const [{ clients: whole, unreadable } = page([])] = await read(
      page([...clients(2), makeClient(17, over as object)]),
    );
    expect(whole.map(({ pimsId }) => pimsId)).toEqual(['1', '2']);
    expect(unreadable).toEqual([{ reference: '17', reason: expect.stringContaining(said) as unknown, mayBe: ['17'] }]);
    expect(unreadable[0]?.reason).toContain('a fault of connector cloudy');
    expect(unreadable[0]?.reason).not.toContain('Ann Smith');
  });

  it.each([
    ['a number', 1],
    ['the text null', 'null'],
    ['the text undefined', 'undefined'],
    ['an object as text', '[object Object]'],
    ['empty', ''],
    ['too long', '1'.repeat(129)],
    ['absent', undefined],
  ])('marks no client as missing if a key is %s, since the row may belong to any client', async (_what, pimsId) => {
    const [found] = await read(page([...clients(2), { ...makeClient(3), pimsId }]));
    expect(found?.unreadable).toEqual([
      { reference: 'client 3 of page 1', reason: expect.any(String) as unknown, mayBe: null },
    ]);
  });

  it.each([
    ['null', null],
    ['a number', 5],
    ['a list', [makeClient(1)]],
    ['a function', () => secret],
  ])('does not accept %s as a client', async (_what, client) => {
    const [found] = await read(page([client]));
    expect(found).toMatchObject({ clients: [], unreadable: [{ mayBe: null }] });
  });

  it('guard: refuses both clients with the same key', async () => {
    const [found] = await read(page([...clients(3), makeClient(2, { firstName: 'Bo' })]));
    expect(found?.clients.map(({ pimsId }) => pimsId)).toEqual(['1', '3']);
    expect(found?.unreadable.map(({ mayBe }) => mayBe)).toEqual([['2'], ['2']]);
  });

  it.each([
    ['no reference', { reason: 'x' }],
    ['keys that are numbers', { reference: '1', reason: 'x', mayBe: [1] }],
    ['a row', { reference: '1', reason: 'x', row: secret }],
  ])('marks no client as missing because of an unreadable row with %s', async (_what, row) => {
    const [found] = await read(page([], { unreadable: [row] }));
    expect(found?.unreadable).toMatchObject([{ reference: 'unreadable row 1 of page 1', mayBe: null }]);
    expect(inspect(found)).not.toContain('SECRET');
  });

  it.each([
    [
      'many clients are wrong',
      [page(clients(400, { deleted: 0 }))],
      'gave 400 of 400 rows in a wrong shape: deleted is not true or false',
    ],
    [
      'small pages are wrong again and again',
      Array.from({ length: 30 }, (_, n) =>
        page([makeClient(n, { deleted: 0 as unknown as boolean })], { cursor: `${n}` }),
      ),
      'deleted is not true or false',
    ],
    ['it has no clients', [{ unreadable: [], cursor: null }], 'clients is not a list'],
    ['its cursor is a number', [page([], { cursor: 7 })], 'cursor is not text'],
    ['its cursor is empty', [page([], { cursor: '' })], 'cursor'],
    ['it is null', [null], 'it is not an object'],
  ])('fails the read if %s', async (_what, pages, said) => {
    await expect(read(...(pages as Page[]))).rejects.toMatchObject({
      code: 'pims-read-failed',
      message: expect.stringMatching(/^Connector cloudy gave /) as unknown,
      help: expect.stringContaining('to its author') as unknown,
    });
    expect(inspect(await thrownBy(read(...(pages as Page[]))))).toContain(said);
  });

  it('guard: continues if a few of many rows are wrong', async () => {
    const given = clients(1000);
    for (let at = 0; at < 10; at++) given[at * 50] = { ...makeClient(at * 50 + 1), deleted: 0 };
    const [found] = await read(page(given));
    expect([found?.clients.length, found?.unreadable.length]).toEqual([990, 10]);
  });

  it('guard: closes the connector when the read fails', async () => {
    let left = false;
    async function* bad(): AsyncGenerator<Page> {
      try {
        await Promise.resolve();
        yield page([], { cursor: 7 });
      } finally {
        left = true;
      }
    }
    const connector = await open({ clients: bad });
    await expect(connector.clients(options)[Symbol.asyncIterator]().next()).rejects.toThrow('cursor');
    expect(left).toBe(true);
  });
});

/** An object whose every access throws. */
const trap = (): unknown =>
  new Proxy(new Error('x'), {
    get: () => {
      throw new Error(secret);
    },
    getPrototypeOf: () => {
      throw new Error(secret);
    },
  });

const thrown: [string, () => unknown, RegExp][] = [
  ['a TypeError', () => new TypeError(secret), /^Connector cloudy failed in \S+: TypeError\.$/],
  ['a class of its own', () => new (class CloudyError extends Error {})(secret), /: CloudyError\.$/],
  ['an error that is named by data', () => Object.assign(new Error('x'), { name: secret }), /: Error\.$/],
  ['an error of the system', () => Object.assign(new Error(secret), { code: 'ECONNRESET' }), /: Error ECONNRESET\.$/],
  ['a code that is data', () => Object.assign(new Error(secret), { code: 'SECRETNAME' }), /: Error\.$/],
  ['a text', () => secret, /it threw string, which is no error/],
  ['null', () => null, /it threw null/],
  ['an object', () => ({ message: secret, code: 'x' }), /it threw object/],
  ['a trap', trap, /^Connector cloudy failed in \S+\.$/],
];

describe('connector packages: errors of a package', () => {
  const calls: [string, (connector: Connector) => Promise<unknown>][] = [
    ['clients', (connector) => connector.clients(options)[Symbol.asyncIterator]().next()],
    ['client', (connector) => connector.client!('1', never)],
    ['check', (connector) => connector.check(never)],
    ['discover', (connector) => connector.discover!({ samples: false, signal: never })],
    ['close', (connector) => connector.close()],
  ];

  it.each(thrown)('is reported as a fault of the connector, without its text: %s', async (_what, make, says) => {
    for (const [name, call] of calls) {
      for (const fails of [
        () => {
          throw make();
        },
        () => Promise.reject(make() as Error),
      ]) {
        const iterable = () => ({ [Symbol.asyncIterator]: () => ({ next: fails }) });
        const connector = await open({ [name]: name === 'clients' ? iterable : fails });
        const error = await thrownBy(call(connector));
        expect(error).toMatchObject({
          code: 'connector-fault',
          message: expect.stringMatching(says) as unknown,
        });
        expect((error as Error).message).toContain(`${name}()`);
        expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/SECRET|post\.example/);
      }
    }
  });

  it('keeps the code and retry time of a PimsProblem, and removes the texts it quotes', async () => {
    const retryAt = new Date('2026-03-01T10:00:00Z');
    const own = Object.assign(new Error(`Row 'Ann Smith' of ann@post.example ${'x'.repeat(900)}`), {
      code: 'pims-busy',
      help: "Ask 'Ann Smith'.",
      retryAt,
      cause: secret,
      row: secret,
    });
    const connector = await open({ check: () => Promise.reject(own) });
    const error = (await thrownBy(connector.check(never))) as Error;
    expect(error).toMatchObject({ code: 'pims-busy', retryAt });
    expect(error.message.length).toBeLessThanOrEqual(300);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/SECRET|Ann Smith|post\.example/);
  });

  it('keeps the reason of an abort', async () => {
    const stop = new AbortController();
    const connector = await open({
      check: () => {
        stop.abort(new Error('stopped'));
        return Promise.reject(new Error(secret));
      },
    });
    expect(await thrownBy(connector.check(stop.signal))).toBe(stop.signal.reason);
  });

  it('in close() does not hide why the read failed', async () => {
    const fails = () => Promise.reject(new Error(secret));
    const connector = await open({ check: fails, close: fails });
    await expect(connector.check(never)).rejects.toMatchObject({ code: 'connector-fault' });
    await expect(connector.close()).resolves.toBeUndefined();
  });

  it.each([
    ['client()', { client: () => Promise.resolve({ ...makeClient(1), deleted: 0 }) }, 'deleted is not true or false'],
    ['client()', { client: () => Promise.resolve(undefined) }, 'it '],
    ['check()', { check: () => Promise.resolve({ findings: 'fine' }) }, 'findings is not a list'],
  ])('a wrong answer of %s is a fault of the connector', async (where, members, said) => {
    const connector = await open(members);
    const call = where === 'check()' ? connector.check(never) : connector.client!('1', never);
    const error = (await thrownBy(call)) as Error;
    expect(error).toMatchObject({ code: 'pims-read-failed' });
    expect(error.message).toContain(`Connector cloudy gave something wrong in ${where}: ${said}`);
  });

  it('in open() or in a member names the connector, too', async () => {
    const definition = defineConnector({
      name: 'cloudy',
      summary: 'x',
      settings: z.object({}),
      open: () => Promise.reject(new TypeError(secret)),
    });
    const message = 'Connector cloudy failed in open(): TypeError.';
    await expect(openConnector(definition, {}, context)).rejects.toMatchObject({
      code: 'connector-fault',
      message,
    });
    await expect(
      open({
        get capabilities() {
          throw new TypeError(secret);
        },
      }),
    ).rejects.toMatchObject({ code: 'connector-fault', message });
  });
});

describe('connector packages: a whole package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pims-guard-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const install = (name: string, files: Record<string, string>): void => {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, 'node_modules', name, file), text);
  };

  it('is reported with its version and the place in its code', async () => {
    install('pims-connector-cloudy', {
      'package.json': '{"name": "pims-connector-cloudy", "version": "0.1.0"}',
      'read.js': `\n\nexports.read = (row) => row.${'SECRETNAME'}.toString();`,
      'index.js': `const { read } = require('./read.js');
        module.exports = { name: 'cloudy', summary: 'x', contractVersion: 1,
          settings: { safeParseAsync: async (data) => ({ success: true, data }) },
          open: async () => ({ capabilities: { oneClient: false },
            check: async () => read({}), clients: async function* () { read({}); }, close: async () => {} }) };`,
    });
    const connector = await openConnector(await findConnector('pims-connector-cloudy', folder), {}, context);
    await expect(connector.clients(options)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'connector-fault',
      message: 'Connector cloudy 0.1.0 failed in clients(): TypeError at read.js:3.',
    });
  });

  it('that throws while it is loaded is reported without its text', async () => {
    install('pims-connector-thrower', { 'index.js': `throw new TypeError('${secret}');` });
    const error = await thrownBy(findConnector('pims-connector-thrower', folder));
    expect(error).toMatchObject({ code: 'pims-settings-wrong' });
    expect(inspect(error, { depth: 9 })).toContain('TypeError');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('SECRET');
  });

  it('guard: an unhandled rejection of a package ends no process, and its text is not logged', () => {
    const program = `
      import { openConnector } from '${process.cwd()}/dist/src/connectors/registry.js';
      const definition = { name: 'cloudy', summary: 'x', contractVersion: 1,
        settings: { safeParseAsync: async (data) => ({ success: true, data }) },
        open: async () => ({ capabilities: { oneClient: false },
          async check() {
            setTimeout(() => Promise.reject('${secret}'), 1);
            Promise.reject(new Error('${secret}'));
            return { findings: [], problems: [] };
          },
          async *clients() {}, async close() {} }) };
      const log = (message, details) => console.log(message, JSON.stringify(details));
      const connector = await openConnector(definition, {}, { practiceId: 'elm', timeZone: 'UTC', baseDir: '/', log });
      await connector.check(new AbortController().signal);
      await new Promise((resolve) => setTimeout(resolve, 100));
      console.log('alive');
      Promise.reject(new Error('our own'));`;
    const { status, stdout, stderr } = spawnSync('node', ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect(stdout.match(/Connector cloudy failed/g)).toHaveLength(2);
    expect(stdout).toContain('alive');
    expect(`${stdout}${stderr}`).not.toContain('SECRET');
    // An error of our own code ends the process as usual.
    expect([status, stderr]).toEqual([1, expect.stringContaining('our own')]);
  });
});
