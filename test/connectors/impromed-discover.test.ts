import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import type { Connector } from '../../src/connectors/contract.js';
import impromed from '../../src/connectors/impromed/index.js';
import { openConnector } from '../../src/connectors/registry.js';
import { guid, impromedClient, impromedCodes, impromedPatient, impromedTables } from './support/impromed.js';
import { context, never, readClients } from './support/read.js';
import { type Row, sqlServer, type SqlServer, type Tables } from './support/sql-server.js';

/** Returns the same rows with a column under another name. */
function renamed<T>(row: Record<string, T>, from: string, to: string): Record<string, T> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name === from ? to : name, value]));
}

/** ImproMed with the email column renamed, and a table of breeds under an unknown name. */
const tables = {
  ...impromedTables,
  CLIENTS: renamed(impromedTables['CLIENTS']!, 'EMAIL_ADDRESS', 'E_MAIL'),
  BREEDS: { BREED_GUID: 'guid', BREED_NAME: 'nvarchar(50)' },
} as Tables;
const rows: Record<string, Row[]> = {
  CLIENTS: [1, 2, 3].map((number) => renamed(impromedClient(number), 'EMAIL_ADDRESS', 'E_MAIL')),
  PATIENTS: [
    impromedPatient(1, 1, { BREED_GUID: guid(9, 'a') }),
    impromedPatient(2, 2, { SEX: 'F', DECEASED_DATE: '2022-05-06 00:00:00' }),
    impromedPatient(3, 3, { SEX: 'U' }),
  ],
  BREEDS: [{ BREED_GUID: guid(9, 'a'), BREED_NAME: 'Beagle' }],
  ...impromedCodes,
};

describe('discover: an installation with few differences', () => {
  let server: SqlServer;
  const opened: Connector[] = [];
  async function open(settings: Record<string, unknown> = {}): Promise<Connector> {
    const connector = await openConnector(impromed, { ...server.settings, ...settings }, context);
    opened.push(connector);
    return connector;
  }
  async function discover(settings: Record<string, unknown> = {}): Promise<Record<'proposal' | 'whole', string>> {
    const { proposal, whole } = await (await open(settings)).discover!({ samples: false, signal: never });
    return { proposal, whole: whole! };
  }

  beforeAll(async () => {
    server = await sqlServer(tables, rows);
  });
  afterEach(async () => {
    for (const connector of opened.splice(0)) await connector.close();
  });
  afterAll(() => server.stop());

  const differs = {
    clients: { emails: ['E_MAIL'] },
    pets: {
      joins: { breed: { table: 'dbo.BREEDS', on: { BREED_GUID: 'BREED_GUID' } } },
      breed: 'breed.BREED_NAME',
    },
  };

  it('prints only the lines that differ from its own mapping', async () => {
    const { proposal } = await discover();
    expect(parse(proposal)).toEqual({ mapping: differs });
    expect(proposal).toMatch(/^# Only these lines differ .* Paste them under/);
  });

  it.each(['proposal', 'whole'] as const)(
    'loses nothing that its own mapping reads if the %s is pasted',
    async (text) => {
      const { mapping } = parse((await discover())[text]) as { mapping: Record<string, unknown> };
      const connector = await open({ mapping });
      expect((await connector.check(never)).problems).toEqual([]);
      expect(await readClients(connector)).toMatchObject([
        {
          emails: ['c1@example.com'],
          pets: [{ breed: 'Beagle', sex: 'male', neutered: true, species: 'dog' }],
        },
        { emails: ['c2@example.com'], pets: [{ sex: 'female', neutered: false, status: 'deceased' }] },
        { emails: ['c3@example.com'], pets: [{ sex: 'unknown', neutered: null }] },
      ]);
    },
  );

  it('keeps the practice’s existing mapping, so that its block can be replaced', async () => {
    const mapping = {
      clients: { emails: ['E_MAIL'], classification: null },
      codes: { species: { bun: 'rabbit' } },
    };
    const { proposal } = await discover({ mapping, practice: 1 });
    expect(parse(proposal)).toEqual({
      mapping: {
        ...differs,
        clients: mapping.clients,
        codes: mapping.codes,
      },
    });
    // The filter belongs to the setting `practice`.
    expect(proposal).not.toContain('where');
  });

  it('does not propose entries that the practice has removed', async () => {
    const clients = { emails: [], phones: { home: null, work: null } };
    const { proposal } = await discover({ mapping: { clients, pets: { diedOn: null } } });
    expect(parse(proposal)).toEqual({ mapping: { clients, pets: { ...differs.pets, diedOn: null } } });
  });

  it('names missing columns in the evidence', async () => {
    const { evidence } = await (await open()).discover!({ samples: false, signal: never });
    expect(evidence).toContainEqual('dbo.CLIENTS has no column EMAIL_ADDRESS; it does have E_MAIL.');
    expect(evidence.join('\n')).toMatch(/emails = E_MAIL \(.*\): 100 % filled, 3 distinct/);
  });
});
