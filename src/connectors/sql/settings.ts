import { z } from 'zod';
import type { ConnectorContext } from '../contract.js';
import type { Dialect, SqlDriver } from '../drivers/driver.js';
import { createMssqlDriver } from '../drivers/mssql.js';
import { mssqlOptions, type MssqlSettings } from '../drivers/mssql-settings.js';
import { createMysqlDriver } from '../drivers/mysql.js';
import { mysqlOptions, type MysqlSettings } from '../drivers/mysql-settings.js';
import { createOdbcDriver } from '../drivers/odbc.js';
import { connectionString, dialectOf, type OdbcSettings, placeOf } from '../drivers/odbc-settings.js';
import { PimsProblem } from '../errors.js';
import { mappingOverride, type MappingInput } from './mapping.js';

/** What every SQL connector may be told. */
export const sqlSettings = {
  /** How long one statement may run. */
  timeoutSeconds: z.number().min(1).max(3600).default(60),
  /** Which practice of a shared database to read, by its code there. */
  practice: z
    .union([z.string().min(1), z.number(), z.array(z.union([z.string(), z.number()])).min(1)])
    .optional(),
  /** Changes to the connector's own mapping, as deep as needed. */
  mapping: mappingOverride.optional(),
};

export type Practice = z.output<(typeof sqlSettings)['practice']>;

/** The override of an installation with its practice filter on the column that holds the practice. */
export function withPractice(
  defaults: MappingInput,
  override: Record<string, unknown> = {},
  practice: Practice,
): Record<string, unknown> {
  if (practice === undefined) return override;
  const clients = (override.clients ?? {}) as Record<string, unknown>;
  const column = clients.siteId === undefined ? defaults.clients.siteId : clients.siteId;
  if (typeof column !== 'string' || column.includes('.')) {
    throw new PimsProblem({
      code: 'pims-settings-wrong',
      message:
        'A practice is named, but the mapping has no column of the clients table that holds practices.',
      help: 'Name that column as `mapping.clients.siteId`, or leave `practice` out.',
    });
  }
  const where = { ...(clients.where as object | undefined), [column]: practice };
  return { ...override, clients: { ...clients, where } };
}

export interface Opened {
  driver: SqlDriver;
  place: string;
}

type Common = Pick<ConnectorContext, 'baseDir'> & { timeoutSeconds: number };

export function openOdbc(
  settings: OdbcSettings,
  fallback: Dialect,
  { baseDir, timeoutSeconds }: Common,
): Opened {
  const dialect = dialectOf(settings, fallback);
  const place = placeOf(settings);
  const text = connectionString(settings, dialect, baseDir);
  return {
    place,
    driver: createOdbcDriver({ connectionString: text, dialect, place, timeoutMs: timeoutSeconds * 1000 }),
  };
}

export async function openMssql(
  settings: MssqlSettings,
  { baseDir, timeoutSeconds }: Common,
): Promise<Opened> {
  const options = await mssqlOptions(settings, baseDir);
  return {
    place: options.place,
    driver: createMssqlDriver({ ...options, timeoutMs: timeoutSeconds * 1000 }),
  };
}

export async function openMysql(
  settings: MysqlSettings,
  { baseDir, timeoutSeconds }: Common,
): Promise<Opened> {
  const options = await mysqlOptions(settings, baseDir);
  return {
    place: options.place,
    driver: createMysqlDriver({ ...options, timeoutMs: timeoutSeconds * 1000 }),
  };
}
