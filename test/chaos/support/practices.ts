import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { createFaultProxy, type FaultProxy } from '../../../src/connectors/conformance/proxy.js';
import { openOdbc, sqliteString } from '../../../demo/practices/fill/odbc.js';
import { changeNight } from '../../../demo/practices/night.js';
import { prepareDemoPims, type DemoPims } from '../../../demo/practices/prepare.js';
import { generatePractice } from '../../../demo/practices/practice.js';

const kinds = ['cornerstone', 'impromed', 'avimark', 'csv'] as const;
type Kind = (typeof kinds)[number];

export interface ChaosPractice {
  id: string;
  kind: Kind;
  /** The practice's `connection` settings. */
  connection: Record<string, unknown>;
  /** Counts the client rows of the PIMS without our code. */
  rows(): Promise<number>;
  /** Adds and changes clients, as on a day at the front desk. */
  day(number: number): Promise<void>;
}

export interface ChaosPractices {
  list: ChaosPractice[];
  /** The network between us and the PIMS servers, for practices with a server. */
  proxies: FaultProxy[];
  pims: DemoPims;
  close(): Promise<void>;
}

/**
 * Makes one practice of each kind: Cornerstone's shape in an SQLite file over ODBC, ImproMed and AVImark behind the
 * stand-in for SQL Server and a network that can be cut, and a folder of CSV files.
 */
export async function openPractices(
  folder: string,
  databaseUrl: string,
  clients: number,
  seed: number,
): Promise<ChaosPractices> {
  const today = new Date().toISOString().slice(0, 10);
  // Database names on the test server contain this name, so that two suites at once do not collide.
  const mark = `${process.pid.toString(36)}${Date.now().toString(36).slice(-4)}`;
  const named = kinds.map((kind) => ({ id: `${kind}-${mark}`, connector: kind }));
  const pims = await prepareDemoPims({
    folder,
    databaseUrl,
    clients,
    seed,
    mess: 0.3,
    today,
    practices: named,
  });
  const proxies: FaultProxy[] = [];
  const list: ChaosPractice[] = [];
  for (const [at, kind] of kinds.entries()) {
    const { id } = named[at] as { id: string };
    const connection = { ...pims.connections[id] };
    const server = pims.servers[id];
    if (server) {
      const proxy = await createFaultProxy({ host: server.host, port: server.port });
      proxies.push(proxy);
      connection['port'] = proxy.port;
    }
    const generated = generatePractice({ seed: `${seed}/${id}`, clients, mess: 0.3, today });
    list.push({ id, kind, connection, ...bodyOf(kind, { folder, id, databaseUrl, generated, today }) });
  }
  return {
    list,
    proxies,
    pims,
    async close() {
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await pims.stop();
      const admin = await createConnection(databaseUrl);
      for (const { id } of list) await admin.query(`DROP DATABASE IF EXISTS \`${databaseOf(id)}\``);
      await admin.end();
    },
  };
}

const databaseOf = (id: string): string => `pims_demo_${id.replaceAll(/\W/g, '_')}`;

interface Body {
  folder: string;
  id: string;
  databaseUrl: string;
  generated: ReturnType<typeof generatePractice>;
  today: string;
}

function bodyOf(kind: Kind, body: Body): Pick<ChaosPractice, 'rows' | 'day'> {
  switch (kind) {
    case 'cornerstone':
      return cornerstone(body);
    case 'csv':
      return csv(body);
    case 'impromed':
      return mysql(body, 'CLIENTS', (n) => [
        copy(
          'CLIENTS',
          8,
          {
            CLIENT_GUID: `UNHEX(MD5(CONCAT('${n}', HEX(CLIENT_GUID))))`,
            CLIENT_ACCOUNT_ID: `CLIENT_ACCOUNT_ID + ${n * 10_000}`,
            FIRST_NAME: `CONCAT('Late', CLIENT_ACCOUNT_ID, 'x', '${n}')`,
            EMAIL_ADDRESS: `CONCAT('late', CLIENT_ACCOUNT_ID, '.${n}.i@post.example')`,
          },
          'CLIENT_ACCOUNT_ID < 10000 AND DELETED = 0 ORDER BY CLIENT_ACCOUNT_ID',
        ),
        copy(
          'PATIENTS',
          1000,
          {
            PATIENT_GUID: `UNHEX(MD5(CONCAT('${n}', HEX(PATIENT_GUID))))`,
            CLIENT_GUID: `UNHEX(MD5(CONCAT('${n}', HEX(CLIENT_GUID))))`,
            PATIENT_ACCOUNT_ID: `PATIENT_ACCOUNT_ID + ${n * 100_000}`,
          },
          `PATIENT_ACCOUNT_ID < 100000 AND UNHEX(MD5(CONCAT('${n}', HEX(CLIENT_GUID)))) IN (SELECT CLIENT_GUID FROM CLIENTS)`,
        ),
        `UPDATE CLIENTS SET EMAIL_ADDRESS = CONCAT('moved', CLIENT_ACCOUNT_ID, '.${n}.i@post.example') WHERE CLIENT_ACCOUNT_ID % 23 = ${n % 23}`,
      ]);
    case 'avimark':
      return mysql(body, 'CLIENT', (n) => [
        copy(
          'CLIENT',
          8,
          {
            CLIENT_ID: `CLIENT_ID + ${n * 10_000}`,
            CLIENT_FIRST: `CONCAT('Late', CLIENT_ID, 'x', '${n}')`,
            CLIENT_EMAIL: `(CLIENT_ID + ${n * 10_000}) * 2`,
            CLIENT_CELL: '0',
          },
          "CLIENT_ID < 10000 AND CLIENT_RECD = 'A' ORDER BY CLIENT_ID",
        ),
        `INSERT INTO PHRASE (ID, PHRASE_TEXT) SELECT CLIENT_EMAIL, CONCAT('late', CLIENT_ID, '.${n}.a@post.example') FROM CLIENT WHERE CLIENT_ID BETWEEN ${n * 10_000} AND ${n * 10_000 + 9999} AND CLIENT_EMAIL > 0 AND ${n} > 0`,
        copy(
          'ANIMAL',
          1000,
          { ID: `ID + ${n * 100_000}`, ANIMAL_CLIENT: `ANIMAL_CLIENT + ${n * 10_000}` },
          `ID < 100000 AND ANIMAL_CLIENT + ${n * 10_000} IN (SELECT CLIENT_ID FROM CLIENT)`,
        ),
        `UPDATE PHRASE SET PHRASE_TEXT = CONCAT('moved', ID, '.${n}.a@post.example') WHERE ID % 46 = ${(n * 2) % 46} AND PHRASE_TEXT LIKE '%@%'`,
      ]);
  }
}

/** An INSERT that copies rows of a table with some columns changed; `{columns}` is filled in when it runs. */
function copy(table: string, limit: number, changed: Record<string, string>, where: string) {
  return { table, limit, changed, where };
}
type Statement = string | ReturnType<typeof copy>;

function mysql(body: Body, table: string, statements: (day: number) => Statement[]) {
  const database = databaseOf(body.id);
  const connected = async <T>(work: (run: (sql: string) => Promise<Record<string, unknown>[]>) => Promise<T>) => {
    const connection = await createConnection({ uri: body.databaseUrl });
    try {
      await connection.query(`USE \`${database}\``);
      return await work(async (sql) => (await connection.query(sql))[0] as Record<string, unknown>[]);
    } finally {
      await connection.end();
    }
  };
  return {
    rows: () => connected(async (run) => Number((await run(`SELECT COUNT(*) n FROM ${table}`))[0]?.['n'])),
    day: (number: number) =>
      connected(async (run) => {
        for (const statement of statements(number)) {
          if (typeof statement === 'string') {
            await run(statement);
            continue;
          }
          const { limit, changed, where } = statement;
          const found = await run(
            `SELECT COLUMN_NAME c FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '${database}' AND TABLE_NAME = '${statement.table}' ORDER BY ORDINAL_POSITION`,
          );
          const columns = found.map(({ c }) => String(c));
          await run(
            `INSERT INTO ${statement.table} (${columns.join(', ')}) SELECT ${columns.map((name) => changed[name] ?? name).join(', ')} FROM ${statement.table} WHERE ${where} LIMIT ${limit}`,
          );
        }
      }),
  };
}

function cornerstone({ folder, id, generated, today }: Body): Pick<ChaosPractice, 'rows' | 'day'> {
  const file = join(folder, `${id}.sqlite`);
  return {
    async rows() {
      const reader = await openOdbc(sqliteString(file));
      try {
        return Number((await reader.rows('SELECT COUNT(*) AS n FROM pp_client'))[0]?.['n']);
      } finally {
        await reader.close();
      }
    },
    async day(number) {
      await changeNight({ practice: generated, night: `storm ${number}`, share: 0.15, today, file });
    },
  };
}

function csv({ folder, id }: Body): Pick<ChaosPractice, 'rows' | 'day'> {
  const place = (name: string) => join(folder, `${id}-csv`, `${name}.csv`);
  const lines = (name: string) => readFileSync(place(name), 'utf8').split('\r\n').filter(Boolean);
  // Replaces the file as a careful export does: writes a new file and renames it, so that it is never partial.
  const replace = (name: string, rows: string[]) => {
    writeFileSync(`${place(name)}.new`, `${rows.join('\r\n')}\r\n`);
    renameSync(`${place(name)}.new`, place(name));
  };
  return {
    rows: () => Promise.resolve(lines('clients').length - 1),
    day(number) {
      const clients = lines('clients');
      const patients = lines('patients');
      for (let at = 1; at <= 8; at++) {
        const client = number * 10_000 + at;
        clients.push(
          `${client},,Late${client},Comer${client},,,,late${client}.c@post.example,555 555-${String(at).padStart(4, '0')},,,STANDARD,Active,No,No,2021-02-03,`,
        );
        patients.push(`${client},${client},Pet${client},Canine,Beagle,M,2020-01-02,,No,No`);
      }
      // Write the pets first: a client whose pets are missing would be read as a client without pets.
      replace('patients', patients);
      replace('clients', clients);
      return Promise.resolve();
    },
  };
}
