import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, openFolder, readAll, type Folder } from './folder.js';

const header = 'Client ID,First Name,Last Name,Email\n';
const pets = 'Patient ID,Client ID,Name,Status\n70,7,Rex,Active\n';
const many = Array.from({ length: 100 }, (_, at) => `${at + 100},René,Smith,r${at}@example.com\n`).join('');

let folder: Folder;
beforeEach(() => {
  folder = makeFolder({ 'clients.csv': header, 'patients.csv': pets });
});
afterEach(() => folder.remove());

const write = (clients: string | Buffer, patients: string | Buffer = pets): void => {
  folder.write('clients.csv', clients);
  folder.write('patients.csv', patients);
};
const read = async () => {
  const { clients, unreadable } = await readAll(openFolder(folder), { pageSize: 1000 });
  return { clients, unreadable, first: clients[0] };
};

describe('csv: encodings', () => {
  const oneBadByte = Buffer.concat([
    Buffer.from(`${header}${many}7,Jos`),
    Buffer.from([0xe9]),
    Buffer.from(',Poe,j@example.com\n'),
  ]);

  it.each([
    ['without a byte order mark', oneBadByte, 'auto'],
    ['with a byte order mark', Buffer.concat([Buffer.from('\ufeff'), oneBadByte]), 'auto'],
    ['by setting', oneBadByte, 'utf-8'],
  ] as const)('reads UTF-8 with one byte of another encoding, %s', async (_how, bytes, encoding) => {
    write(bytes);
    const { clients, unreadable } = await readAll(openFolder(folder, { encoding }), { pageSize: 1000 });
    expect(clients).toHaveLength(100);
    expect(clients.every(({ firstName }) => firstName === 'René')).toBe(true);
    expect(unreadable).toEqual([
      { reference: 'clients.csv row 102', reason: expect.stringContaining('another encoding'), mayBe: ['7'] },
    ]);
  });
});

describe('csv: first and last lines', () => {
  it('accepts every kind of line break at each row', async () => {
    write(
      'Client ID,First Name,Last Name,Email\r\n7,Ann,Smith,a@example.com\n8,Bo,Poe,b@example.com\r9,Cy,Fox,c@example.com\r\n',
    );
    expect((await read()).clients.map(({ lastName }) => lastName)).toEqual(['Smith', 'Poe', 'Fox']);
  });

  it.each([
    ['sep=;', 'sep=;\nClient ID;First Name;Last Name;Email\n7;Ann;Smith, Jr;a@example.com\n', 'Smith, Jr'],
    ['a title', `Client list\n\n${header}7,Ann,Smith,a@example.com\n`, 'Smith'],
    ['a title with the word auto', `automatic export\n${header}7,Ann,Smith,a@example.com\n`, 'Smith'],
    ['a title in quotes', `"Client list, Elm Street"\n${header}7,Ann,Smith,a@example.com\n`, 'Smith'],
  ])('CSV: skips %s above the header', async (_what, text, lastName) => {
    write(text);
    expect((await read()).first).toMatchObject({ pimsId: '7', lastName });
  });

  it.each([
    ['0x1A', '\x1a'],
    ['zeros', '\0\0\0'],
  ])('CSV: a file ends at %s', async (_what, end) => {
    write(`${header}7,Ann,Smith,a@example.com\n${end}`);
    const { clients, unreadable } = await read();
    expect([clients.length, unreadable]).toEqual([1, []]);
  });

  it('CSV: reports an incomplete last row as unreadable once the file has not changed for an hour', async () => {
    write(`${header}7,Ann,Smith,a@example.com\n8,Bo`);
    const twoHoursAgo = Date.now() / 1000 - 7200;
    utimesSync(join(folder.path, 'clients.csv'), twoHoursAgo, twoHoursAgo);
    const { clients, unreadable } = await read();
    expect([clients.length, unreadable]).toMatchObject([1, [{ mayBe: ['8'] }]]);
  });
});

describe('csv: texts that mean "no value"', () => {
  it.each(['NULL', '(null)', '\\N', '#N/A'])(
    'CSV: reads %s in every empty cell of an export as no value',
    async (word) => {
      write(
        `Client ID,First Name,Last Name,Company,Spouse,Email\n7,${word},Smith,${word},${word},a@example.com\n`,
        `Patient ID,Client ID,Name,Breed,Status\n70,7,${word},${word},Active\n`,
      );
      expect((await read()).first).toMatchObject({
        firstName: null,
        lastName: 'Smith',
        companyName: null,
        spouseFirstName: null,
        pets: [{ name: null, breed: null }],
      });
    },
  );

  it('keeps the family name Null', async () => {
    write(`Client ID,First Name,Last Name,Company,Email\n7,Jennifer,Null,,a@example.com\n8,JON,NULL,,b@example.com\n`);
    expect((await read()).clients.map(({ lastName }) => lastName)).toEqual(['Null', 'NULL']);
  });

  it('CSV: unwraps ="Ann" and reads a quoted text after a space', async () => {
    write('Client ID,First Name,Last Name,Email\n="7",="Ann", "Smith, Jr",a@example.com\n');
    expect((await read()).first).toMatchObject({ pimsId: '7', firstName: 'Ann', lastName: 'Smith, Jr' });
  });

  it.each([
    ['  /  /    ', 'active'],
    ['-', 'active'],
    ['N/A', 'active'],
    ['00/00/0000', 'active'],
    ['00-00-00', 'active'],
    ['No', 'active'],
    ['Yes', 'deceased'],
    ['in spring', 'deceased'],
    ['3/5/2019', 'deceased'],
  ])('CSV: the date of death "%s" means a pet that is %s', async (died, status) => {
    write(`${header}7,Ann,Smith,a@example.com\n`, `Patient ID,Client ID,Name,Died\n70,7,Rex,${died}\n`);
    expect((await read()).first?.pets).toMatchObject([{ status }]);
  });
});

describe('csv: check', () => {
  const check = () => openFolder(folder).check!(new AbortController().signal);

  it('CSV: check names the columns of death if no pet is active', async () => {
    write(`${header}7,Ann,Smith,a@example.com\n`, 'Patient ID,Client ID,Name,Died\n70,7,Rex,x\n71,7,Mia,x\n');
    expect((await check()).findings).toContainEqual(expect.stringContaining('No pet is active'));
    expect((await check()).findings).toContainEqual(expect.stringContaining('"Died"'));
  });

  it('CSV: check counts clients whose UTF-8 was read as Windows-1252 before the export', async () => {
    write(`${header}7,JosÃ©,Poe,j@example.com\n8,Ann,Fox,a@example.com\n`);
    expect((await check()).findings).toContainEqual(expect.stringContaining('1 clients have letters'));
  });

  it('CSV: check shows no cell of a file without headers', async () => {
    write('9701,Ann,Smith,ann@headless.example,2025550101\n');
    const { problems } = await check();
    expect(problems).toMatchObject([{ code: 'pims-schema-differs', help: expect.stringContaining('looks like data') }]);
    expect(JSON.stringify(problems)).not.toMatch(/Smith|headless|9701/);
  });
});
