import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import type { Connector } from '../../src/connectors/contract.js';
import cornerstone from '../../src/connectors/cornerstone/index.js';
import { openConnector } from '../../src/connectors/registry.js';
import { cornerstoneTables, insert, ordinaryClient, ordinaryClients, ordinaryPet } from './support/cornerstone.js';
import { odbcBodies, type OdbcBody } from './support/odbc-bodies.js';
import { context, never, readClients, readPages } from './support/read.js';

for (const { name, types, open, why } of odbcBodies) {
  describe(`Cornerstone over ODBC on ${name}`, () => {
    if (!open) {
      it.skip(why, () => {});
      return;
    }
    let body: OdbcBody;
    const opened: Connector[] = [];
    async function cornerstoneWith(settings: Record<string, unknown> = {}): Promise<Connector> {
      const { connectionString, dialect } = body;
      const connector = await openConnector(cornerstone, { connectionString, dialect, ...settings }, context);
      opened.push(connector);
      return connector;
    }

    beforeAll(async () => {
      body = await open();
      await body.run(
        ...cornerstoneTables(types),
        insert(
          'pp_client',
          ordinaryClient(7, {
            client_number: 'A100 ',
            title: 'Ms',
            first_name: 'Ann',
            last_name: "O'Neill   ",
            spouse_first: 'Bob',
            email: 'ann@example.com; bob@example.com',
            phone2: '780-555-0102',
            phone2_label: null,
            classification: 'REG',
            created_at: '2019-03-04 23:59:59',
          }),
        ),
        insert(
          'pp_client',
          ordinaryClient(9, {
            is_inactive: 1,
            sends_reminders: 0,
            practice_id: 'OAK',
            created_at: '1900-01-01 00:00:00',
          }),
        ),
        insert('pp_client', { client_key: 12 }),
        insert(
          'pp_patient',
          ordinaryPet(1),
          ordinaryPet(2, {
            species: 'Fel',
            sex: 'MN',
            is_neutered: null,
            birth_date: '1899-12-30',
            death_date: '2021-01-01',
          }),
          ordinaryPet(3, {
            species: 'Gryphon',
            sex: '?',
            is_neutered: null,
            birth_date: '2077-01-01',
            is_inactive: 1,
          }),
          ordinaryPet(4, { death_date: '2078-01-01' }),
        ),
        insert(
          'pp_ownership',
          { patient_key: 1, client_key: 7, ownership_pct: 60, is_primary: 1 },
          { patient_key: 1, client_key: 9, ownership_pct: 40, is_primary: 0 },
          { patient_key: 2, client_key: 7, ownership_pct: 100, is_primary: null },
          { patient_key: 3, client_key: 9, ownership_pct: null, is_primary: null },
          { patient_key: 4, client_key: 9, ownership_pct: 50, is_primary: null },
          { patient_key: 99, client_key: 9, ownership_pct: 100, is_primary: 1 },
        ),
        ...ordinaryClients(25, 100),
      );
    });
    afterAll(async () => {
      for (const connector of opened) await connector.close();
      await body?.remove();
    });

    it('reads a client with names, phones and both of its pets', async () => {
      const [ann] = await readClients(await cornerstoneWith());
      expect(ann).toMatchObject({
        pimsId: '7',
        displayId: 'A100',
        siteId: 'ELM',
        title: 'Ms',
        firstName: 'Ann',
        lastName: "O'Neill",
        spouseFirstName: 'Bob',
        emails: ['ann@example.com; bob@example.com'],
        phones: [
          { label: 'Home', number: '555-0100' },
          { label: null, number: '780-555-0102' },
        ],
        inactive: false,
        optOut: null,
        classification: 'REG',
        createdOn: '2019-03-04',
      });
      expect(ann?.pets).toMatchObject([
        {
          pimsId: '1',
          species: 'dog',
          sex: 'male',
          neutered: true,
          bornOn: '2020-02-03',
          status: 'active',
          share: 60,
          primaryOwner: true,
        },
        {
          pimsId: '2',
          species: 'cat',
          neutered: true,
          bornOn: null,
          diedOn: '2021-01-01',
          status: 'deceased',
          share: 100,
          primaryOwner: true,
        },
      ]);
    });

    it('shows a shared pet to each owner, and keeps unknown codes', async () => {
      const clients = await readClients(await cornerstoneWith());
      const other = clients.find(({ pimsId }) => pimsId === '9');
      expect(other).toMatchObject({
        inactive: true,
        optOut: 'sends_reminders',
        createdOn: null,
        siteId: 'OAK',
      });
      expect(other?.pets).toMatchObject([
        { pimsId: '1', share: 40, primaryOwner: false },
        {
          pimsId: '3',
          species: 'other',
          speciesRaw: 'Gryphon',
          sex: 'unknown',
          sexRaw: '?',
          bornOn: null,
          status: 'inactive',
          primaryOwner: true,
        },
        // An impossible date of death may still mean a death: the pet counts as neither alive nor dead.
        { pimsId: '4', diedOn: null, status: 'unknown', share: 50, primaryOwner: false },
      ]);
    });

    it('reads a row that has only a key', async () => {
      const clients = await readClients(await cornerstoneWith());
      expect(clients.find(({ pimsId }) => pimsId === '12')).toMatchObject({
        lastName: null,
        emails: [],
        pets: [],
      });
    });

    it.each([1, 2, 7, 28, 100])('returns the same clients in pages of %i, and from every cursor', async (pageSize) => {
      const connector = await cornerstoneWith();
      const all = await readClients(connector, 5000);
      const pages = await readPages(connector, pageSize);
      expect(pages.flatMap(({ clients }) => clients)).toEqual(all);
      expect(pages).toHaveLength(Math.ceil(28 / pageSize));
      expect(pages.slice(0, -1).every(({ cursor }) => cursor !== null)).toBe(true);
      expect(pages.at(-1)?.cursor).toBeNull();
      const middle = pages[Math.floor((pages.length - 1) / 2)]!;
      if (middle.cursor === null) return;
      const rest = [];
      for await (const page of connector.clients({ cursor: middle.cursor, pageSize, signal: never }))
        rest.push(...page.clients);
      const seen = pages.slice(0, pages.indexOf(middle) + 1).flatMap(({ clients }) => clients).length;
      expect(rest).toEqual(all.slice(seen));
    });

    it('reads one practice of a shared database, without pets of the others', async () => {
      const clients = await readClients(await cornerstoneWith({ practice: 'OAK' }), 2);
      expect(clients.map(({ pimsId }) => pimsId)).toEqual(['9']);
      expect(clients[0]?.pets.map(({ pimsId }) => pimsId)).toEqual(['1', '3', '4']);
      expect(await readClients(await cornerstoneWith({ practice: ['OAK', 'ELM'] }), 7)).toHaveLength(27);
    });

    it('finds one client by key or by the number that staff see, or returns none', async () => {
      const connector = await cornerstoneWith();
      expect(await connector.client!('7', never)).toMatchObject({
        firstName: 'Ann',
        pets: [{ pimsId: '1' }, { pimsId: '2' }],
      });
      expect(await connector.client!('A100', never)).toMatchObject({ pimsId: '7' });
      expect(await connector.client!("x' OR '1'='1", never)).toBeNull();
      expect(await connector.client!('4711', never)).toBeNull();
      const other = await cornerstoneWith({ practice: 'OAK' });
      expect(await other.client!('7', never)).toBeNull();
    });

    it('check: proves its mapping and reports its findings in plain words', async () => {
      const { findings, problems } = await (await cornerstoneWith()).check(never);
      expect(problems).toEqual([]);
      expect(findings.join('\n')).toMatch(/pp_client: 19 of 19 columns found/);
      expect(findings).toContainEqual('28 rows of clients and 29 of pets.');
      expect(findings).toContainEqual('The newest client is from 2024-05-06.');
      expect(findings).toContainEqual('pp_patient.species: CANINE × 27, Fel × 1, Gryphon × 1.');
      expect(findings.join('\n')).toMatch(/unknown codes: Gryphon × 1\. Add them under `mapping\.codes`/);
      expect(findings.join('\n')).toMatch(/27 of 28 \(96 %\) with a usable email, 27 of 28 \(96 %\) with a living pet/);
      expect(findings.join('\n')).not.toMatch(/Ann|Neill|example\.com/);
    });

    it('check: names a missing view and a renamed column, and the names that exist', async () => {
      const mapping = {
        clients: { lastName: 'lastname' },
        ownerships: { table: 'pp_ownerships' },
      };
      const { problems } = await (await cornerstoneWith({ mapping })).check(never);
      expect(problems).toMatchObject([
        {
          code: 'pims-schema-differs',
          message: expect.stringMatching(/has no column lastname; it does have last_name/) as unknown,
          help: expect.stringContaining('`mapping: { clients: { lastName: last_name } }`') as unknown,
        },
        {
          code: 'pims-schema-differs',
          message: expect.stringMatching(/no table or view pp_ownerships .*; it does have .*pp_ownership/) as unknown,
        },
      ]);
    });

    it('reports the missing column or view when a read fails', async () => {
      const column = readClients(await cornerstoneWith({ mapping: { pets: { breed: 'race' } } }));
      await expect(column).rejects.toMatchObject({
        code: 'pims-schema-differs',
        missing: 'race',
        message: 'pp_patient has no column race.',
        help: expect.stringMatching(/`mapping\.pets\.breed`.*pims-sync check/) as unknown,
      });
      const email = readClients(await cornerstoneWith({ mapping: { clients: { emails: ['mail'] } } }));
      await expect(email).rejects.toMatchObject({ message: 'pp_client has no column mail.' });
      const view = readClients(await cornerstoneWith({ mapping: { clients: { table: 'pp_clients' } } }));
      await expect(view).rejects.toMatchObject({
        code: 'pims-schema-differs',
        missing: 'pp_clients',
        help: expect.stringMatching(/`mapping\.clients\.table`/) as unknown,
      });
    });

    it('discover: proposes nothing if the views match, and prints the whole mapping on request', async () => {
      const { proposal, whole, evidence } = await (
        await cornerstoneWith()
      ).discover!({ samples: false, signal: never });
      expect(proposal).toMatch(/There is nothing to paste/);
      expect(parse(proposal)).toEqual({ mapping: {} });
      for (const line of [
        'key: client_key',
        'keyType: integer',
        'lastName: last_name',
        'species: species',
        'client: client_key',
        'sends_reminders: false',
      ]) {
        expect(whole).toContain(line);
      }
      expect(evidence.join('\n')).toMatch(/lastName = last_name \(.*char.*\): 96 % filled, 27 distinct/);
      expect(evidence.join('\n')).not.toMatch(/Neill|example\.com/);
    });
  });
}
