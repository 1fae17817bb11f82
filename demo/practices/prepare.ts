import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { ToolProblem } from '../tool-problem.js';
import { startTds, type Tds } from '../sql-server/server.js';
import { avimarkClasses, fillAvimark } from './fill/avimark.js';
import { fillCornerstone } from './fill/cornerstone.js';
import { fillCsv } from './fill/csv.js';
import { fillImpromed, impromedSensitive } from './fill/impromed.js';
import { rowsIn } from './fill/mysql.js';
import { sqliteString } from './fill/odbc.js';
import { fillOpenvpms } from './fill/openvpms.js';
import { generatePractice } from './practice.js';
import type { DemoPractice } from './practice.js';
import type { Shape } from './stories.js';
import type { Truth } from './truth.js';

export interface DemoPimsOptions {
  /** Folder for the practices that are files, and for a note of the filled data. */
  folder: string;
  /** The MariaDB server for the other practices; its user must be allowed to create databases named `pims_...`. */
  databaseUrl: string;
  /** Number of clients of each practice. */
  clients: number;
  seed: number | string;
  practices: { id: string; connector: string; country?: string }[];
  mess?: number;
  /** `YYYY-MM-DD`; today by default. */
  today?: string;
}

export interface DemoPims {
  /** The `connection` settings, by practice id. Ports change with every start. */
  connections: Record<string, Record<string, unknown>>;
  /** The expected content, by practice id. */
  truths: Record<string, Truth>;
  /** The stand-ins for SQL Server, by practice id. */
  servers: Record<string, Tds>;
  /** False if every practice was already filled. */
  filled: boolean;
  stop(): Promise<void>;
}

type Practice = DemoPimsOptions['practices'][number];
interface Place {
  practice: Practice;
  shape: Shape;
  folder: string;
  databaseUrl: string;
  /** Name of the MariaDB database, for shapes that use one. */
  database: string;
}

/** Version of the filled data. Raise it when the data changes, so that older data is replaced. */
const fillVersion = 2;
const reader = { user: 'petapp_reader', password: 'demo-reader' };
const truthSchema = z.object({
  what: z.string(),
  truth: z.custom<Truth>((value) => typeof value === 'object'),
});

/**
 * Makes a PIMS for each practice of the demo and starts its servers. Reuses existing data with the same seed and size.
 * @throws Problem `demo-connector-unknown`, `pims-driver-missing`
 */
export async function prepareDemoPims(options: DemoPimsOptions): Promise<DemoPims> {
  const folder = resolve(options.folder);
  await mkdir(folder, { recursive: true });
  const demo: DemoPims = { connections: {}, truths: {}, servers: {}, filled: false, stop };

  async function stop(): Promise<void> {
    await Promise.all(Object.values(demo.servers).map((server) => server.stop()));
  }

  try {
    for (const practice of options.practices) {
      const { id } = practice;
      const database = `pims_demo_${id.replaceAll(/\W/g, '_')}`;
      const place: Place = {
        practice,
        shape: shapeOf(practice),
        folder,
        databaseUrl: options.databaseUrl,
        database,
      };
      const { truth, isNew } = await ensureFilled(place, options);
      demo.truths[id] = truth;
      demo.filled ||= isNew;
      const server = await serve(place);
      if (server !== null) demo.servers[id] = server;
      demo.connections[id] = connectionTo(place, server);
    }
    return demo;
  } catch (error) {
    await stop();
    throw error;
  }
}

function shapeOf({ id, connector }: Practice): Shape {
  const shapes: Shape[] = ['cornerstone', 'avimark', 'impromed', 'openvpms', 'csv'];
  const shape = shapes.find((each) => connector === each || connector.endsWith(`-${each}`));
  if (shape !== undefined) return shape;
  throw new ToolProblem({
    code: 'demo-connector-unknown',
    message: `The demo cannot make a PIMS for the connector ${connector} of practice ${id}.`,
    help: `Give the practice one of: ${shapes.join(', ')}.`,
  });
}

async function ensureFilled(place: Place, options: DemoPimsOptions): Promise<{ truth: Truth; isNew: boolean }> {
  const { seed, clients, mess = 0.5 } = options;
  const note = join(place.folder, `${place.practice.id}.json`);
  const what = JSON.stringify([fillVersion, place.shape, seed, clients, mess]);
  const known = await readNote(note);
  if (known?.what === what && (await isThere(place, known.truth))) return { truth: known.truth, isNew: false };
  const today = options.today ?? new Date().toISOString().slice(0, 10);
  const practice = generatePractice({
    ...{ clients, mess, today, seed: `${seed}/${place.practice.id}`, town: `${seed}/town` },
    country: place.practice.country === 'AU' ? 'AU' : 'US',
  });
  const truth = await fill(place, practice);
  await writeFile(note, JSON.stringify({ what, truth }, null, 2));
  return { truth, isNew: true };
}

async function readNote(file: string): Promise<z.infer<typeof truthSchema> | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return truthSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    // An incomplete note is ignored, so the practice is filled again.
    return null;
  }
}

const tableOf: Partial<Record<Shape, string>> = {
  avimark: 'CLIENT',
  impromed: 'CLIENTS',
  openvpms: 'entities',
};
const fileOf = ({ folder, practice, shape }: Place): string =>
  join(folder, shape === 'csv' ? `${practice.id}-csv/clients.csv` : `${practice.id}.sqlite`);

async function isThere(place: Place, truth: Truth): Promise<boolean> {
  const table = tableOf[place.shape];
  if (table !== undefined) return ((await rowsIn(place.databaseUrl, place.database, table)) ?? 0) >= truth.clients;
  return access(fileOf(place)).then(
    () => true,
    () => false,
  );
}

function fill(place: Place, practice: DemoPractice): Promise<Truth> {
  const { databaseUrl: mysqlUrl, database } = place;
  switch (place.shape) {
    case 'cornerstone':
      return fillCornerstone({ practice, file: fileOf(place) });
    case 'csv':
      return fillCsv({ practice, folder: join(place.folder, `${place.practice.id}-csv`) });
    case 'avimark':
      return fillAvimark({ practice, mysqlUrl, database });
    case 'impromed':
      return fillImpromed({ practice, mysqlUrl, database });
    case 'openvpms':
      return fillOpenvpms({ practice, mysqlUrl, database });
  }
}

const sqlServerName: Partial<Record<Shape, string>> = { avimark: 'AVImark', impromed: 'Impromed' };

async function serve({ shape, databaseUrl, database }: Place): Promise<Tds | null> {
  const name = sqlServerName[shape];
  if (name === undefined) return null;
  return startTds({
    mysqlUrl: databaseUrl,
    databases: { [name]: database },
    users: [{ name: reader.user, password: reader.password, denied: shape === 'impromed' ? impromedSensitive : {} }],
  });
}

function connectionTo(place: Place, server: Tds | null): Record<string, unknown> {
  const sqlServer = {
    host: server?.host,
    port: server?.port,
    database: sqlServerName[place.shape],
    ...reader,
  };
  const mysql = new URL(place.databaseUrl);
  switch (place.shape) {
    case 'cornerstone':
      return { connectionString: sqliteString(fileOf(place)) };
    case 'csv':
      return { folder: dirname(fileOf(place)) };
    case 'avimark':
      // An old server without TLS; this practice uses a class for clients who have left.
      return {
        ...sqlServer,
        encrypt: false,
        mapping: { clients: { inactive: { CLIENT_CLASS: [avimarkClasses.inactive] } } },
      };
    case 'impromed':
      return {
        ...sqlServer,
        host: 'localhost',
        trustServerCertificate: true,
        mapping: {
          pets: {
            joins: { breeds: { table: 'dbo.BREEDS', on: { BREED_GUID: 'BREED_GUID' } } },
            breed: 'breeds.BREED_NAME',
          },
        },
      };
    case 'openvpms':
      return {
        ...{ host: mysql.hostname, port: Number(mysql.port || 3306), database: place.database },
        ...{ user: decodeURIComponent(mysql.username), password: decodeURIComponent(mysql.password) },
      };
  }
}
