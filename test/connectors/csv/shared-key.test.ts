import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeFolder, openFolder, readAll, type Folder } from './folder.js';

const header = 'Client ID,First Name,Last Name,Email,Last Visit\n';
const petHeader = 'Patient ID,Client ID,Name,Status\n';
const signal = new AbortController().signal;

let folder: Folder;
beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => folder.remove());

function write(clients: string, pets = ''): void {
  folder.write('clients.csv', `${header}${clients}9,Cy,Lane,cy@post.example,\n`);
  folder.write('patients.csv', `${petHeader}${pets}`);
}

const three = (key: string): [string, string] => [
  `${key},Ann,Smith,ann@post.example,\n${key},Jo,Poe,jo@post.example,\n${key},Zoe,Fox,zoe@post.example,\n`,
  `1,${key},Rex,Active\n2,${key},Mia,Active\n3,${key},Bobo,Active\n`,
];

describe('csv: a key that two different people have', () => {
  it.each(['7', '1.23457E+11', '12345678901234500000'])(
    'belongs to no client, and neither do its pets: %s',
    async (key) => {
      write(...three(key));
      const { clients, unreadable } = await readAll(openFolder(folder));
      expect(clients.map(({ pimsId, pets }) => [pimsId, pets])).toEqual([['9', []]]);
      expect(unreadable.filter(({ mayBe }) => mayBe?.includes(key)).map(({ reference }) => reference)).toEqual([
        'clients.csv row 2',
        'clients.csv row 3',
        'clients.csv row 4',
      ]);
      expect(JSON.stringify(unreadable)).not.toMatch(/Ann|Smith|post\.example/);
    },
  );

  it.each([
    ['another last visit', '7,Ann,Smith,ann@post.example,1/2/2026\n'],
    ['its name in capitals', '7,ANN,SMITH,ann@post.example,\n'],
    ['no address', '7,Ann,Smith,,\n'],
    ['one more address', '7,Ann,Smith,b@post.example; Ann@post.example,\n'],
  ])('still means the same person with %s', async (_what, second) => {
    write(`7,Ann,Smith,ann@post.example,1/1/2026\n${second}`, '1,7,Rex,Active\n');
    const { clients, unreadable } = await readAll(openFolder(folder));
    expect(clients[0]).toMatchObject({ pimsId: '7', pets: [{ name: 'Rex' }] });
    expect(unreadable).toEqual([
      { reference: 'clients.csv row 3', reason: expect.stringContaining('row 2 counts'), mayBe: [] },
    ]);
  });

  it.each([
    ['another name', '7,Bo,Smith,ann@post.example,\n'],
    ['another address', '7,Ann,Smith,other@post.example,\n'],
  ])('is detected by %s, however few rows fit into memory', async (_what, second) => {
    write(`7,Ann,Smith,ann@post.example,\n5,Di,Ray,,\n${second}`);
    for (const rowsInMemory of [1, 2, 1000]) {
      const { clients } = await readAll(openFolder(folder, { rowsInMemory }));
      expect(clients.map(({ pimsId }) => pimsId)).toEqual(['5', '9']);
    }
  });

  it('CSV: a rounded key is refused when one client is requested, by key or by number', async () => {
    folder.write(
      'clients.csv',
      'Client ID,Account Number,Last Name,Email\n7,A,Smith,a@post.example\n7,B,Poe,b@post.example\n',
    );
    folder.write('patients.csv', petHeader);
    for (const id of ['7', 'A', 'B'])
      await expect(openFolder(folder).client!(id, signal)).rejects.toMatchObject({
        code: 'pims-read-failed',
        message: expect.stringContaining('are different people') as unknown,
      });
  });

  it('makes the clients of its pets unreadable, so that no pet is lost', async () => {
    write('', '1,9,Rex,Active\n1,9,Mia,Active\n');
    const { clients, unreadable } = await readAll(openFolder(folder));
    expect(clients).toEqual([]);
    expect(unreadable).toEqual([expect.objectContaining({ mayBe: ['9'] })]);
  });

  it('is listed with at most a hundred rows', async () => {
    write(Array.from({ length: 500 }, (_, n) => `7,Ann${n},Smith,,\n`).join(''));
    const { unreadable } = await readAll(openFolder(folder));
    expect(unreadable).toHaveLength(100);
    expect(unreadable[0]?.reason).toContain('498 more');
  });
});

describe('csv: a key that a spreadsheet has rounded', () => {
  it('CSV: a rounded key belongs to no client, even in a single row, and no client is missing because of it', async () => {
    write('1.23457E+11,Ann,Smith,ann@post.example,\n', '1,1.23457E+11,Rex,Active\n');
    const { clients, unreadable } = await readAll(openFolder(folder));
    expect(clients.map(({ pimsId }) => pimsId)).toEqual(['9']);
    expect(unreadable.map(({ mayBe }) => mayBe)).toEqual([['1.23457E+11'], null]);
  });

  it.each([
    ['1.23457E+11', three('1.23457E+11')[0], '3 rows of clients.csv'],
    ['1,2E+17', '"1,2E+17",Ann,Smith,,\n', '1 rows of clients.csv'],
    [
      'trailing zeros',
      ['12345678901234500000', '22345678901234500000', '32345678901234500000']
        .map((key) => `${key},Ann,Smith,,\n`)
        .join(''),
      '3 rows of clients.csv',
    ],
  ])('check: reports a rounded key with the way to fix it: %s', async (_what, rows, said) => {
    write(rows);
    const { problems } = await openFolder(folder).check(signal);
    expect(problems).toContainEqual({
      code: 'pims-schema-differs',
      message: expect.stringContaining(said),
      help: expect.stringContaining('as text'),
    });
  });

  it('is also detected among the owners of pets', async () => {
    write('', '1,9,Rex,Active\n2,1.2E+11,Mia,Active\n');
    const { problems } = await openFolder(folder).check(signal);
    expect(problems.map(({ message }) => message).join()).toContain('1 rows of patients.csv');
  });

  it('is not assumed for every long number', async () => {
    write('1234567890123456,Ann,Smith,,\n1234567890123450,Bo,Poe,,\n1E5,Di,Ray,,\n12E45,Ed,Fox,,\n');
    expect((await openFolder(folder).check(signal)).problems).toEqual([]);
    expect((await readAll(openFolder(folder))).clients).toHaveLength(5);
  });
});
