import { z } from 'zod';
import { defineConnector } from '../contract.js';
import { namesOneSource, odbcSettings, oneSource } from '../drivers/odbc-settings.js';
import { odbcServerName } from '../drivers/server-name.js';
import { createSqlConnector } from '../sql/connector.js';
import { openOdbc, sqlSettings } from '../sql/settings.js';
import { cornerstoneMapping } from './mapping.js';

const settings = z.strictObject({ ...odbcSettings, ...sqlSettings }).refine(namesOneSource, { error: oneSource });

/** Connector for IDEXX Cornerstone: SQL Anywhere over ODBC, by default through the views of views.sql. */
export default defineConnector<z.output<typeof settings>>({
  name: 'cornerstone',
  summary: 'IDEXX Cornerstone, by ODBC (SQL Anywhere), through three read-only views',
  label: 'Cornerstone',
  settings,
  emailField: () => 'the Email field of Cornerstone',
  server: (given) => odbcServerName(given, 'sqlanywhere'),
  async open(given, context) {
    const opened = openOdbc(given, 'sqlanywhere', { ...context, ...given });
    return createSqlConnector(opened, cornerstoneMapping, given, context);
  },
});
