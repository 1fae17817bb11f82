import { dialectOf, part, serverOf, type OdbcSettings } from './drivers/odbc-settings.js';
import type { Dialect } from './drivers/driver.js';

/** Default ports of SQL Server and MySQL. */
const usualPorts: Readonly<Record<string, number>> = { mssql: 1433, mysql: 3306 };

/**
 * Returns one name for the database server of a practice's connection, so that practices on the same server are
 * recognized however each configuration writes it. Null if the connection names no server, such as a folder of files.
 *
 * @param connection the values of the configuration, before the connector's own defaults
 */
export function serverNamed(connector: string, connection: Readonly<Record<string, unknown>>): string | null {
  const { driver, dsn, connectionString, host, instance, port } = connection;
  const odbc = connector === 'cornerstone' || driver === 'odbc' || [dsn, connectionString].some(isText);
  if (odbc) return odbcServer(connector, connection);
  if (!isText(host)) return null;
  const [machine = host, named] = host.split('\\');
  const usualInstance = connector === 'impromed' ? 'IMPROMED1' : undefined;
  const usual = usualPorts[typeof driver === 'string' ? driver : 'mssql'] ?? 1433;
  // As in the driver, the port wins over the instance.
  if (isNumber(port)) return at(machine, Number(port));
  const one = isText(instance) ? instance : (named ?? usualInstance);
  return one === undefined ? at(machine, usual) : `${machine}\\${one}`.toLowerCase();
}

function odbcServer(connector: string, connection: Readonly<Record<string, unknown>>): string | null {
  const { odbcDriver, dsn, connectionString: text, host, server } = connection;
  if (isText(dsn)) return `dsn ${dsn}`.toLowerCase();
  const fallback: Dialect = connector === 'cornerstone' ? 'sqlanywhere' : 'tsql';
  const usualDriver = connector === 'cornerstone' ? 'SQL Anywhere 17' : 'ODBC Driver 18 for SQL Server';
  const driver = connector === 'avimark' ? (odbcDriver ?? usualDriver) : (connection.driver ?? usualDriver);
  const settings = { dialect: 'auto', ...connection, driver } as OdbcSettings;
  const dialect = dialectOf(settings, fallback);
  if (dialect === 'sqlite') return null;
  const found = serverOf(settings, dialect);
  if (found) return at(found.host, found.port);
  if (!isText(text)) return isText(host) ? [host, server].filter(isText).join('\\').toLowerCase() : null;
  const named = ['host', 'server', 'servername', 'commlinks', 'dsn'].map((name) => part(text, name)).find(isText);
  if (named === undefined) return null;
  // SQL Server writes a port as `tcp:av,1433`.
  const [, machine, port] = /^(?:tcp:)?([\w.-]+)(?:,\s*(\d+))?$/i.exec(named) ?? [];
  return dialect === 'tsql' && machine ? at(machine, Number(port ?? 1433)) : named.toLowerCase();
}

const at = (host: string, port: number): string => `${host}:${port}`.toLowerCase();
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isNumber = (value: unknown): boolean => value !== undefined && Number.isInteger(Number(value));
