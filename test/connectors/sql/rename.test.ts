import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { avimarkMapping } from '../../../src/connectors/avimark/mapping.js';
import { impromedMapping } from '../../../src/connectors/impromed/mapping.js';
import type { ListedTable } from '../../../src/connectors/sql/catalog.js';
import { mergeMapping, type MappingInput } from '../../../src/connectors/sql/mapping/mapping.js';
import { namedTables } from '../../../src/connectors/sql/mapping/mapped-columns.js';
import { proveNames } from '../../../src/connectors/sql/mapping/verify-mapping.js';

/** Makes a catalog with the tables and columns of a mapping, some columns renamed. */
function catalogOf(mapping: MappingInput, renamed: Record<string, string>): ListedTable[] {
  return namedTables(mergeMapping(mapping)).map(({ table, columns }) => {
    const [name = '', owner = 'dbo'] = table.split('.').reverse();
    const names = new Set(columns.map(({ column }) => renamed[`${name}.${column}`] ?? column));
    return {
      owner,
      table: name,
      name: table,
      columns: [...names].map((each) => ({ name: each, type: 'varchar' })),
    };
  });
}

const prove = (mapping: MappingInput, catalog: ListedTable[], override = {}): ReturnType<typeof proveNames> =>
  proveNames('tsql', catalog, namedTables(mergeMapping(mapping, override)));

/** Returns the lines of a help text that can be pasted. */
const pasteable = (help = ''): string[] => [...help.matchAll(/`(mapping: [^`]+)`/g)].map(([, line]) => line ?? '');

describe('SQL connectors: check names a missing column', () => {
  it('suggests the path to set and the column whose name is most like the field', () => {
    const { problems } = prove(impromedMapping, catalogOf(impromedMapping, { 'CLIENTS.EMAIL_ADDRESS': 'E_MAIL' }));
    expect(problems).toMatchObject([
      { message: expect.stringMatching(/no column EMAIL_ADDRESS; it does have E_MAIL/) as unknown },
    ]);
    expect(problems[0]?.help).toBe(
      "Name the right one as `mapping.clients.emails`: under the practice's `connection` write " +
        '`mapping: { clients: { emails: [E_MAIL] } }`; if this PIMS has none, write ' +
        '`mapping: { clients: { emails: [] } }`.',
    );
  });

  it('does not suggest a column that the mapping already uses', () => {
    const catalog = catalogOf(impromedMapping, { 'CLIENTS.SPOUSE_LAST_NAME': 'XYZ' });
    const { help } = prove(impromedMapping, catalog).problems[0]!;
    expect(pasteable(help)[0]).toBe('mapping: { clients: { spouseLastName: <column> } }');
  });

  it.each<[string, MappingInput, string, string]>([
    ['a plain field', impromedMapping, 'CLIENTS.LAST_NAME', 'SURNAME'],
    ['a key', impromedMapping, 'PATIENTS.PATIENT_GUID', 'PET_GUID'],
    ['a flag', impromedMapping, 'CLIENTS.EMAIL_OPTOUT', 'EMAIL_OPT_OUT'],
    ['a phone', impromedMapping, 'CLIENTS.HOME_PHONE', 'PHONE1'],
    ['a phone with an area', avimarkMapping, 'CLIENT.CLIENT_PHONE', 'CLIENT_HOME_PHONE'],
    ['a column that a field and a join name', impromedMapping, 'PATIENTS.SEX', 'GENDER'],
    ['the key of a joined table', impromedMapping, 'HD_SEX.SEX', 'SEX_TEXT'],
    ['a joined name', impromedMapping, 'SPECIES.SPECIES_NAME', 'SPECIES_NAMES'],
    ['an owner', avimarkMapping, 'SPLIT.SPLIT_CLIENT', 'SPLIT_CLIENT_ID'],
  ])('prints a line that fixes %s when pasted', (_what, mapping, column, other) => {
    const catalog = catalogOf(mapping, { [column]: other });
    const { problems } = prove(mapping, catalog);
    expect(problems).toHaveLength(1);
    const lines = pasteable(problems[0]?.help).map((line) => line.replaceAll('<column>', other));
    const overrides = lines.map((line) => (parse(line) as { mapping: object }).mapping);
    // If the mapping works without the column, the second line says so and is valid too.
    for (const override of overrides) expect(prove(mapping, catalog, override).problems).toEqual([]);
    expect(lines[0]).toContain(other);
  });

  it('never suggests leaving out a key', () => {
    const catalog = catalogOf(impromedMapping, { 'CLIENTS.CLIENT_GUID': 'XYZ' });
    expect(pasteable(prove(impromedMapping, catalog).problems[0]?.help)).toEqual([
      'mapping: { clients: { key: <column> } }',
    ]);
  });

  it('keeps the other addresses of a client', () => {
    const catalog = catalogOf(impromedMapping, { 'CLIENTS.FIRST_NAME': 'E_MAIL' });
    const override = { clients: { firstName: null, emails: ['MAIL', 'EMAIL_ADDRESS'] } };
    expect(pasteable(prove(impromedMapping, catalog, override).problems[0]?.help)).toEqual([
      'mapping: { clients: { emails: [E_MAIL, EMAIL_ADDRESS] } }',
      'mapping: { clients: { emails: [EMAIL_ADDRESS] } }',
    ]);
  });
});
