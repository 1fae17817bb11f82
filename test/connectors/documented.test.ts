import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { avimarkCsvSettings } from '../../src/connectors/avimark/csv-folder.js';
import { csvSettings } from '../../src/connectors/csv/settings.js';
import { mssqlSettings } from '../../src/connectors/drivers/mssql-settings.js';
import { mysqlSettings } from '../../src/connectors/drivers/mysql-settings.js';
import { odbcSettings } from '../../src/connectors/drivers/odbc-settings.js';
import { sqlSettings } from '../../src/connectors/sql/settings.js';

const text = readFileSync('docs/connectors.md', 'utf8');
const settings = text.slice(text.indexOf('## Settings of the built-in'), text.indexOf('## Mapping an'));
const between = (from: string, to: string): string => settings.slice(settings.indexOf(from), settings.indexOf(to));
const row = (driver: string): string =>
  new RegExp(`^\\| \`${driver}\`.*$`, 'm').exec(between('**`avimark`**', '**`impromed`**'))?.[0] ?? '';

describe('docs/connectors.md', () => {
  it.each<[string, string, object]>([
    ['all SQL connectors', between('**SQL connectors', '**`cornerstone`**'), sqlSettings],
    ['cornerstone', between('**`cornerstone`**', '**`avimark`**'), odbcSettings],
    ['avimark over mssql', row('mssql'), mssqlSettings],
    ['avimark over mysql', row('mysql'), mysqlSettings],
    ['csv', settings.slice(settings.indexOf('**`csv`**')), csvSettings.shape],
  ])('names each setting of %s', (_connector, said, shape) => {
    const unsaid = Object.keys(shape).filter((name) => !new RegExp(`\`${name}\\b`).test(said));
    expect(unsaid).toEqual([]);
  });

  it('describes AVImark over ODBC and from a folder, too', () => {
    expect(row('odbc')).toContain('`odbcDriver`');
    const own = Object.keys(avimarkCsvSettings.shape).filter((name) => !(name in csvSettings.shape));
    expect(own).toEqual(['driver']);
    expect(row('csv')).toContain('those of `csv`');
  });
});
