import { z } from 'zod';
import type { ConnectorContext } from '../contract.js';
import type { Dialect, Patience, SqlDriver } from '../drivers/driver.js';
import { createMssqlDriver } from '../drivers/mssql.js';
import { mssqlOptions, type MssqlSettings } from '../drivers/mssql-settings.js';
import { createMysqlDriver } from '../drivers/mysql.js';
import { mysqlOptions, type MysqlSettings } from '../drivers/mysql-settings.js';
import { createOdbcDriver } from '../drivers/odbc.js';
import { connectionString, dialectOf, type OdbcSettings, placeOf, serverOf } from '../drivers/odbc-settings.js';
import { PimsProblem } from '../errors.js';
import { mappingOverride, type MappingInput } from './mapping/mapping.js';

/** Settings of every SQL connector. */
export const sqlSettings = {
  /** Time limit of one statement. */
  timeoutSeconds: z.number().min(1).max(3600).default(60),
  /** Time limit for a lock, after which a statement gives up so that it does not block staff. */
  lockWaitSeconds: z.number().min(1).max(60).default(5),
  /** Code of the practice to read in a shared database. */
  practice: z.union([z.string().min(1), z.number(), z.array(z.union([z.string(), z.number()])).min(1)]).optional(),
  /** Override of the connector's own mapping, at any depth. */
  mapping: mappingOverride.optional(),
};

export type Practice = z.output<(typeof sqlSettings)['practice']>;

/** Adds the practice filter to an installation's override, on the column that holds the practice. */
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
      message: 'The settings name a practice, but the mapping has no column of the clients table that holds practices.',
      help: 'Name that column as `mapping.clients.siteId`, or remove `practice`.',
    });
  }
  const where = { ...(clients.where as object | undefined), [column]: practice };
  return { ...override, clients: { ...clients, where } };
}

export interface Opened {
  driver: SqlDriver;
  place: string;
}

type Common = Pick<ConnectorContext, 'baseDir'> & { timeoutSeconds: number; lockWaitSeconds: number };

const patience = ({ timeoutSeconds, lockWaitSeconds }: Common): Required<Patience> => ({
  timeoutMs: timeoutSeconds * 1000,
  lockWaitMs: lockWaitSeconds * 1000,
});

export function openOdbc(settings: OdbcSettings, fallback: Dialect, common: Common): Opened {
  const dialect = dialectOf(settings, fallback);
  const place = placeOf(settings);
  const limits = patience(common);
  const text = connectionString(settings, dialect, { ...common, ...limits });
  const server = serverOf(settings, dialect);
  return { place, driver: createOdbcDriver({ connectionString: text, dialect, place, server, ...limits }) };
}

export async function openMssql(settings: MssqlSettings, common: Common): Promise<Opened> {
  const options = await mssqlOptions(settings, common.baseDir);
  return { place: options.place, driver: createMssqlDriver({ ...options, ...patience(common) }) };
}

export async function openMysql(settings: MysqlSettings, common: Common): Promise<Opened> {
  const options = await mysqlOptions(settings, common.baseDir);
  return { place: options.place, driver: createMysqlDriver({ ...options, ...patience(common) }) };
}
