import { describe, expect, it } from '@jest/globals';
import { avimarkMapping } from '../../../src/connectors/avimark/mapping.js';
import { cornerstoneMapping } from '../../../src/connectors/cornerstone/mapping.js';
import type { Dialect } from '../../../src/connectors/drivers/driver.js';
import { impromedMapping } from '../../../src/connectors/impromed/mapping.js';
import { compileClientRows } from '../../../src/connectors/sql/client-rows.js';
import { mergeMapping, type MappingInput } from '../../../src/connectors/sql/mapping/mapping.js';
import { compileOwnershipRows } from '../../../src/connectors/sql/owners.js';
import { compilePetRows } from '../../../src/connectors/sql/pet-rows.js';
import { createQueries, type Queries } from '../../../src/connectors/sql/queries.js';

function queries(defaults: MappingInput, dialect: Dialect, override: Record<string, unknown> = {}): Queries {
  const mapping = mergeMapping(defaults, override);
  return createQueries(mapping, dialect, {
    client: compileClientRows(mapping, dialect).selection,
    pet: compilePetRows(mapping, dialect).selection,
    ownership: compileOwnershipRows(mapping, dialect)?.selection ?? null,
  });
}

const key = { type: 'integer', value: '500' } as const;
const guid = { type: 'guid', value: '0000000C-0000-4000-8000-000000000004' } as const;

describe('SQL connectors: the SQL that reads a PIMS', () => {
  it('is plain T-SQL for ImproMed', () => {
    const { page, pets, keyless, byDisplayId } = queries(impromedMapping, 'tsql', {
      clients: { where: { PRACTICE_VID: 2 } },
    });
    expect(page(guid, 501)).toEqual({
      sql: [
        'SELECT TOP 501 c.[CLIENT_GUID] AS [c0], c.[CLIENT_ACCOUNT_ID] AS [c1], c.[PRACTICE_VID] AS [c2], c.[FIRST_NAME] AS [c3], c.[LAST_NAME] AS [c4], c.[SPOUSE_FIRST_NAME] AS [c5], c.[SPOUSE_LAST_NAME] AS [c6], c.[COMPANY_NAME] AS [c7], c.[EMAIL_ADDRESS] AS [c8], c.[HOME_PHONE] AS [c9], c.[WORK_PHONE] AS [c10], c.[CLIENT_TYPE_GUID] AS [c11], c.[CREATE_DATE_TIME] AS [c12], c.[LATEST_VISIT] AS [c13], c.[ACTIVE] AS [c14], c.[DELETED] AS [c15], c.[EMAIL_OPTOUT] AS [c16], c.[ALLOW_MARKETING] AS [c17], c.[REM_SUSPENDED] AS [c18]',
        '  FROM [dbo].[CLIENTS] c',
        ' WHERE c.[PRACTICE_VID] = 2 AND c.[CLIENT_GUID] > ? ORDER BY c.[CLIENT_GUID]',
      ].join('\n'),
      parameters: [guid],
    });
    expect(pets({ keys: [guid, guid] })?.rows).toEqual({
      sql: [
        'SELECT p.[CLIENT_GUID] AS [owner], p.[PATIENT_GUID] AS [p0], p.[PATIENT_NAME] AS [p1], j_species.[SPECIES_NAME] AS [p2], p.[SEX] AS [p3], j_sexes.[MALE] AS [p4], j_sexes.[NEUTERED] AS [p5], p.[BIRTHDATE] AS [p6], p.[DECEASED_DATE] AS [p7], p.[ACTIVE] AS [p8], p.[DELETED] AS [p9]',
        '  FROM [dbo].[PATIENTS] p',
        '  LEFT JOIN [dbo].[SPECIES] j_species ON j_species.[SPECIES_GUID] = p.[SPECIES_GUID]',
        '  LEFT JOIN [dbo].[HD_SEX] j_sexes ON j_sexes.[SEX] = p.[SEX]',
        ' WHERE p.[CLIENT_GUID] IN (?, ?)',
      ].join('\n'),
      parameters: [guid, guid],
    });
    expect(keyless().sql).toBe(
      'SELECT COUNT(*) AS [n] FROM [dbo].[CLIENTS] c WHERE c.[PRACTICE_VID] = 2 AND c.[CLIENT_GUID] IS NULL',
    );
    expect(byDisplayId('1004')?.sql).toMatch(/RTRIM\(CAST\(c\.\[CLIENT_ACCOUNT_ID\] AS nvarchar\(64\)\)\) = \?/);
  });

  it('is plain T-SQL for AVImark, with a join for each pointer and separate co-owners', () => {
    const { page, pets, ownerships } = queries(avimarkMapping, 'tsql');
    expect(page(null, 10).sql).toContain(
      [
        '  FROM [CLIENT] c',
        '  LEFT JOIN [PHRASE] j_emailPhrase ON j_emailPhrase.[ID] = c.[CLIENT_EMAIL]',
        '  LEFT JOIN [PHRASE] j_cellPhrase ON j_cellPhrase.[ID] = c.[CLIENT_CELL]',
        ' WHERE c.[CLIENT_ID] IS NOT NULL ORDER BY c.[CLIENT_ID]',
      ].join('\n'),
    );
    expect(pets({ after: null, last: key })?.rows.sql).toMatch(/FROM \[ANIMAL\] p\n WHERE p\.\[ANIMAL_CLIENT\] <= \?$/);
    expect(ownerships({ after: key, last: key })?.rows.sql).toMatch(
      /^SELECT o\.\[SPLIT_CLIENT\] AS \[owner\], o\.\[SPLIT_PERCENT\] AS \[o0\], .*\n {2}FROM \[SPLIT\] o\n {2}JOIN \[ANIMAL\] p ON p\.\[ID\] = o\.\[SPLIT_ANIMAL\]\n WHERE o\.\[SPLIT_CLIENT\] > \? AND o\.\[SPLIT_CLIENT\] <= \?$/,
    );
  });

  it('is plain SQL Anywhere for Cornerstone', () => {
    const { page, rest, ownerships } = queries(cornerstoneMapping, 'sqlanywhere', {
      clients: { where: { practice_id: ['ELM', 'OAK'] } },
    });
    const query = page(key, 200);
    expect(query.sql).toMatch(/^SELECT TOP 200 c\."client_key" AS "c0", c\."client_number" AS "c1"/);
    expect(query.sql).toMatch(
      / WHERE c\."practice_id" IN \(\?, \?\) AND c\."client_key" > \? ORDER BY c\."client_key"$/,
    );
    expect(query.parameters).toEqual([{ type: 'text', value: 'ELM' }, { type: 'text', value: 'OAK' }, key]);
    expect(rest(null).sql).toBe(
      'SELECT COUNT(*) AS "n" FROM "pp_client" c WHERE c."practice_id" IN (?, ?) AND c."client_key" IS NOT NULL',
    );
    expect(ownerships({ after: null, last: key })?.quick.sql).toBe(
      'SELECT COUNT(*) AS "n"\n  FROM "pp_ownership" o\n WHERE o."client_key" <= ?',
    );
  });

  it('ends in LIMIT if the engine has no TOP, and quotes as the engine does', () => {
    expect(queries(cornerstoneMapping, 'mysql').page(null, 9).sql).toMatch(
      /^SELECT c\.`client_key` AS `c0`.* LIMIT 9$/s,
    );
    expect(queries(cornerstoneMapping, 'postgresql').page(null, 9).sql).toMatch(
      /^SELECT c\."client_key" AS "c0".* LIMIT 9$/s,
    );
    const filtered = queries(cornerstoneMapping, 'postgresql', {
      clients: { where: { is_inactive: false } },
    });
    expect(filtered.keyless().sql).toContain('c."is_inactive" = FALSE');
  });
});
