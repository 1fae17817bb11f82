import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import openvpms from 'pims-connector-openvpms';
import { createPractice } from './practice.js';

const home = 2;
const correspondence = 1;
const never = new AbortController().signal;
const context = { practiceId: 'test', timeZone: 'Australia/Sydney', baseDir: '.', log: () => {} };

/** @type {Awaited<ReturnType<typeof createPractice>>} */
let practice;
/** @type {import('pims-sync/connector').Connector} */
let connector;
before(async () => {
  practice = await createPractice();
  connector = await openvpms.open(openvpms.settings.parse(practice.settings), context);
});
after(async () => {
  await connector.close();
  await practice.remove();
});

const read = async (id) => connector.client(String(id), never);

describe('an OpenVPMS customer', () => {
  it('is read with the names of its codes', async () => {
    const id = await practice.addCustomer({
      title: 'MS',
      firstName: ' Siân ',
      lastName: 'O’Neill',
      companyName: 'Vets & Co',
      createdDate: '2015-03-04 10:11:12.0 AEDT',
      notes: 'planted: never read',
    });
    await practice.addType(id, 7);
    const client = await read(id);
    assert.deepEqual(client, {
      pimsId: String(id),
      displayId: String(id),
      siteId: null,
      title: 'Ms',
      firstName: 'Siân',
      lastName: 'O’Neill',
      spouseFirstName: null,
      spouseLastName: null,
      companyName: 'Vets & Co',
      emails: [],
      phones: [],
      inactive: false,
      deleted: false,
      optOut: null,
      classification: 'SHELTER',
      unknownStatus: null,
      createdOn: '2015-03-04',
      lastVisitOn: null,
      pets: [],
    });
  });

  it('is inactive when its bit is 0 or NULL', async () => {
    const zero = await practice.addCustomer({}, { active: 0 });
    const nothing = await practice.addCustomer({}, { active: null });
    assert.equal((await read(zero)).inactive, true);
    assert.equal((await read(nothing)).inactive, true);
  });

  it('has its emails in the order of the vendor: preferred correspondence, correspondence, preferred, rest', async () => {
    const id = await practice.addCustomer();
    const add = (emailAddress, preferred, purposes, more) =>
      practice.addContact(id, 'email', { emailAddress, preferred }, { purposes, ...more });
    await add('rest@example.com', false, [home]);
    await add('preferred@example.com', true, []);
    await add('correspondence@example.com', false, [home, correspondence]);
    await add('best@example.com', true, [correspondence]);
    await add('inactive@example.com', true, [correspondence], { active: 0 });
    await add('ended@example.com', true, [correspondence], { end: '2020-01-01' });
    assert.deepEqual((await read(id)).emails, [
      'best@example.com',
      'correspondence@example.com',
      'preferred@example.com',
      'rest@example.com',
    ]);
  });

  it('has phones with their area code and purpose', async () => {
    const id = await practice.addCustomer();
    await practice.addContact(
      id,
      'phoneNumber',
      { areaCode: '03', telephoneNumber: '9123 4567' },
      { purposes: [home] },
    );
    await practice.addContact(id, 'phoneNumber', { telephoneNumber: '0412 345 678', sms: true });
    await practice.addContact(id, 'location', { address: '1 Main St', suburb: 'Sale' });
    assert.deepEqual((await read(id)).phones, [
      { label: 'home', number: '03 9123 4567' },
      { label: 'mobile', number: '0412 345 678' },
    ]);
  });

  it('keeps a key beyond the range of a JavaScript number', async () => {
    const big = '9007199254740995';
    await practice.addCustomer({ lastName: 'Big' }, { id: big });
    await practice.addPatient(big, 'Rex');
    const client = await read(big);
    assert.equal(client.pimsId, big);
    assert.equal(client.pets.length, 1);
    const rest = [];
    const after = connector.clients({ cursor: '9007199254740994', pageSize: 10, signal: never });
    for await (const page of after) rest.push(...page.clients.map(({ pimsId }) => pimsId));
    assert.deepEqual(rest, [big]);
    await practice.admin.query('DELETE FROM entities WHERE entity_id >= ?', [big]);
  });
});

describe('an OpenVPMS patient', () => {
  it('is read with the names of its codes', async () => {
    const id = await practice.addCustomer();
    await practice.addPatient(id, 'Rex', {
      species: 'CANINE',
      breed: 'BEAGLE',
      sex: 'MALE',
      desexed: true,
      dateOfBirth: '2019-02-28 00:00:00.0',
    });
    assert.deepEqual((await read(id)).pets, [
      {
        ...(await read(id)).pets[0],
        name: 'Rex',
        species: 'dog',
        speciesRaw: 'Canine',
        breed: 'Beagle',
        sex: 'male',
        neutered: true,
        bornOn: '2019-02-28',
        diedOn: null,
        status: 'active',
      },
    ]);
  });

  it('is not living when it is deceased, has a date of death, or is inactive', async () => {
    const id = await practice.addCustomer();
    await practice.addPatient(id, 'A', { deceased: 'true' });
    await practice.addPatient(id, 'B', { deceased: 'false', deceasedDate: '2024-02-29' });
    await practice.addPatient(id, 'C', { deceased: 'false' }, { active: 0 });
    assert.deepEqual(
      (await read(id)).pets.map(({ status }) => status),
      ['deceased', 'deceased', 'inactive'],
    );
  });

  it('belongs only to its current owners', async () => {
    const id = await practice.addCustomer();
    await practice.addPatient(id, 'Former', {}, { end: '2020-01-01' });
    await practice.addPatient(id, 'Coming', {}, { start: '2999-01-01' });
    await practice.addPatient(id, 'Boarder', {}, { kind: 'patientLocation' });
    await practice.addPatient(id, 'Own', {}, { start: '2020-01-01', end: '2999-01-01' });
    assert.deepEqual(
      (await read(id)).pets.map(({ name }) => name),
      ['Own'],
    );
  });

  it('follows a merge: the source is deleted, and its pets and contacts belong to the target', async () => {
    const [source, target] = [await practice.addCustomer(), await practice.addCustomer()];
    await practice.addPatient(source, 'Rex');
    await practice.addContact(source, 'email', { emailAddress: 'moved@example.com' });
    await practice.admin.query(
      `UPDATE entity_relationships SET source_id = ${target} WHERE source_id = ${source};
       UPDATE contacts SET party_id = ${target} WHERE party_id = ${source};
       DELETE FROM entities WHERE entity_id = ${source}`,
    );
    assert.equal(await read(source), null);
    const client = await read(target);
    assert.deepEqual([client.emails, client.pets.map(({ name }) => name)], [['moved@example.com'], ['Rex']]);
  });
});

describe('an OpenVPMS server with other session modes', () => {
  it('is read completely', async () => {
    const id = await practice.addCustomer({ firstName: 'Pat', lastName: "O'Brien" });
    for (const name of ['Rex', 'Tom']) await practice.addPatient(id, name);
    const expected = await read(id);
    const modes = "GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES', GLOBAL autocommit";
    await practice.admin.query(`SET ${modes} = 0, GLOBAL sql_select_limit = 1`);
    try {
      const other = await openvpms.open(openvpms.settings.parse(practice.settings), context);
      assert.deepEqual(await other.client(String(id), never), expected);
      await other.close();
    } finally {
      await practice.admin.query(
        'SET GLOBAL sql_mode = DEFAULT, GLOBAL autocommit = 1, GLOBAL sql_select_limit = DEFAULT',
      );
    }
  });
});
