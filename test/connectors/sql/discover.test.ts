import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import avimark from '../../../src/connectors/avimark/index.js';
import cornerstone from '../../../src/connectors/cornerstone/index.js';
import type { Connector } from '../../../src/connectors/contract.js';
import { openConnector } from '../../../src/connectors/registry.js';
import { insert } from '../support/cornerstone.js';
import { type OdbcBody, sqlite } from '../support/odbc-bodies.js';
import { context, never, readClients } from '../support/read.js';

/** A practice software with an unknown schema. */
const tables = [
  `CREATE TABLE customers (customer_id integer PRIMARY KEY, surname varchar(40), given_name varchar(40), email_address varchar(80),
     mobile varchar(20), company integer, suspended smallint, no_email smallint, inactive smallint, entry_date date)`,
  `CREATE TABLE animals (animal_id integer PRIMARY KEY, customer_id integer, animal_name varchar(40), species_id integer,
     gender varchar(10), dob date, deceased_date date)`,
  'CREATE TABLE species (species_id integer PRIMARY KEY, description varchar(40))',
  'CREATE TABLE invoices (invoice_id integer PRIMARY KEY, customer_id integer, total decimal(9,2))',
  insert('customers', {
    customer_id: 1,
    surname: 'Tanaka',
    given_name: 'Yui',
    email_address: 'yui@example.com',
    mobile: '555-0107',
    no_email: 0,
    inactive: 0,
    entry_date: '2024-01-02',
  }),
  insert('customers', { customer_id: 2, surname: 'Okafor', email_address: '', no_email: 1, inactive: 1 }),
  insert('animals', {
    animal_id: 1,
    customer_id: 1,
    animal_name: 'Mochi',
    species_id: 7,
    gender: 'FS',
    dob: '2021-03-04',
  }),
  insert('species', { species_id: 7, description: 'Feline' }),
];

describe('discover: an unknown installation', () => {
  let body: OdbcBody;
  const opened: Connector[] = [];
  async function open(settings: Record<string, unknown> = {}): Promise<Connector> {
    const connector = await openConnector(
      cornerstone,
      { connectionString: body.connectionString, ...settings },
      context,
    );
    opened.push(connector);
    return connector;
  }
  beforeAll(async () => {
    body = await sqlite(...tables);
  });
  afterAll(async () => {
    for (const connector of opened) await connector.close();
    await body.remove();
  });

  it('proposes a mapping that can be pasted, passes check and reads', async () => {
    const { proposal } = await (await open()).discover!({ samples: false, signal: never });
    const connector = await open(parse(proposal) as Record<string, unknown>);
    expect(await connector.check(never)).toMatchObject({ problems: [] });
    expect(await readClients(connector)).toMatchObject([
      {
        pimsId: '1',
        firstName: 'Yui',
        lastName: 'Tanaka',
        emails: ['yui@example.com'],
        phones: [{ label: 'cell', number: '555-0107' }],
        // A number is not a company name, whatever its column is called.
        companyName: null,
        createdOn: '2024-01-02',
        optOut: null,
        pets: [{ name: 'Mochi', species: 'cat', sex: 'female', neutered: true, bornOn: '2021-03-04' }],
      },
      { pimsId: '2', inactive: true, optOut: 'no_email', emails: [] },
    ]);
  });

  it('prints numbers as its evidence, and values only on request', async () => {
    const connector = await open();
    const { evidence } = await connector.discover!({ samples: false, signal: never });
    expect(evidence).toContainEqual('  emails = email_address (varchar(80)): 50 % filled, 2 distinct');
    expect(evidence.join('\n')).not.toMatch(/Tanaka|yui@|Mochi/);
    const shown = await connector.discover!({ samples: true, signal: never });
    expect(shown.evidence.join('\n')).toMatch(/lastName = surname .*such as "Okafor", "Tanaka"/);
  });

  it('reports if nothing looks like clients', async () => {
    const empty = await sqlite('CREATE TABLE t (a integer)');
    const connector = await openConnector(cornerstone, { connectionString: empty.connectionString }, context);
    await expect(connector.discover!({ samples: false, signal: never })).rejects.toMatchObject({
      code: 'pims-schema-differs',
      message: expect.stringMatching(/None of the 1 tables and views .* looks like clients/) as unknown,
    });
    await connector.close();
    await empty.remove();
  });
});

describe('discover: an edition with other tables', () => {
  it('drops a pointer if the column holds the text itself, and a missing table of owners', async () => {
    const columns = (names: string): string =>
      names
        .split(' ')
        .map((name) => `${name} varchar(80)`)
        .join(', ');
    const body = await sqlite(
      `CREATE TABLE CLIENT (CLIENT_ID integer PRIMARY KEY, CLIENT_SUSPEND smallint, CLIENT_ADDED date, CLIENT_CLASS integer,
         ${columns('CLIENT_RECD CLIENT_TITLE CLIENT_FIRST CLIENT_LAST CLIENT_SPOUSE CLIENT_EMAIL CLIENT_AREACODE CLIENT_PHONE CLIENT_BUSINESS')})`,
      `CREATE TABLE ANIMAL (ID integer PRIMARY KEY, ANIMAL_CLIENT integer, ANIMAL_BIRTHDAY date, ANIMAL_DEATH date,
         ${columns('ANIMAL_RECD ANIMAL_NAME ANIMAL_SPECIES ANIMAL_BREED ANIMAL_SEX')})`,
      'CREATE TABLE PHRASE (ID integer PRIMARY KEY, PHRASE_TEXT varchar(80))',
    );
    const settings = { driver: 'odbc', connectionString: body.connectionString };
    const connector = await openConnector(avimark, settings, context);
    const { proposal } = await connector.discover!({ samples: false, signal: never });
    expect(parse(proposal)).toEqual({
      mapping: {
        clients: {
          joins: { emailPhrase: null, cellPhrase: null },
          emails: ['CLIENT_EMAIL'],
          phones: { home: { area: 'CLIENT_AREACODE' }, cell: null },
        },
        ownerships: null,
      },
    });
    expect(proposal).toContain('a flag that blocks email');
    await connector.close();
    const again = await openConnector(avimark, { ...settings, ...(parse(proposal) as object) }, context);
    expect((await again.check(never)).problems).toEqual([]);
    await again.close();
    await body.remove();
  });
});
