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
import { mappingOverride, type MappingInput } from './mapping.js';

/** What every SQL connector may be told. */
export const sqlSettings = {
  /** How long one statement may run. */
  timeoutSeconds: z.number().min(1).max(3600).default(60),
  /** How long a statement may wait for a lock before it gives up, so as not to stand in the way of staff. */
  lockWaitSeconds: z.number().min(1).max(60).default(5),
  /** Which practice of a shared database to read, by its code there. */
  practice: z.union([z.string().min(1), z.number(), z.array(z.union([z.string(), z.number()])).min(1)]).optional(),
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
      message: 'A practice is named, but the mapping has no column of the clients table that holds practices.',
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
