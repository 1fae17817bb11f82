import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { fillCornerstone } from '../../demo/practices/fill/cornerstone.js';
import { fillCsv } from '../../demo/practices/fill/csv.js';
import { fillImpromed } from '../../demo/practices/fill/impromed.js';
import { openOdbc, sqliteString } from '../../demo/practices/fill/odbc.js';
import { generatePractice, type DemoPractice } from '../../demo/practices/practice.js';
import { startTds, type Tds } from '../../demo/sql-server/server.js';

/** A practice's entry in the configuration. */
export interface Source {
  id: string;
  connector: 'cornerstone' | 'csv' | 'impromed';
  connection: Record<string, unknown>;
  clients: number;
}

export interface Sources {
  list: Source[];
  /** Changes the phone of 1 % of the clients at every practice with Cornerstone. */
  changeSome(): Promise<void>;
  remove(): Promise<void>;
}

export interface SourcesOptions {
  folder: string;
  /** Connection whose user may create databases named `pims_...`. */
  admin: Connection;
  databaseUrl: string;
  /** Number of clients of each practice, in the order in which their syncs are enqueued. */
  sizes: readonly number[];
}

/** Practices per server: practices of a group share one, as the hospitals of one owner do. */
const practicesAServer = 4;
const reader = { user: 'petapp_reader', password: 'benchmark' };

/**
 * Makes a PIMS for each practice cheaply: generates each shape and size once and gives each practice a copy with email
 * addresses of its own, so that no two practices share a person. Of four practices, two have Cornerstone's shape (SQLite
 * behind ODBC), one exports CSV files, and one has ImproMed's shape behind the stand-in for SQL Server, as a view.
 */
export async function makeSources({ folder, admin, databaseUrl, sizes }: SourcesOptions): Promise<Sources> {
  const servers: Tds[] = [];
  const databases: string[] = [];
  const files: string[] = [];
  const bases = new Map<string, Promise<string>>();
  const once = (key: string, make: () => Promise<string>): Promise<string> => {
    const base = bases.get(key) ?? make();
    bases.set(key, base);
    return base;
  };
  const today = new Date().toISOString().slice(0, 10);
  const generated = (clients: number): DemoPractice => generatePractice({ seed: 'night', clients, today, mess: 0.2 });
  const name = (part: string): string => `pims_bench_night_${process.pid}_${part}`;
  const remove = async (): Promise<void> => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    for (const database of databases.splice(0)) await admin.query(`DROP DATABASE IF EXISTS ${database}`);
  };

  async function cornerstone(number: number, clients: number): Promise<Source['connection']> {
    const base = await once(`cornerstone ${clients}`, async () => {
      const file = join(folder, `base-${clients}.sqlite`);
      await fillCornerstone({ practice: generated(clients), file });
      return file;
    });
    const file = join(folder, `practice-${number}.sqlite`);
    copyFileSync(base, file);
    const writer = await openOdbc(sqliteString(file));
    await writer.run('PRAGMA synchronous = OFF').catch(() => undefined);
    await writer.run(`UPDATE pp_client SET email = 'p${number}.' || TRIM(email) WHERE email LIKE '%_@_%'`);
    await writer.close();
    files.push(file);
    return { connectionString: sqliteString(file) };
  }

  async function csv(number: number, clients: number): Promise<Source['connection']> {
    const base = await once(`csv ${clients}`, async () => {
      const place = join(folder, `base-${clients}-csv`);
      await fillCsv({ practice: generated(clients), folder: place });
      return place;
    });
    const place = join(folder, `practice-${number}-csv`);
    mkdirSync(place);
    const rows = readFileSync(join(base, 'clients.csv'), 'utf8');
    writeFileSync(join(place, 'clients.csv'), rows.replace(/([^,;"\s@]+@)/g, `p${number}.$1`));
    copyFileSync(join(base, 'patients.csv'), join(place, 'patients.csv'));
    return { folder: place };
  }

  async function impromed(number: number, clients: number): Promise<Source['connection']> {
    const base = await once(`impromed ${clients}`, async () => {
      const database = name(`base${clients}`);
      databases.push(database);
      await fillImpromed({ practice: generated(clients), mysqlUrl: databaseUrl, database });
      return database;
    });
    const database = name(`p${number}`);
    databases.push(database);
    await admin.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
    const [columns] = await admin.query(
      'SELECT COLUMN_NAME c FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION',
      [base, 'CLIENTS'],
    );
    const own = `IF(EMAIL_ADDRESS LIKE '%_@_%', CONCAT('p${number}.', TRIM(EMAIL_ADDRESS)), EMAIL_ADDRESS) AS EMAIL_ADDRESS`;
    const selected = (columns as { c: string }[]).map(({ c }) => (c === 'EMAIL_ADDRESS' ? own : c)).join(', ');
    await admin.query(`CREATE VIEW ${database}.CLIENTS AS SELECT ${selected} FROM ${base}.CLIENTS`);
    for (const table of ['PATIENTS', 'SPECIES', 'BREEDS', 'HD_SEX'])
      await admin.query(`CREATE VIEW ${database}.${table} AS SELECT * FROM ${base}.${table}`);
    return { database, encrypt: false, ...reader };
  }

  try {
    const list: Source[] = [];
    for (const [number, clients] of sizes.entries()) {
      const connector = (['cornerstone', 'csv', 'cornerstone', 'impromed'] as const)[number % 4]!;
      const make = { cornerstone, csv, impromed }[connector];
      list.push({ id: `practice-${number}`, connector, connection: await make(number, clients), clients });
    }
    await serveImpromed(list, databaseUrl, servers);
    return {
      list,
      async changeSome() {
        for (const file of files) {
          const writer = await openOdbc(sqliteString(file));
          await writer.run("UPDATE pp_client SET phone1 = '(312) 555-7777' WHERE client_key % 100 = 7");
          await writer.close();
        }
      },
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Starts stand-ins for SQL Server, each for a group of the practices with ImproMed, and completes their settings. */
async function serveImpromed(list: readonly Source[], databaseUrl: string, servers: Tds[]): Promise<void> {
  const behind = list.filter(({ connector }) => connector === 'impromed');
  for (let at = 0; at < behind.length; at += practicesAServer) {
    const group = behind.slice(at, at + practicesAServer);
    const own = Object.fromEntries(
      group.map(({ connection }) => [String(connection['database']), String(connection['database'])]),
    );
    const server = await startTds({
      mysqlUrl: databaseUrl,
      databases: own,
      users: [{ name: reader.user, password: reader.password }],
    });
    servers.push(server);
    for (const { connection } of group) Object.assign(connection, { host: server.host, port: server.port });
  }
}
