import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { builtInConnectors, describePims, findConnector, openConnector } from '../../src/connectors/registry.js';
import { defineConnector } from '../../src/connectors/contract.js';
import { context } from './support/read.js';

const good = `module.exports = { name: 'mine', summary: 'Mine', contractVersion: 1,
  settings: { safeParseAsync: async (data) => ({ success: true, data }) },
  open: async () => ({ capabilities: { oneClient: false },
    check: async () => ({ findings: [], problems: [] }), clients: async function* () {}, close: async () => {} }) };`;

describe('connectors: the registry', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pims-sync-registry-'));
    const files: Record<string, string> = {
      'connectors/mine.js': good,
      'connectors/default.js': good.replace('module.exports =', 'exports.default ='),
      'connectors/empty.js': 'exports.default = undefined;',
      'connectors/text.js': "exports.default = 'hello';",
      'connectors/partly.js': "exports.default = { name: 'partly', summary: 'x', contractVersion: 1 };",
      'connectors/newer.js': good.replace('contractVersion: 1', 'contractVersion: 2'),
      'connectors/named.js': good.replace(
        "summary: 'Mine'",
        "summary: 'Mine', emailField({ word }) { return 'the ' + word + ' field of ' + this.summary; }",
      ),
      'connectors/misnamed.js': good.replace("summary: 'Mine'", "summary: 'Mine', emailField: 'the Email field'"),
      'connectors/broken.js': "require('no-such-thing');",
      'connectors/lazy.js': good
        .replace('clients: async function* () {}, ', '')
        .replace('oneClient: false', 'oneClient: true'),
      'node_modules/pims-connector-mine/index.js': good,
      'node_modules/pims-connector-mine/package.json': '{"name": "pims-connector-mine", "version": "1.0.0"}',
      'node_modules/@clinic/pims/index.js': good,
      'node_modules/@clinic/pims/package.json': '{"name": "@clinic/pims", "version": "1.0.0"}',
      'node_modules/pims-connector-esm/lib/entry.js': good,
      'node_modules/pims-connector-esm/package.json':
        '{"name": "pims-connector-esm", "exports": {".": {"types": "./x.d.ts", "import": "./lib/entry.js"}}}',
      'node_modules/left-over/index.js': 'module.exports = function leftOver() {};',
    };
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('has the built-in connectors by name', async () => {
    expect(builtInConnectors().map(({ name }) => name)).toEqual(['cornerstone', 'avimark', 'impromed', 'csv']);
    for (const definition of builtInConnectors()) {
      expect(await findConnector(definition.name, folder)).toBe(definition);
      expect(definition.summary).toMatch(/\w{3}/);
    }
  });

  it.each([
    './connectors/mine.js',
    './connectors/default.js',
    'pims-connector-mine',
    'pims-connector-esm',
    '@clinic/pims',
  ])('loads %s relative to the configuration, and opens it', async (name) => {
    const definition = await findConnector(name, folder);
    expect(definition.name).toBe('mine');
    const connector = await openConnector(definition, {}, context);
    expect(connector.capabilities).toEqual({ oneClient: false });
  });

  it.each([
    ['./connectors/empty.js', /is not a connector: its default export has no name/],
    ['./connectors/text.js', /is not a connector: it has no default export/],
    [
      './connectors/partly.js',
      /is not a connector: its default export has no settings \(a zod schema\), no open \(a function\)/,
    ],
    [
      './connectors/newer.js',
      /is not a connector: it was written for contract version 2, and this pims-sync has version 1/,
    ],
    ['left-over', /Package left-over is not a connector/],
    ['./connectors/broken.js', /cannot be loaded: .*no-such-thing/],
  ])('reports the error of %s', async (name, message) => {
    await expect(findConnector(name, folder)).rejects.toMatchObject({
      code: 'pims-settings-wrong',
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('reports how to install a missing package', async () => {
    await expect(findConnector('pims-connector-other', folder)).rejects.toMatchObject({
      message: 'There is no connector "pims-connector-other".',
      help: expect.stringMatching(/Built-in connectors: cornerstone, .*npm install pims-connector-other/) as unknown,
    });
    await expect(findConnector('./connectors/other.js', folder)).rejects.toMatchObject({
      help: expect.stringContaining(folder) as unknown,
    });
    await expect(findConnector('rm -rf /', folder)).rejects.toMatchObject({ code: 'pims-settings-wrong' });
  });

  it('names the members that an opened connector lacks', async () => {
    const definition = await findConnector('./connectors/lazy.js', folder);
    await expect(openConnector(definition, {}, context)).rejects.toMatchObject({
      message: expect.stringMatching(
        /the connector that open\(\) returns has no clients, no client \(its capabilities declare one\)/,
      ) as unknown,
    });
  });

  it.each([
    ['cornerstone', { dsn: 'elm', user: 'reader', password: 'x' }, 'the Email field of Cornerstone'],
    ['avimark', { driver: 'csv', folder: 'exports' }, 'the Email field of AVImark'],
    ['impromed', { host: 'db', user: 'reader', password: 'x' }, 'the Email Address field of ImproMed'],
    [
      'csv',
      { folder: 'exports', clients: 'owners.csv', mapping: { clients: { emails: ['E-Mail', 'Email 2'] } } },
      'the email address in your practice software (exported to owners.csv as "E-Mail" or "Email 2")',
    ],
    ['csv', { folder: 'exports' }, 'the email address in your practice software (exported to clients.csv)'],
    ['csv', { folder: 5 }, 'the email field'],
    ['./connectors/named.js', { word: 'Mail' }, 'the Mail field of Mine'],
    ['./connectors/mine.js', {}, 'the email field'],
    ['./connectors/gone.js', {}, 'the email field'],
  ])('gives the field that staff of a practice on %s correct, for %j', async (name, settings, field) => {
    expect((await describePims(name, folder, settings)).emailField).toBe(field);
  });

  it('refuses a connector whose email field is not a function', async () => {
    await expect(findConnector('./connectors/misnamed.js', folder)).rejects.toMatchObject({
      message: expect.stringContaining('emailField that is a function') as unknown,
    });
  });

  it('reports every problem of the settings with its path and none of their values', async () => {
    const definition = defineConnector({
      name: 'strict',
      summary: 'x',
      settings: z.strictObject({ host: z.string(), login: z.strictObject({ password: z.string().min(99) }) }),
      open: () => Promise.reject(new Error('not reached')),
    });
    const opening = openConnector(definition, { host: 5, login: { password: 'hunter2' }, prot: 1 }, context);
    await expect(opening).rejects.toMatchObject({
      code: 'pims-settings-wrong',
      message: expect.stringMatching(
        /practice elm-street .*connection\.host: .*connection\.login\.password: .*connection\.prot: is not a setting/,
      ) as unknown,
    });
    await expect(opening).rejects.not.toMatchObject({
      message: expect.stringContaining('hunter2') as unknown,
    });
  });
});
