import { z } from 'zod';
import { type ConnectorContext, defineConnector } from '../contract.js';
import { mssqlSettings } from '../drivers/mssql-settings.js';
import { mysqlSettings } from '../drivers/mysql-settings.js';
import { namesOneSource, odbcSettings, oneSource } from '../drivers/odbc-settings.js';
import { mssqlServerName, odbcServerName, serverName } from '../drivers/server-name.js';
import { createSqlConnector } from '../sql/connector.js';
import { type Opened, openMssql, openMysql, openOdbc, sqlSettings } from '../sql/settings.js';
import { avimarkCsvSettings, openAvimarkCsvFolder } from './csv-folder.js';
import { avimarkMapping } from './mapping.js';

const { driver: odbcDriver, ...odbc } = odbcSettings;

const overMssql = z.strictObject({
  driver: z.literal('mssql').default('mssql'),
  ...mssqlSettings,
  ...sqlSettings,
});
const overOdbc = z
  .strictObject({
    driver: z.literal('odbc'),
    ...odbc,
    odbcDriver: odbcDriver.default('ODBC Driver 18 for SQL Server'),
    ...sqlSettings,
  })
  .refine(namesOneSource, { error: oneSource });

const overMysql = z.strictObject({ driver: z.literal('mysql'), ...mysqlSettings, ...sqlSettings });

const settings = z.preprocess(
  (given) => (isPlain(given) && given.driver === undefined ? { ...given, driver: 'mssql' } : given),
  z.discriminatedUnion('driver', [overMssql, overOdbc, overMysql, avimarkCsvSettings]),
);
type Settings = z.output<typeof settings>;
type SqlSettings = Exclude<Settings, { driver: 'csv' }>;

/**
 * Connector for AVImark: the SQL Server edition, any database that an agent fills with AVImark's tables, or, for the
 * classic edition without SQL, a folder of files that staff export.
 */
export default defineConnector<Settings>({
  name: 'avimark',
  summary: 'AVImark: SQL Server edition by mssql, ODBC or MySQL; classic edition from a folder of its CSV exports',
  label: 'AVImark',
  settings,
  emailField: () => 'the Email field of AVImark',
  server: serverOf,
  async open(given, context) {
    if (given.driver === 'csv') return openAvimarkCsvFolder(given, context);
    return createSqlConnector(await openDriver(given, context), avimarkMapping, given, context);
  },
});

async function openDriver(given: SqlSettings, context: ConnectorContext): Promise<Opened> {
  if (given.driver === 'mssql') return openMssql(given, { ...context, ...given });
  if (given.driver === 'mysql') return openMysql(given, { ...context, ...given });
  return openOdbc({ ...given, driver: given.odbcDriver }, 'tsql', { ...context, ...given });
}

function serverOf(given: Settings): string | null {
  if (given.driver === 'csv') return null;
  if (given.driver === 'mssql') return mssqlServerName(given);
  return given.driver === 'mysql'
    ? serverName(given.host, given.port)
    : odbcServerName({ ...given, driver: given.odbcDriver }, 'tsql');
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
