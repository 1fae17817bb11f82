import { afterAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { avimarkCsvSettings, openAvimarkCsvFolder } from '../../../src/connectors/avimark/csv-folder.js';
import { conformanceCases, type Subject } from '../../../src/connectors/conformance/index.js';
import csvConnector from '../../../src/connectors/csv/index.js';
import { defineConnector } from '../../../src/connectors/index.js';
import { makeFolder, type Folder } from './folder.js';

const folders: Folder[] = [];
afterAll(() => folders.forEach((folder) => folder.remove()));

function folderOf(files: Record<string, string>): string {
  const folder = makeFolder(files);
  folders.push(folder);
  return folder.path;
}

/**
 * Rows with keys out of order, two pets for each client, padding, NULs, absurd dates, a client with only a key, and a
 * client with an excessively long name.
 */
function exportOf(count: number, [clientHeader, petHeader]: [string, string]): Record<string, string> {
  const ids = Array.from({ length: count }, (_, i) => ((i * 7919) % count) + 1);
  const client = (id: number): string =>
    id === 3
      ? '3,,,,,\n'
      : id === 4
        ? `4,Ann,"${'Very long, '.repeat(1000)}",ann.4@example.com,,31/31/2019\n`
        : `${id},  Ann\0 ,"Smith ${id}",ann.${id}@example.com,555-${id},3/5/2019\n`;
  const pet = (id: number): string =>
    id === 5
      ? `5,5,,,,,,\n`
      : `${id},${((id - 1) % count) + 1},Rex,Canine,Beagle,MN,${id % 2 ? '12/30/1899' : '2999-02-31'},\n`;
  return {
    'clients.csv': `${clientHeader}\n${ids.map(client).join('')}`,
    'patients.csv': `${petHeader}\n${[...ids, ...ids.map((id) => id + count)].map(pet).join('')}`,
  };
}

const spoilt = ',No,planted-row-text,x@example.com,,\n2,planted-row-text\n';

function subjectOf(definition: Subject['definition'], headers: [string, string], more: object): Subject {
  const files = exportOf(30, headers);
  const folder = folderOf({ ...files, 'clients.csv': files['clients.csv'] + spoilt });
  const settings = { folder, rowsInMemory: 12, ...more };
  const file = join(folder, 'patients.csv');
  return {
    definition,
    settings,
    expected: {
      clients: 30,
      pets: 60,
      unreadable: 2,
      capabilities: { oneClient: true },
    },
    canaries: ['planted-row-text'],
    empty: {
      ...more,
      folder: folderOf({ 'clients.csv': `${headers[0]}\n`, 'patients.csv': `${headers[1]}\n` }),
    },
    refusals: [
      {
        name: 'a missing folder',
        settings: { ...settings, folder: join(folder, 'gone') },
        code: 'pims-unreachable',
      },
      {
        name: 'a missing file',
        settings: { ...settings, clients: 'gone.csv' },
        code: 'pims-unreachable',
      },
      {
        name: 'a renamed header',
        settings: { ...settings, mapping: { clients: { emails: ['Mail'] } } },
        code: 'pims-schema-differs',
        missing: 'Mail',
      },
      {
        name: 'the wrong encoding',
        settings: { ...settings, encoding: 'utf-16le' },
        code: 'pims-settings-wrong',
      },
      {
        name: 'an export that is still being written',
        settings: {
          ...settings,
          folder: folderOf({ ...files, 'patients.csv': `${files['patients.csv']}99,1,R` }),
        },
        code: 'pims-busy',
      },
    ],
    faults: {
      cut: { begin: () => renameSync(file, `${file}.away`), end: () => renameSync(`${file}.away`, file) },
    },
    fingerprint: async () => {
      const hash = createHash('sha256');
      for (const name of readdirSync(folder))
        hash.update(`${name} ${statSync(join(folder, name)).mtimeMs}`).update(readFileSync(join(folder, name)));
      return hash.digest('hex');
    },
  };
}

const avimark = defineConnector({
  name: 'avimark-csv',
  summary: 'The folder of files that Information Search exports',
  settings: avimarkCsvSettings,
  emailField: () => 'the Email field of AVImark',
  open: async (settings, context) => openAvimarkCsvFolder(settings, context),
});

const usual: [string, string] = [
  'Client ID,First Name,Last Name,Email,Phone,Added',
  'Patient ID,Client ID,Name,Species,Breed,Sex,Birthday,Date of Death',
];
const avimarkOwn: [string, string] = [
  'CLIENT_ID,CLIENT_FIRST,CLIENT_LAST,CLIENT_EMAIL,CLIENT_PHONE,CLIENT_ADDED',
  'ID,ANIMAL_CLIENT,ANIMAL_NAME,ANIMAL_SPECIES,ANIMAL_BREED,ANIMAL_SEX,ANIMAL_BIRTHDAY,ANIMAL_DEATH',
];

const subjects: Record<string, Subject> = {
  csv: {
    ...subjectOf(csvConnector, usual, {}),
    large: {
      settings: { folder: folderOf(exportOf(20_000, usual)), rowsInMemory: 5000 },
      clients: 20_000,
      limitMb: 40,
    },
  },
  'the AVImark export': subjectOf(avimark, avimarkOwn, { driver: 'csv' }),
};

/** What files do not have: logins, statements, locks that make a reader wait. */
const leftOut = [
  'the subject has no faults.stall',
  'the subject has no faults.lock',
  'the subject has no faults.stall',
  'the subject has no readOnly settings',
  'the subject has no statements()',
  'the subject has no statements()',
];

describe.each(Object.entries(subjects))('csv: %s', (_name, subject) => {
  const cases = conformanceCases(subject);
  for (const { name, notRun, run } of cases) if (notRun === undefined) it(name, run);

  it('skips only the cases that files cannot offer', () => {
    const reasons = cases.flatMap(({ notRun }) => notRun ?? []);
    expect(reasons.filter((why) => why !== 'the subject has no large source')).toEqual(leftOut);
  });
});
