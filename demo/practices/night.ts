import { addClients } from './fill/cornerstone.js';
import { literal } from './fill/bulk.js';
import { openOdbc, sqliteString } from './fill/odbc.js';
import type { OdbcWriter } from './fill/odbc.js';
import { mailDomains } from './names.js';
import { generatePractice } from './practice.js';
import type { DemoPractice } from './practice.js';
import { randomOf } from './random.js';
import type { Random } from './random.js';

/** A change of a client between two syncs. */
type Happening = 'added' | 'email' | 'phone' | 'pet-died' | 'inactive' | 'removed';

export interface NightOptions {
  /** The practice that the database was filled with; new clients are like its own. */
  practice: DemoPractice;
  /** Seed of the changes: the same night on the same data gives the same changes. */
  night: string | number;
  /** Share of the clients that change, 0 to 1. */
  share: number;
  /** `YYYY-MM-DD`. */
  today: string;
  /** Relative frequency of each change. */
  weights?: Partial<Record<Happening, number>>;
  file?: string;
  connectionString?: string;
  site?: string;
}

/** Client numbers by their change, each client once. */
export type NightTruth = Record<Happening, number[]>;

const usual: Record<Happening, number> = {
  added: 30,
  email: 20,
  phone: 25,
  'pet-died': 15,
  inactive: 5,
  removed: 5,
};

/** Applies a night of changes to a database that `fillCornerstone` made, in one transaction. */
export async function changeNight(options: NightOptions): Promise<NightTruth> {
  const { practice, night, share, file, connectionString, site = 'MAI' } = options;
  const random = randomOf(practice.options.seed, 'night', night);
  const database = await openOdbc(file === undefined ? (connectionString as string) : sqliteString(file));
  try {
    return await database.together(async () => {
      const clients = await keysOf(database);
      const truth: NightTruth = {
        added: [],
        email: [],
        phone: [],
        'pet-died': [],
        inactive: [],
        removed: [],
      };
      const happenings = Math.round(clients.length * share);
      const weights = options.weights ?? usual;
      for (const number of choose(clients, happenings, random)) {
        const what = random.weighted(weights as Record<Happening, number>);
        if (what === 'added') truth.added.push(0);
        else if (await change[what](database, number, random, options)) truth[what].push(number);
      }
      truth.added = await add(database, practice, String(night), truth.added.length, (clients.at(-1) ?? 0) + 1, site);
      return truth;
    });
  } finally {
    await database.close();
  }
}

async function keysOf(database: OdbcWriter): Promise<number[]> {
  const rows = await database.rows('SELECT client_key FROM pp_client ORDER BY client_key');
  return rows.map((row) => Number(row['client_key']));
}

/** Draws `count` different elements, in random order. */
function choose(from: number[], count: number, random: Random): number[] {
  const left = [...from];
  const chosen: number[] = [];
  while (chosen.length < count && left.length > 0) {
    const at = random.int(0, left.length - 1);
    chosen.push(left[at] as number);
    // The last element replaces the drawn one, so that no others have to move.
    left[at] = left.at(-1) as number;
    left.pop();
  }
  return chosen;
}

type Change = (database: OdbcWriter, number: number, random: Random, options: NightOptions) => Promise<boolean>;

/** Applies a change; returns false if there was nothing to change. */
const change: Record<Exclude<Happening, 'added'>, Change> = {
  async email(database, number, random, { night }) {
    const address = `moved${number}.${night}@${random.pick(mailDomains)}`;
    await database.run(`UPDATE pp_client SET email = ${literal(address)} WHERE client_key = ${number}`);
    return true;
  },
  async phone(database, number, random) {
    const phone = `(312) 555-${String(random.int(0, 9999)).padStart(4, '0')}`;
    const label = random.pick(['phone1', 'phone2']);
    await database.run(`UPDATE pp_client SET ${label} = ${literal(phone)} WHERE client_key = ${number}`);
    return true;
  },
  async 'pet-died'(database, number, _random, { today }) {
    const living = await database.rows(
      `SELECT MIN(p.patient_key) AS pet FROM pp_patient p JOIN pp_ownership o ON o.patient_key = p.patient_key
        WHERE o.client_key = ${number} AND p.death_date IS NULL`,
    );
    const pet = living[0]?.['pet'] ?? null;
    if (pet === null) return false;
    await database.run(`UPDATE pp_patient SET death_date = ${literal(today)} WHERE patient_key = ${Number(pet)}`);
    return true;
  },
  async inactive(database, number) {
    await database.run(`UPDATE pp_client SET is_inactive = 1 WHERE client_key = ${number}`);
    return true;
  },
  async removed(database, number) {
    const owned = `SELECT patient_key FROM pp_ownership WHERE client_key = ${number}`;
    const kept = `SELECT 1 FROM pp_ownership o WHERE o.patient_key = pp_patient.patient_key AND o.client_key <> ${number}`;
    await database.run(`DELETE FROM pp_patient WHERE patient_key IN (${owned}) AND NOT EXISTS (${kept})`);
    await database.run(`DELETE FROM pp_ownership WHERE client_key = ${number}`);
    await database.run(`DELETE FROM pp_client WHERE client_key = ${number}`);
    return true;
  },
};

async function add(
  database: OdbcWriter,
  practice: DemoPractice,
  night: string,
  clients: number,
  firstNumber: number,
  site: string,
): Promise<number[]> {
  if (clients === 0) return [];
  const { town, ...same } = practice.options;
  const newcomers = generatePractice({
    ...same,
    ...(town === null ? {} : { town }),
    seed: `${practice.options.seed}/night/${night}`,
    clients,
    firstNumber,
  });
  const { clients: added } = await addClients(database, newcomers, site);
  const all = await keysOf(database);
  return all.slice(all.length - added);
}
