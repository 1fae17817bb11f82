import type { Dialect } from './driver.js';
import type { MssqlSettings } from './mssql-settings.js';
import { dialectOf, part, serverOf, type OdbcSettings } from './odbc-settings.js';

/**
 * One name for a database server however a configuration writes it, so that practices on the same server are
 * recognized. Holds no credentials.
 */
export const serverName = (host: string, port: number): string => `${host}:${port}`.toLowerCase();

export function mssqlServerName({ host, instance, port }: Pick<MssqlSettings, 'host' | 'instance' | 'port'>): string {
  const [machine = host, named] = host.split('\\');
  const one = instance ?? named;
  // As in the driver, the port wins over the instance.
  return port === undefined && one !== undefined
    ? `${machine}\\${one}`.toLowerCase()
    : serverName(machine, port ?? 1433);
}

/** Returns null if the source is a file, or if the connection string does not name the server. */
export function odbcServerName(settings: OdbcSettings, fallback: Dialect): string | null {
  const { dsn, connectionString: text, host, server } = settings;
  if (dsn !== undefined) return `dsn ${dsn}`.toLowerCase();
  const dialect = dialectOf(settings, fallback);
  if (dialect === 'sqlite') return null;
  const found = serverOf(settings, dialect);
  if (found) return serverName(found.host, found.port);
  if (text === undefined) return host === undefined ? null : [host, server].filter(Boolean).join('\\').toLowerCase();
  const named = ['host', 'server', 'servername', 'commlinks', 'dsn'].map((name) => part(text, name)).find(Boolean);
  if (named === undefined) return null;
  // SQL Server writes a port as `tcp:av,1433`.
  const [, machine, port] = /^(?:tcp:)?([\w.-]+)(?:,\s*(\d+))?$/i.exec(named) ?? [];
  return dialect === 'tsql' && machine ? serverName(machine, Number(port ?? 1433)) : named.toLowerCase();
}
