import { join } from 'node:path';
import { avimarkColumns, fillAvimark } from '../../demo/practices/fill/avimark.js';
import { cornerstoneColumns, fillCornerstone } from '../../demo/practices/fill/cornerstone.js';
import { openOdbc, sqliteString } from '../../demo/practices/fill/odbc.js';
import { generatePractice, type DemoPractice } from '../../demo/practices/practice.js';
import type { Places } from './places.js';
import type { ReadSource } from './read.js';

/** A practice of a given number of rows, clients and pets together. */
export interface LargePractice {
  what: string;
  /** Makes it with about `rows` rows by copying a small practice under other keys: equally realistic, and fast. */
  make(rows: number, places: Places): Promise<ReadSource>;
}

/** Offset between the copies' keys; larger than every key of the small practice. */
const apart = 1_000_000;
const small = (rows: number): DemoPractice => {
  const today = new Date().toISOString().slice(0, 10);
  return generatePractice({ seed: 'large', clients: Math.min(2_000, Math.ceil(rows / 2.5)), today });
};

/** Columns that hold keys and therefore get the offset of each copy. */
const keys = /^(client_key|patient_key|CLIENT_ID|ID|ANIMAL_CLIENT|SPLIT_ANIMAL|SPLIT_CLIENT|CLIENT_EMAIL|CLIENT_CELL)$/;

function copying(tables: Record<string, readonly string[]>, copy: number): string[] {
  return Object.entries(tables).map(([table, columns]) => {
    const shifted = columns.map((column) => (keys.test(column) ? `${column} + ${copy * apart}` : column));
    return `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${shifted.join(', ')} FROM ${table} WHERE ${columns[0]} < ${apart}`;
  });
}

export const largePractices: readonly LargePractice[] = [
  {
    what: 'Cornerstone over ODBC on SQLite',
    async make(rows, { folder }) {
      const file = join(folder, `large-${rows}.sqlite`);
      const { clients, pets } = await fillCornerstone({ practice: small(rows), file });
      const database = await openOdbc(sqliteString(file));
      await database.run('PRAGMA synchronous = OFF');
      await database.together(async () => {
        for (let copy = 1; copy * (clients + pets) < rows; copy++) {
          for (const statement of copying(cornerstoneColumns, copy)) await database.run(statement);
        }
      });
      await database.close();
      return { connector: 'cornerstone', settings: { connectionString: sqliteString(file) } };
    },
  },
  {
    what: 'AVImark over mysql2',
    async make(rows, places) {
      const database = places.database(`large_${rows}`);
      const { clients, pets } = await fillAvimark({
        practice: small(rows),
        mysqlUrl: places.mysqlUrl,
        database,
      });
      const statements: string[] = [];
      for (let copy = 1; copy * (clients + pets) < rows; copy++) {
        statements.push(...copying(avimarkColumns, copy));
      }
      await places.run(database, 'SET autocommit = 0', ...statements, 'COMMIT', 'SET autocommit = 1');
      return { connector: 'avimark', settings: { driver: 'mysql', ...places.settings(database) } };
    },
  },
];
