import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { avimarkMapping } from '../../src/connectors/avimark/mapping.js';
import { cornerstoneMapping } from '../../src/connectors/cornerstone/mapping.js';
import { mssqlSettings } from '../../src/connectors/drivers/mssql-settings.js';
import { mysqlSettings } from '../../src/connectors/drivers/mysql-settings.js';
import { odbcSettings } from '../../src/connectors/drivers/odbc-settings.js';
import { impromedMapping } from '../../src/connectors/impromed/mapping.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { createSqlConnector } from '../../src/connectors/sql/connector.js';
import type { MappingInput } from '../../src/connectors/sql/mapping/mapping.js';
import { type Opened, openMssql, openMysql, openOdbc, sqlSettings } from '../../src/connectors/sql/settings.js';
import { fillAvimark } from '../../demo/practices/fill/avimark.js';
import { fillCornerstone } from '../../demo/practices/fill/cornerstone.js';
import { fillImpromed } from '../../demo/practices/fill/impromed.js';
import { sqliteString } from '../../demo/practices/fill/odbc.js';
import { fillOpenvpms } from '../../demo/practices/fill/openvpms.js';
import { generatePractice, type DemoPractice } from '../../demo/practices/practice.js';
import { installExamplePlugin } from '../../demo/example-plugin.js';
import { z } from 'zod';
import { startChild } from './child.js';
import type { Places } from './places.js';
import { context, readAll, readClients, type ReadSource } from './read.js';
import { bareMssql, bareMysql, bareOdbc, recording, recordingMysql, type Sent } from './replay.js';

/** A connector on a filled practice, and the same queries through the bare library. */
interface ReadingSubject {
  what: string;
  note?: string;
  /** Number of clients filled, if it is less than requested. */
  clients?: number;
  source: ReadSource;
  /** Sends the connector's own statements through the bare library; returns the number of rows. */
  bare(): Promise<number>;
  stop?(): Promise<void>;
}

/** Fills a practice, opens the connector on it and records its statements. */
export type SubjectMaker = (practice: DemoPractice, places: Places) => Promise<ReadingSubject>;

/** The connectors to read; a maker throws `pims-driver-missing` if its driver is not installed. */
export const subjectMakers: Record<string, SubjectMaker> = {
  async 'Cornerstone over ODBC on SQLite'(practice, { folder }) {
    const file = join(folder, 'cornerstone.sqlite');
    await fillCornerstone({ practice, file });
    return overOdbc('Cornerstone over ODBC on SQLite', sqliteString(file));
  },

  async 'Cornerstone over ODBC on MariaDB'(practice, places) {
    const { host, port, database, user, password } = places.settings(await places.emptyDatabase('cornerstone'));
    const connectionString = `Driver={MariaDB Unicode};Server=${host};Port=${port};Database=${database};UID=${user};PWD=${password};CHARSET=utf8mb4`;
    await fillCornerstone({ practice, connectionString });
    return overOdbc('Cornerstone over ODBC on MariaDB', connectionString);
  },

  'AVImark over mssql': (practice, places) =>
    overMssql('AVImark over mssql', 'avimark', avimarkMapping, fillAvimark, practice, places),

  'ImproMed over mssql': (practice, places) =>
    overMssql('ImproMed over mssql', 'impromed', impromedMapping, fillImpromed, practice, places),

  async 'AVImark over mysql2'(practice, places) {
    const database = places.database('avimark');
    await fillAvimark({ practice, mysqlUrl: places.mysqlUrl, database });
    const connection = places.settings(database);
    const sent = await statementsOf(avimarkMapping, () => openMysql(z.object(mysqlSettings).parse(connection), limits));
    const uri = urlOf(places, database);
    return {
      what: 'AVImark over mysql2',
      source: { connector: 'avimark', settings: { driver: 'mysql', ...connection } },
      bare: () => bareMysql(uri, sent),
    };
  },

  async 'OpenVPMS plugin over mysql2'(wanted, places) {
    const database = places.database('openvpms');
    // A client is about 13 rows there, and the server is slow to pivot them.
    const clients = Math.min(wanted.options.clients, 5_000);
    const practice = generatePractice({ seed: 'benchmark', clients, today: wanted.options.today, mess: 0.2 });
    await fillOpenvpms({ practice, mysqlUrl: places.mysqlUrl, database });
    installExamplePlugin(places.folder);
    const source: ReadSource = {
      connector: 'pims-connector-openvpms',
      settings: places.settings(database),
      baseDir: places.folder,
    };
    const sent = await recordingMysql(() => readClients(source));
    const uri = urlOf(places, database);
    return { what: 'OpenVPMS plugin over mysql2', clients, source, bare: () => bareMysql(uri, sent) };
  },
};

/** The example plugin is not part of the package, only of the repository. */
if (!existsSync(join(packageRoot, 'examples'))) {
  delete subjectMakers['OpenVPMS plugin over mysql2'];
}

const limits = { baseDir: '.', timeoutSeconds: 60, lockWaitSeconds: 5 };

function urlOf({ mysqlUrl }: Places, database: string): string {
  const url = new URL(mysqlUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** Records the statements of the connector's reader with the connector's own mapping. */
async function statementsOf(mapping: MappingInput, open: () => Opened | Promise<Opened>): Promise<Sent[]> {
  const sent: Sent[] = [];
  const { driver, place } = await open();
  const opened = { driver: recording(driver, sent), place };
  await readAll(createSqlConnector(opened, mapping, {}, context()));
  return sent;
}

async function overOdbc(what: string, connectionString: string): Promise<ReadingSubject> {
  const settings = z.object({ ...odbcSettings, ...sqlSettings }).parse({ connectionString });
  const sent = await statementsOf(cornerstoneMapping, () => openOdbc(settings, 'sqlanywhere', limits));
  return {
    what,
    source: { connector: 'cornerstone', settings: { connectionString } },
    bare: () => bareOdbc(connectionString, sent),
  };
}

async function overMssql(
  what: string,
  name: 'avimark' | 'impromed',
  mapping: MappingInput,
  fill: typeof fillAvimark,
  practice: DemoPractice,
  places: Places,
): Promise<ReadingSubject> {
  const database = places.database(`${name}_tds`);
  await fill({ practice, mysqlUrl: places.mysqlUrl, database });
  const login = { user: 'bench_reader', password: 'bench_reader' };
  const { answer, stop } = await startChild<{ memoryPort: number }>('./tds-process.js', {
    mysqlUrl: places.mysqlUrl,
    databases: { Clinic: database },
    users: [{ name: login.user, password: login.password }],
    encryption: 'not-supported',
  });
  try {
    const server = { host: '127.0.0.1', port: answer.memoryPort, database: 'Clinic', ...login };
    const settings = { ...server, encrypt: false };
    const sent = await statementsOf(mapping, () => openMssql(z.object(mssqlSettings).parse(settings), limits));
    const source = { connector: name, settings };
    const bare = (): Promise<number> => bareMssql(server, sent);
    await bare(); // From now on the server in memory knows the answer to every statement.
    const note = 'the server answers from memory, in a process of its own';
    return { what, note, source, bare, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
