import { isDoubleEncoded } from '../../lib/double-encoded.js';
import type { CheckReport } from '../contract.js';
import { PimsProblem } from '../errors.js';
import { readPages } from './read.js';
import { countRounded, roundedKeys } from './rounded.js';
import type { Source } from './source.js';
import type { Tally } from './table.js';

/** Reads both files completely and reports the result in plain words for an installer. No personal data. */
export async function checkSource(
  open: (signal: AbortSignal) => Promise<Source>,
  rowsInMemory: number,
  signal: AbortSignal,
): Promise<CheckReport> {
  try {
    return await reportOn(await open(signal), rowsInMemory, signal);
  } catch (error) {
    if (error instanceof PimsProblem) return { findings: [], problems: [told(error)] };
    throw error;
  }
}

async function reportOn(source: Source, rowsInMemory: number, signal: AbortSignal): Promise<CheckReport> {
  const { clients, pets } = source;
  const count = { clients: 0, pets: 0, emails: 0, unreadable: 0, living: 0, petRows: 0, garbled: 0 };
  const unknown = new Map<string, number>();
  for await (const page of readPages(source, { cursor: null, pageSize: 1000, signal }, rowsInMemory)) {
    count.clients += page.clients.length;
    count.unreadable += page.unreadable.length;
    for (const client of page.clients) {
      if (client.emails.length > 0) count.emails++;
      if (isDoubleEncoded(`${client.firstName} ${client.lastName}`)) count.garbled++;
      if (client.unknownStatus !== null) add(unknown, `client status "${client.unknownStatus}"`);
      for (const pet of client.pets) {
        count.pets++;
        if (pet.status === 'active') count.living++;
        if (pet.status === 'unknown') add(unknown, `pet status "${pet.statusRaw}"`);
      }
    }
  }
  const clientKeys = countRounded();
  const clientTally = await clients.table.scan(
    (cells) => clientKeys.add(clients.rows.key(clients.headers.keep(cells))),
    () => {},
    signal,
    clients.columns,
  );
  const [petKeys, owners] = [countRounded(), countRounded()];
  const petTally = await pets.table.scan(
    (cells) => {
      const row = pets.headers.keep(cells);
      count.petRows++;
      petKeys.add(pets.rows.key(row));
      owners.add(pets.rows.owner(row));
    },
    () => {},
    signal,
    pets.columns,
  );
  const rounded = [
    { file: clients, field: 'key', keys: clientKeys },
    { file: pets, field: 'key', keys: petKeys },
    { file: pets, field: 'owner', keys: owners },
  ]
    .filter(({ keys }) => keys.count() > 0)
    .map(({ file: { table, headers }, field, keys }) =>
      told(roundedKeys(table.name, headers.found.get(field)![0]!, keys.count())),
    );

  const findings = [
    `${clients.table.name}: ${listed(clients.headers.found)}`,
    `${pets.table.name}: ${listed(pets.headers.found)}`,
    `${count.clients} clients, ${count.emails} with an email address`,
    `${count.pets} pets of these clients, ${count.living} of them active`,
    ...(count.garbled > 0
      ? [`${count.garbled} clients have letters that were decoded with the wrong character set, such as "Ã©"`]
      : []),
    ...(count.pets > 0 && count.living === 0 ? [allDead(pets.headers.found)] : []),
    ...(count.petRows > count.pets
      ? [`${count.petRows - count.pets} rows of ${pets.table.name} belong to no client`]
      : []),
    ...(count.unreadable > 0 ? [`${count.unreadable} rows cannot be read`] : []),
    ...swallowed(clients.table.name, clientTally),
    ...swallowed(pets.table.name, petTally),
    ...(source.oddDates() > 0
      ? [
          `${source.oddDates()} dates are unreadable or in the future: is 3/5/2019 in May or in March? See the setting dates`,
        ]
      : []),
    ...[...unknown].map(([code, times]) => `${code}, ${times} times: not in the code map, so these are held`),
  ];
  return { findings, problems: [...rounded, ...strangers(count, source)] };
}

function allDead(found: Map<string, string[]>): string {
  const headers = ['diedOn', 'deceased', 'status', 'inactive'].flatMap((field) => found.get(field) ?? []);
  return `No pet is active, so nobody would be invited: do ${headers.map((each) => `"${each}"`).join(' and ')} tell which pets died?`;
}

/** Reports that rows span lines: an unclosed quote joins many lines, but so do valid texts of several lines. */
function swallowed(file: string, { rows, lines }: Tally): string[] {
  if (rows >= lines * 0.9) return [];
  return [`${file} has ${rows} rows on ${lines} lines: does it have texts of several lines, or an unclosed quote?`];
}

/** Reports if most pets belong to no client: `owner` and `key` then name different numbers. */
function strangers(count: { pets: number; petRows: number }, { clients, pets }: Source): CheckReport['problems'] {
  if (count.petRows === 0 || count.pets >= count.petRows / 2) return [];
  const [owner, key] = [pets.headers.found.get('owner')![0]!, clients.headers.found.get('key')![0]!];
  const problem = new PimsProblem({
    code: 'pims-schema-differs',
    message: `Most rows of ${pets.table.name} belong to no client: its "${owner}" is not "${key}" of ${clients.table.name}.`,
    help: 'Name the columns that belong together as `pets.owner` and `clients.key` in the mapping.',
    missing: owner,
  });
  return [told(problem)];
}

const told = ({ code, message, help }: PimsProblem) => ({
  code,
  message,
  ...(help === undefined ? {} : { help }),
});

const listed = (found: Map<string, string[]>): string =>
  [...found].map(([field, headers]) => `${field} = ${headers.map((header) => `"${header}"`).join(' + ')}`).join(', ');

const add = (counts: Map<string, number>, code: string): void => void counts.set(code, (counts.get(code) ?? 0) + 1);
