import { z } from 'zod';
import { defineConnector } from '../contract.js';
import { mssqlSettings } from '../drivers/mssql-settings.js';
import { mssqlServerName } from '../drivers/server-name.js';
import { createSqlConnector } from '../sql/connector.js';
import { openMssql, sqlSettings } from '../sql/settings.js';
import { impromedMapping } from './mapping.js';

// Defaults from an integrator's published configuration: instance IMPROMED1, database Impromed.
const settings = z.strictObject({
  ...mssqlSettings,
  database: z.string().min(1).default('Impromed'),
  ...sqlSettings,
});

type Settings = z.output<typeof settings>;

const instanceOf = ({ instance, host }: Settings): string | undefined =>
  instance ?? (host.includes('\\') ? undefined : 'IMPROMED1');

/** Connector for ImproMed Infinity and Equine: SQL Server, GUID keys. */
export default defineConnector<Settings>({
  name: 'impromed',
  summary: 'ImproMed Infinity and Equine, by mssql (SQL Server)',
  label: 'ImproMed',
  settings,
  emailField: () => 'the Email Address field of ImproMed',
  server: (given) => mssqlServerName({ ...given, instance: instanceOf(given) }),
  async open(given, context) {
    const opened = await openMssql({ ...given, instance: instanceOf(given) }, { ...context, ...given });
    return createSqlConnector(opened, impromedMapping, given, context);
  },
});
