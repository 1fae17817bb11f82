import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { avimarkCsvSettings, openAvimarkCsvFolder } from '../../../src/connectors/avimark/csv-folder.js';
import { context, makeFolder, openFolder, readAll, type Folder } from './folder.js';

const header = 'Client ID,First Name,Last Name,Email\n';
const stray =
  '9001,"Ann,Smith,ann.q@quote.example\n9002,Jo,Poe,jo.q@quote.example\n9003,"Zoe",Fox,zoe.q@quote.example\n';
const patients = 'Patient ID,Client ID,Name,Status\n70,9001,Rex,Active\n71,9004,Mia,Active\n';
const good = '9004,Cy,Lane,cy.q@quote.example\n';
const signal = new AbortController().signal;

let folder: Folder;
beforeEach(() => {
  folder = makeFolder({ 'clients.csv': `${header}${stray}${good}`, 'patients.csv': patients });
});
afterEach(() => folder.remove());

/** The possible keys of the unreadable rows; `anybody` for null. */
async function hidden(settings: Parameters<typeof openFolder>[1] = {}): Promise<string[]> {
  const { unreadable } = await readAll(openFolder(folder, settings));
  return unreadable.flatMap(({ mayBe }) => mayBe ?? ['anybody']);
}
const readKeys = async (): Promise<string[]> => (await readAll(openFolder(folder))).clients.map(({ pimsId }) => pimsId);

describe('csv: a quote that is never closed', () => {
  it('makes no client of several lines, and names all keys in those lines', async () => {
    expect(await readKeys()).toEqual(['9004']);
    expect(await hidden()).toEqual(expect.arrayContaining(['9001', '9002', '9003']));
    expect(await hidden()).not.toContain('anybody');
  });

  it.each([
    ['closed by the next row', '9001,"Ann,Smith,ann.q@quote.example\n9002,Jo",Poe,jo.q@quote.example\n'],
    ['closed by a quoted cell', '9001,"Ann,Smith,a.q@quote.example\n9002,"Jo",Poe,jo.q@quote.example\n'],
    ['in the last column', '9001,Ann,Smith,"a.q@quote.example\n9002,Jo,Poe,jo.q@quote.example"\n'],
    ['in a row cut short', '9001,"Ann\n9002,Jo",Poe,jo.q@quote.example\n'],
    [
      'around a whole row',
      '9001,Ann,"Smith,a.q@quote.example\n9002,Jo,""Poe"",jo.q@quote.example\n9003,Zoe,Fox",z.q@quote.example\n',
    ],
  ])('is detected when it is %s', async (_what, rows) => {
    folder.write('clients.csv', `${header}${rows}${good}`);
    expect(await readKeys()).toEqual(['9004']);
    expect(await hidden()).toEqual(expect.arrayContaining(['9001', '9002']));
  });

  it('is detected in a column that is not read', async () => {
    folder.write(
      'clients.csv',
      'Client ID,First Name,Last Name,Email,Notes,Balance\n' +
        '9001,Ann,Smith,a.q@quote.example,"owes,1\n9002,Jo,Poe,jo.q@quote.example,pays",2\n9004,Cy,Lane,c.q@quote.example,,3\n',
    );
    expect(await readKeys()).toEqual(['9004']);
    expect(await hidden()).toEqual(['9001', '9002']);
  });

  it('reports the keys even behind the quote', async () => {
    folder.write(
      'clients.csv',
      'First Name,Last Name,Client ID,Email\n"Ann,Smith,9001,a.q@quote.example\nJo,Poe,9002,jo.q@quote.example\n"Zoe",Fox,9003,z.q@quote.example\n',
    );
    expect(await hidden()).toEqual(expect.arrayContaining(['9001', '9002', '9003']));
  });

  it('CSV: no client is missing if a swallowed line has an unreadable key', async () => {
    folder.write('clients.csv', `${header}${stray.replace('9002', 'Jo and Ann')}`);
    expect(await hidden()).toContain('anybody');
  });

  it('is detected in files with tabs and with Windows line breaks', async () => {
    const rows = `${header}${stray}${good}`.replaceAll(',', '\t').replaceAll('\n', '\r\n');
    folder.write('clients.csv', rows);
    expect(await readKeys()).toEqual(['9004']);
    expect(await hidden()).toEqual(expect.arrayContaining(['9001', '9002', '9003']));
  });

  it('is detected in a folder of AVImark exports', async () => {
    const settings = avimarkCsvSettings.parse({ driver: 'csv', folder: folder.path });
    const { clients } = await readAll(openAvimarkCsvFolder(settings, context));
    expect(clients.map(({ pimsId }) => pimsId)).toEqual(['9004']);
  });

  it('makes the owners of all swallowed pets unreadable if it is in the patients file', async () => {
    folder.write('clients.csv', `${header}9001,Ann,Smith,\n9002,Jo,Poe,\n9004,Cy,Lane,\n`);
    folder.write(
      'patients.csv',
      'Patient ID,Client ID,Name,Status\n70,9001,"Rex,Deceased\n71,9002,Mia",Active\n72,9004,Pip,Active\n',
    );
    expect(await readKeys()).toEqual(['9004']);
    expect(await hidden()).toEqual(expect.arrayContaining(['9001', '9002']));
  });

  it('check: compares the number of rows with the number of lines of the file', async () => {
    const { findings } = await openFolder(folder).check(signal);
    expect(findings).toContainEqual(expect.stringContaining('clients.csv has 1 rows on 4 lines'));
    folder.write('clients.csv', `${header}${good}`);
    const { findings: clean } = await openFolder(folder).check(signal);
    expect(clean.join()).not.toContain('rows were taken');
  });

  it('never makes the connector report that one requested client does not exist', async () => {
    await expect(openFolder(folder).client!('9002', signal)).rejects.toMatchObject({
      code: 'pims-read-failed',
      message: expect.stringContaining('row 2 of clients.csv') as unknown,
    });
  });
});

describe('csv: a text with line breaks', () => {
  const withNotes = 'Client ID,First Name,Last Name,Email,Notes\n';

  it.each([
    ['an address', '"12 Main St\nApt 4\nSpringfield, IL 62704"'],
    ['a postal code on a line of its own', '"12 Main St\n62704"'],
    ['notes with commas', '"Called, no answer\nCalls back, says thanks"'],
    ['quotes that are doubled', '"""Bud"" bites\nand barks"'],
  ])('is read if it is %s within its own quotes', async (_what, cell) => {
    folder.write('clients.csv', `${withNotes}9001,Ann,Smith,,${cell}\n9004,Cy,Lane,,\n`);
    expect(await readKeys()).toEqual(['9001', '9004']);
    expect(await hidden()).toEqual([]);
  });

  it.each(['First Name', 'Last Name', 'Email', 'Client ID'])('is never accepted as a %s', async (column) => {
    const cells = withNotes
      .trim()
      .split(',')
      .map((name) => (name === column ? '"one\ntwo"' : `x${name.length}`));
    folder.write('clients.csv', `${withNotes}${cells.join(',')}\n`);
    expect(await readKeys()).toEqual([]);
  });

  it('may be a name that ends in a line break', async () => {
    folder.write('clients.csv', `${header}9001,"Ann\n",Smith,\n`);
    expect((await readAll(openFolder(folder))).clients[0]).toMatchObject({ firstName: 'Ann' });
  });
});

describe('csv: quotes', () => {
  it('CSV: doubled quotes, and quotes in unquoted text, are read as written at any position', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.stringMatching(/^[a-z", ]{0,8}$/), { minLength: 1, maxLength: 5 }),
        async (names) => {
          const row = (name: string, at: number) => `${at + 1},X,"${name.replaceAll('"', '""')}",\n`;
          folder.write('clients.csv', `${header}${names.map(row).join('')}`);
          const { clients, unreadable } = await readAll(openFolder(folder));
          expect(unreadable).toEqual([]);
          expect(clients.map(({ lastName }) => lastName ?? '')).toEqual(names.map((name) => name.trim()));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('CSV: a single quote in a quoted text makes its row unreadable', async () => {
    folder.write('clients.csv', `${header}9001,"Ann "Annie" B",Smith,\n${good}`);
    expect(await readKeys()).toEqual(['9004']);
    expect(await hidden()).toEqual(['9001']);
  });
});
