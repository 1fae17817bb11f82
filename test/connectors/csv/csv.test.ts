import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import fc from 'fast-check';
import { parse } from 'yaml';
import { compareKeys } from '../../../src/connectors/csv/read.js';
import csvConnector from '../../../src/connectors/csv/index.js';
import { csvSettings } from '../../../src/connectors/csv/settings.js';
import { makeFolder, openFolder, readAll, type Folder } from './folder.js';

const clients = 'Client ID,First Name,Last Name,Email\n7,Ann,Smith,ann@example.com\n';
const patients = 'Patient ID,Client ID,Name,Species,Sex,Status\n70,7,Rex,Canine,MN,Active\n';

let folder: Folder;
beforeEach(() => {
  folder = makeFolder({ 'clients.csv': clients, 'patients.csv': patients });
});
afterEach(() => folder.remove());

describe('csv: a client of a CSV export', () => {
  it('is read with its pets, without a mapping, if the headers are usual', async () => {
    folder.write(
      'clients.csv',
      'CLIENT_ID,Account Number,Title,First Name,Last Name,Spouse,Company,Home Phone,Cell Phone,E-mail,Email 2,Class,Date Added,Last Visit,Inactive,Do Not Email,SSN\n' +
        '7,A-7,Dr,Ann,Smith,Bo,,555-0100,555-0101,ann@example.com,a2@example.com,GOLD,3/5/2019,2026-01-31,no,yes,123-45-6789\n',
    );
    folder.write(
      'patients.csv',
      'Patient ID,Client ID,Patient Name,Species,Breed,Sex,Birth Date,Date of Death,Status\n' +
        '70,7,Rex,K9,Beagle,MN,12/31/2015,,Active\n71,7,Mia,Feline,,FS,,2024-02-29,D\n',
    );
    const { clients, unreadable } = await readAll(openFolder(folder));
    expect(unreadable).toEqual([]);
    expect(clients).toEqual([
      {
        pimsId: '7',
        displayId: 'A-7',
        siteId: null,
        title: 'Dr',
        firstName: 'Ann',
        lastName: 'Smith',
        spouseFirstName: 'Bo',
        spouseLastName: null,
        companyName: null,
        emails: ['ann@example.com', 'a2@example.com'],
        phones: [
          { label: 'home', number: '555-0100' },
          { label: 'cell', number: '555-0101' },
        ],
        inactive: false,
        deleted: false,
        optOut: 'Do Not Email',
        classification: 'GOLD',
        unknownStatus: null,
        createdOn: '2019-03-05',
        lastVisitOn: '2026-01-31',
        pets: [
          expect.objectContaining({
            pimsId: '70',
            name: 'Rex',
            species: 'dog',
            speciesRaw: 'K9',
            breed: 'Beagle',
            sex: 'male',
            neutered: true,
            bornOn: '2015-12-31',
            status: 'active',
          }),
          expect.objectContaining({
            pimsId: '71',
            species: 'cat',
            sex: 'female',
            diedOn: '2024-02-29',
            status: 'deceased',
          }),
        ],
      },
    ]);
    expect(JSON.stringify(clients)).not.toContain('123-45-6789');
  });

  it('is read from the columns and codes that the settings name', async () => {
    folder.write(
      'clients.csv',
      'Nr;Wer;Post;Vorwahl;Ruf;Stand\n7;Smith;ann@example.com;0222;100;ZZ\n8;Poe;;;;weg\n9;Fox;;;;?\n',
    );
    folder.write('patients.csv', 'Tier;Halter;Art;Geschlecht;Tot\n70;7;Hund;m-k;31.12.20\n');
    const { clients } = await readAll(
      openFolder(folder, {
        dates: 'DMY',
        mapping: {
          clients: {
            key: 'Nr',
            lastName: 'Wer',
            emails: ['Post'],
            phones: { home: { area: 'Vorwahl', number: 'Ruf' } },
            status: 'Stand',
            optOut: { Stand: ['ZZ'] },
          },
          pets: { key: 'Tier', owner: 'Halter', species: 'Art', sex: 'Geschlecht', diedOn: 'Tot' },
          codes: {
            species: { hund: 'dog' },
            sex: { 'm-k': 'male-neutered' },
            clientStatus: { zz: 'active', weg: 'deleted' },
          },
        },
      }),
    );
    expect(clients[0]).toMatchObject({
      lastName: 'Smith',
      emails: ['ann@example.com'],
      phones: [{ label: 'home', number: '0222 100' }],
      optOut: 'Stand',
      unknownStatus: null,
      pets: [{ species: 'dog', sex: 'male', neutered: true, diedOn: '2020-12-31', status: 'deceased' }],
    });
    expect(clients[1]).toMatchObject({ deleted: true, unknownStatus: null });
    expect(clients[2]).toMatchObject({ deleted: false, unknownStatus: '?' });
  });

  it('may share one file with its pets, one row for each pet', async () => {
    folder.write(
      'all.csv',
      'Client ID,Last Name,Email,Patient ID,Patient Name,Patient Status\n7,Smith,ann@example.com,70,Rex,Active\n7,Smith,ann@example.com,71,Mia,Active\n',
    );
    const { clients, unreadable } = await readAll(openFolder(folder, { clients: 'all.csv', patients: 'all.csv' }));
    expect(clients).toHaveLength(1);
    expect(clients[0]!.pets.map((pet) => pet.name)).toEqual(['Rex', 'Mia']);
    expect(unreadable).toEqual([]);
  });

  it('shares a pet with its co-owner', async () => {
    folder.write('clients.csv', `${clients}8,Bo,Poe,bo@example.com\n`);
    folder.write(
      'patients.csv',
      'Patient ID,Client ID,Name,Status,Share,Primary Owner\n70,7,Rex,Active,60%,Yes\n70,8,Rex,Active,40,No\n',
    );
    const read = await readAll(openFolder(folder));
    expect(read.clients.map(({ pets }) => pets.map(({ share, primaryOwner }) => [share, primaryOwner]))).toEqual([
      [[60, true]],
      [[40, false]],
    ]);
  });

  it.each([
    ['a zero date', '12/30/1899', 'active', null],
    ['an impossible date', '2024-02-31', 'deceased', null],
    ['a word', 'yes', 'deceased', null],
    ['a two-digit year', '3/5/98', 'deceased', '1998-03-05'],
    ['nothing', ' ', 'active', null],
  ])('has a pet that is not living if its date of death is %s', async (_what, cell, status, diedOn) => {
    folder.write('patients.csv', `Patient ID,Client ID,Name,Date of Death\n70,7,Rex,${cell}\n`);
    const { clients } = await readAll(openFolder(folder));
    expect(clients[0]!.pets[0]).toMatchObject({ status, diedOn });
  });
});

describe('csv: the file format', () => {
  const text =
    'Client ID,First Name,Class,Last Name,Email\r\n7,"José ""Pepe""","Núñez, Ruiz\r\n(Madrid) €",Smith,ann@example.com\r\n';
  const expected = {
    firstName: 'José "Pepe"',
    classification: 'Núñez, Ruiz\r\n(Madrid) €',
    emails: ['ann@example.com'],
  };

  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${text}`)],
    ['Windows-1252', iconv.encode(text, 'windows-1252')],
    ['UTF-16 LE with a byte order mark', iconv.encode(text, 'utf-16le', { addBOM: true })],
    ['UTF-16 LE without one', iconv.encode(text, 'utf-16le')],
    ['UTF-16 BE with a byte order mark', iconv.encode(text, 'utf-16be', { addBOM: true })],
    ['tabs', Buffer.from(text.replaceAll(/,(?! )/g, '\t'))],
    ['semicolons', Buffer.from(text.replaceAll(/,(?! )/g, ';'))],
    [
      'old Mac line breaks',
      Buffer.from(
        'Client ID,First Name,Class,Last Name,Email\r7,"José ""Pepe""","Núñez, Ruiz\r\n(Madrid) €",Smith,ann@example.com\r',
      ),
    ],
  ])('is recognised: %s', async (_name, bytes) => {
    folder.write('clients.csv', bytes);
    const { clients } = await readAll(openFolder(folder));
    expect(clients).toEqual([expect.objectContaining(expected)]);
  });

  it('CSV: one é in the last of many rows proves Windows-1252', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `${i + 10},Ann,Smith,\n`).join('');
    folder.write('clients.csv', iconv.encode(`${clients}${rows}99999,Ren\u00e9,Smith,\n`, 'windows-1252'));
    const { clients: read } = await readAll(openFolder(folder), { pageSize: 5000 });
    expect(read.at(-1)!.firstName).toBe('René');
  });

  it.each([
    ['windows-1252', Buffer.from(`${clients}8,José,Poe,\n`)],
    ['utf-8', iconv.encode(`${clients}8,José,Poe,\n`, 'windows-1252')],
    ['utf-16le', Buffer.from(clients)],
  ] as const)('is refused if it is not the %s that the settings promise', async (encoding, bytes) => {
    folder.write('clients.csv', bytes);
    await expect(readAll(openFolder(folder, { encoding }))).rejects.toMatchObject({
      code: 'pims-settings-wrong',
      message: expect.stringContaining(`clients.csv is not ${encoding}`),
    });
  });

  it('CSV: reads a quote in the middle of unquoted text as written', async () => {
    folder.write('clients.csv', 'Client ID,Last Name,Email\n7,O"Brien 6\' 2",\n');
    const { clients } = await readAll(openFolder(folder));
    expect(clients[0]!.lastName).toBe('O"Brien 6\' 2"');
  });
});

describe('csv: a row that cannot be read', () => {
  it('CSV: reports an unreadable row by file, row and reason, and reads all others', async () => {
    folder.write(
      'clients.csv',
      'Client ID,First Name,Last Name,Email\n1,Ann,Smith,a@example.com\n,No,Key,n@example.com\n2,Bo\n3,Cy,Fox,c@example.com,and,more\n4,Di,Poe,d@example.com,,\n\n5,"Two\nlines",Eve,e@example.com\n1,Other,Name,o@example.com\n',
    );
    folder.write('patients.csv', `${patients},1,Nokey,Canine,M,Active\n72,,Noowner,Canine,M,Active\n`);
    const { clients, unreadable } = await readAll(openFolder(folder));
    expect(clients.map(({ pimsId }) => pimsId)).toEqual(['4']);
    expect(unreadable).toEqual([
      { reference: 'clients.csv row 3', reason: 'It has no client key.', mayBe: [] },
      { reference: 'clients.csv row 4', reason: expect.stringContaining('fewer cells'), mayBe: ['2'] },
      { reference: 'clients.csv row 5', reason: expect.stringContaining('more cells'), mayBe: ['3'] },
      {
        reference: 'clients.csv row 7',
        reason: expect.stringContaining('has a line break'),
        mayBe: ['5', 'lines'],
      },
      { reference: 'patients.csv row 3', reason: 'It has no patient key.', mayBe: [] },
      { reference: 'patients.csv row 4', reason: 'It names no owner.', mayBe: [] },
      { reference: 'clients.csv row 2', reason: expect.stringContaining('different people'), mayBe: ['1'] },
      { reference: 'clients.csv row 8', reason: expect.stringContaining('different people'), mayBe: ['1'] },
    ]);
  });

  it('CSV: counts unreadable rows and lists only the first thousand', async () => {
    folder.write('clients.csv', clients + ',No,Key,\n'.repeat(1500));
    const { unreadable, clients: read } = await readAll(openFolder(folder));
    expect(read).toHaveLength(1);
    expect(unreadable).toHaveLength(1001);
    expect(unreadable.at(-1)).toEqual({
      reference: 'more rows',
      reason: '500 more rows cannot be read.',
      mayBe: null,
    });
  });

  it.each([
    ['cut by a line break', '8,Bo\nTwo,Poe,b@example.com\n', ['8', 'Two']],
    ['with a delimiter in text', '8,Bo,Two,Poe,b@example.com\n', ['8']],
    [
      'swallowed by a quote that ends rows later',
      '7,"An,A,a@example.com\n8,Bo,B,b@example.com\n9,Ce,"C",c@example.com\n',
      ['7', '8', '9'],
    ],
  ])('CSV: lists the possible keys of a row that is %s', async (_what, rows, keys) => {
    folder.write('clients.csv', `Client ID,First Name,Last Name,Email\n1,Ann,Smith,a@example.com\n${rows}`);
    folder.write('patients.csv', patients);
    const { unreadable } = await readAll(openFolder(folder));
    const told = unreadable.flatMap(({ mayBe }) => mayBe ?? ['anybody']);
    expect(told).toEqual(expect.arrayContaining(keys));
  });

  it('CSV: finds a key in the middle of such a row, too', async () => {
    folder.write(
      'clients.csv',
      'First Name,Notes,Client ID,Email\nBo,one\ntwo,8,b@example.com\nCy,a,b,9,c@example.com\n',
    );
    const { unreadable } = await readAll(openFolder(folder));
    expect(unreadable.map(({ mayBe }) => mayBe)).toEqual([
      ['Bo', 'one'],
      ['two', '8', 'b@example.com'],
      ['b', '9'],
    ]);
  });

  it('CSV: an unreadable pet row makes its whole client unreadable, so that the pet is not lost', async () => {
    folder.write('clients.csv', `${clients}8,Bo,Poe,bo@example.com\n`);
    folder.write(
      'patients.csv',
      'Patient ID,Client ID,Name,Notes,Status\n70,7,Rex,shy,Active\n71,7,Mia,bites,hard,Active\n80,8,Pip,,Active\n',
    );
    for (const rowsInMemory of [1, 1000]) {
      const { clients: read, unreadable } = await readAll(openFolder(folder, { rowsInMemory }), { pageSize: 1 });
      expect(read.map(({ pimsId }) => pimsId)).toEqual(['8']);
      expect(unreadable).toContainEqual({
        reference: 'clients.csv row 2',
        reason: 'One of its pets may be in row 3 of patients.csv, which cannot be read.',
        mayBe: ['7'],
      });
    }
    const signal = new AbortController().signal;
    await expect(openFolder(folder).client!('7', signal)).rejects.toMatchObject({
      code: 'pims-read-failed',
      message: expect.stringContaining('row 3 of patients.csv'),
    });
  });
});

describe('csv: a file that is being written', () => {
  const busy = (message: string) => ({
    code: 'pims-busy',
    message: expect.stringContaining(message),
    retryAt: expect.any(Date),
  });

  it('is busy when it is empty', async () => {
    folder.write('clients.csv', '');
    await expect(readAll(openFolder(folder))).rejects.toMatchObject(busy('clients.csv is empty'));
  });

  it('is busy when its last row is cut', async () => {
    folder.write('patients.csv', patients + '71,7,Mi');
    await expect(readAll(openFolder(folder))).rejects.toMatchObject(busy('patients.csv ends in the middle of a row'));
  });

  it('is busy when it ends inside a quoted text', async () => {
    folder.write('clients.csv', `${clients}8,"Bo`);
    await expect(readAll(openFolder(folder))).rejects.toMatchObject(busy('ends inside a quoted text'));
  });

  it('is busy if its last cell may be incomplete because it was written a moment ago', async () => {
    const almost = `${clients}8,Bo,Poe,bo@exampl`;
    writeFileSync(join(folder.path, 'clients.csv'), almost);
    await expect(readAll(openFolder(folder))).rejects.toMatchObject(busy('has just been written'));
    folder.write('clients.csv', almost);
    expect((await readAll(openFolder(folder))).clients).toHaveLength(2);
  });

  it.each([
    ['grows', (path: string) => appendFileSync(path, '9,Cy,Fox,c@example.com\n')],
    ['loses rows', (path: string) => truncateSync(path, clients.length)],
  ])('is busy when it %s between two passes', async (_what, change) => {
    folder.write('clients.csv', `${clients}8,Bo,Poe,bo@example.com\n`);
    const pages = openFolder(folder, { rowsInMemory: 1 })
      .clients({
        cursor: null,
        pageSize: 1,
        signal: new AbortController().signal,
      })
      [Symbol.asyncIterator]();
    await pages.next();
    change(join(folder.path, 'clients.csv'));
    await expect(pages.next()).rejects.toMatchObject(busy('clients.csv changed while it was read'));
  });
});

describe('csv: headers', () => {
  it.each([
    ['a header that the settings name', { 'clients.csv': clients }, { lastName: 'Nachname' }, 'Nachname'],
    ['any email address', { 'clients.csv': 'Client ID,Last Name\n7,Smith\n' }, {}, 'Email'],
    ['any name', { 'clients.csv': 'Client ID,Email\n7,a@example.com\n' }, {}, 'Last Name'],
    ['a client key', { 'clients.csv': 'Last Name,Email\nSmith,a@example.com\n' }, {}, 'client id'],
    ['an owner', { 'patients.csv': 'Patient ID,Name,Status\n70,Rex,Active\n' }, {}, 'client id'],
    [
      'a column that distinguishes living from dead pets',
      { 'patients.csv': 'Patient ID,Client ID,Name\n70,7,Rex\n' },
      {},
      'Status',
    ],
    ['each header only once', { 'clients.csv': 'Client ID,Last Name,Email,EMAIL\n7,Smith,,\n' }, {}, 'email'],
  ])('must include %s', async (_what, files, named, missing) => {
    for (const [name, content] of Object.entries(files)) folder.write(name, content);
    const problem = {
      code: 'pims-schema-differs',
      message: expect.stringMatching(/^(clients|patients)\.csv has /),
    };
    const connector = openFolder(folder, { mapping: { clients: named } });
    await expect(readAll(connector)).rejects.toMatchObject({ ...problem, missing });
    const { problems } = await connector.check(new AbortController().signal);
    expect(problems).toEqual([expect.objectContaining(problem)]);
  });

  it('CSV: columns may be missing if the settings say so', async () => {
    folder.write('clients.csv', 'Client ID,Last Name\n7,Smith\n');
    folder.write('patients.csv', 'Patient ID,Client ID,Name\n70,7,Rex\n');
    const connector = openFolder(folder, { mapping: { clients: { emails: [] }, pets: { status: null } } });
    expect((await readAll(connector)).clients[0]).toMatchObject({ emails: [], pets: [{ status: 'active' }] });
  });
});

describe('csv: pages', () => {
  const shuffled = (count: number) => Array.from({ length: count }, (_, i) => ((i * 7919) % count) + 1);

  it('come in key order from files in any order, however few rows fit into memory', async () => {
    folder.write(
      'clients.csv',
      `Client ID,Last Name,Email\n${shuffled(101)
        .map((id) => `${id},L${id},\n`)
        .join('')}`,
    );
    folder.write(
      'patients.csv',
      `Patient ID,Client ID,Name,Status\n${shuffled(202)
        .map((id) => `${id},${(id % 101) + 1},P${id},A\n`)
        .join('')}`,
    );
    const whole = await readAll(openFolder(folder));
    expect(whole.clients.map(({ pimsId }) => Number(pimsId))).toEqual(Array.from({ length: 101 }, (_, i) => i + 1));
    expect(whole.clients.every(({ pets }) => pets.length === 2)).toBe(true);
    for (const rowsInMemory of [1, 2, 7, 50, 100, 101, 102]) {
      const read = await readAll(openFolder(folder, { rowsInMemory }), { pageSize: 10 });
      expect(read.clients).toEqual(whole.clients);
      expect(read.pages.at(-1)!.cursor).toBeNull();
    }
  });

  it('CSV: pages continue after a cursor although the export was replaced meanwhile', async () => {
    folder.write(
      'clients.csv',
      `Client ID,Last Name,Email\n${shuffled(20)
        .map((id) => `${id},L,\n`)
        .join('')}`,
    );
    const { pages } = await readAll(openFolder(folder), { pageSize: 5 });
    folder.write(
      'clients.csv',
      `Client ID,Last Name,Email\n${shuffled(25)
        .filter((id) => id !== 3)
        .map((id) => `${id},L,\n`)
        .join('')}`,
    );
    const { clients } = await readAll(openFolder(folder), { cursor: pages[1]!.cursor });
    expect(clients.map(({ pimsId }) => Number(pimsId))).toEqual(Array.from({ length: 15 }, (_, i) => i + 11));
  });

  it('CSV: pages report rows without a key once, on the first page of a read from the start', async () => {
    folder.write('clients.csv', `${clients}8,Bo,Poe,\n,No,Key,\n`);
    const { pages } = await readAll(openFolder(folder, { rowsInMemory: 1 }), { pageSize: 1 });
    expect(pages.map(({ unreadable }) => unreadable.length)).toEqual([1, 0]);
    const resumed = await readAll(openFolder(folder), { cursor: pages[0]!.cursor });
    expect(resumed.unreadable).toEqual([]);
  });

  it('are ordered consistently, with numbers as numbers', () => {
    const keys = fc.oneof(fc.string(), fc.nat().map(String));
    fc.assert(
      fc.property(keys, keys, keys, (a, b, c) => {
        expect(Math.sign(compareKeys(a, b))).toBe(-Math.sign(compareKeys(b, a)) + 0);
        expect(compareKeys(a, b) === 0).toBe(a === b);
        if (compareKeys(a, b) <= 0 && compareKeys(b, c) <= 0) expect(compareKeys(a, c)).toBeLessThanOrEqual(0);
      }),
    );
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => expect(Math.sign(compareKeys(`${a}`, `${b}`))).toBe(Math.sign(a - b))),
    );
  });
});

describe('csv: check', () => {
  it('reports which header was found for which field, and counts the rows', async () => {
    folder.write('patients.csv', `${patients}71,7,Mia,Feline,F,ND\n72,99,Stray,Feline,F,Active\n`);
    const { findings, problems } = await openFolder(folder).check(new AbortController().signal);
    expect(problems).toEqual([]);
    expect(findings).toEqual([
      expect.stringMatching(
        /^clients.csv: key = "Client ID", displayId = "Client ID", firstName = "First Name", .*emails = "Email"/,
      ),
      expect.stringMatching(/^patients.csv: key = "Patient ID", owner = "Client ID"/),
      '1 clients, 1 with an email address',
      '2 pets of these clients, 1 of them active',
      '1 rows of patients.csv belong to no client',
      'pet status "ND", 1 times: not in the code map, so these are held',
    ]);
  });

  it('counts unreadable dates, which reveals a swapped day and month', async () => {
    folder.write(
      'patients.csv',
      'Patient ID,Client ID,Name,Birthday,Status\n70,7,Rex,31/12/2019,A\n71,7,Mia,1/2/2019,A\n',
    );
    const dates = async (dates: 'MDY' | 'DMY') =>
      (await openFolder(folder, { dates }).check(new AbortController().signal)).findings.join('\n');
    expect(await dates('MDY')).toContain('1 dates are unreadable');
    expect(await dates('DMY')).not.toContain('dates are unreadable');
  });

  it('CSV: reports a problem if most pets belong to no client', async () => {
    folder.write('patients.csv', 'Patient ID,Client ID,Name,Status\n70,C-7,Rex,A\n71,C-8,Mia,A\n');
    const { problems } = await openFolder(folder).check(new AbortController().signal);
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'pims-schema-differs',
        message: expect.stringContaining('"Client ID" is not "Client ID"'),
      }),
    ]);
  });
});

describe('csv: the connector', () => {
  it('finds one client by the number that staff see', async () => {
    folder.write('clients.csv', 'Client ID,Account Number,Last Name,Email\n7,8,Smith,\n8,A-8,Poe,\n');
    const connector = openFolder(folder);
    const find = async (id: string) => (await connector.client!(id, new AbortController().signal))?.lastName;
    expect([await find('A-8'), await find('8'), await find('7'), await find('9')]).toEqual([
      'Poe',
      'Poe',
      'Smith',
      undefined,
    ]);
  });

  it('discover: lists the files and headers of an unknown folder, and cells only on request', async () => {
    const hidden = makeFolder({
      'who.txt': clients,
      'animals.tsv': patients.replaceAll(',', '\t'),
      'odd.csv': 'A,B\n1,2\n',
    });
    const signal = new AbortController().signal;
    const { proposal, evidence } = await openFolder(hidden).discover!({ samples: false, signal });
    expect(parse(proposal)).toEqual({
      clients: 'who.txt',
      patients: 'animals.tsv',
      mapping: {
        clients: {
          key: 'Client ID',
          displayId: 'Client ID',
          firstName: 'First Name',
          lastName: 'Last Name',
          emails: ['Email'],
        },
        pets: {
          key: 'Patient ID',
          owner: 'Client ID',
          name: 'Name',
          species: 'Species',
          sex: 'Sex',
          status: 'Status',
        },
      },
    });
    expect(evidence).toEqual(expect.arrayContaining(['who.txt: 1 rows.', '  Email: 100 % filled, 1 different values']));
    expect(evidence.join()).not.toContain('ann@example.com');
    const shown = await openFolder(hidden).discover!({ samples: true, signal });
    expect(shown.evidence).toContain('  Email: 100 % filled, 1 different values, such as "ann@example.com"');
    const proposed = parse(proposal) as Parameters<typeof openFolder>[1];
    expect((await readAll(openFolder(hidden, proposed))).clients).toHaveLength(1);
    hidden.remove();
  });

  it('discover: reports if no file of the folder looks like clients', async () => {
    folder.write('clients.csv', 'A,B\n1,2\n');
    const discovery = openFolder(folder).discover!({ samples: false, signal: new AbortController().signal });
    await expect(discovery).rejects.toMatchObject({
      code: 'pims-schema-differs',
      message: expect.stringContaining('headers of clients'),
    });
  });

  it.each([
    [{}, ['folder']],
    [{ folder: 'x', encoding: 'latin1' }, ['encoding']],
    [{ folder: 'x', mapping: { clients: { email: 'Email' } } }, ['mapping', 'clients']],
    [{ folder: 'x', mapping: { codes: { sex: { K: 'boy' } } } }, ['mapping', 'codes', 'sex', 'K']],
  ])('reports the path of an error in its settings: %j', (settings, path) => {
    expect(csvSettings.safeParse(settings).error?.issues.map((issue) => issue.path)).toEqual([path]);
  });

  it('has the name csv', () => {
    expect(csvConnector.name).toBe('csv');
  });
});
