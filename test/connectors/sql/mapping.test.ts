import { describe, expect, it } from '@jest/globals';
import { avimarkMapping } from '../../../src/connectors/avimark/mapping.js';
import { cornerstoneMapping } from '../../../src/connectors/cornerstone/mapping.js';
import { impromedMapping } from '../../../src/connectors/impromed/mapping.js';
import { mergeMapping } from '../../../src/connectors/sql/mapping/mapping.js';
import { namedTables } from '../../../src/connectors/sql/mapping/mapped-columns.js';

describe('SQL connectors: a mapping', () => {
  it.each([cornerstoneMapping, avimarkMapping, impromedMapping])(
    'is valid for each connector as shipped',
    (mapping) => {
      expect(mergeMapping(mapping).clients.key).toBe(mapping.clients.key);
    },
  );

  it('is partly overridden by an installation: names merge, lists and nulls replace', () => {
    const merged = mergeMapping(impromedMapping, {
      clients: {
        lastName: 'SURNAME',
        emails: ['MAIL1', 'MAIL2'],
        phones: { work: null, cell: 'CELL_PHONE' },
        optOut: { REM_SUSPENDED: null, NO_MAIL: ['Y', 'X'] },
      },
      pets: {
        joins: { breeds: { table: 'dbo.BREEDS', on: { BREED_GUID: 'BREED_GUID' } } },
        breed: 'breeds.NAME',
      },
    });
    expect(merged.clients).toMatchObject({
      firstName: 'FIRST_NAME',
      lastName: 'SURNAME',
      emails: ['MAIL1', 'MAIL2'],
      phones: { home: { number: 'HOME_PHONE' }, work: null, cell: { number: 'CELL_PHONE' } },
      optOut: { EMAIL_OPTOUT: true, REM_SUSPENDED: null, NO_MAIL: ['Y', 'X'] },
    });
    expect(merged.pets.joins).toMatchObject({
      species: { table: 'dbo.SPECIES' },
      breeds: { table: 'dbo.BREEDS' },
    });
    const named = namedTables(merged).flatMap(({ table, columns }) =>
      columns.map(({ column }) => `${table}.${column}`),
    );
    expect(named).toContain('dbo.BREEDS.NAME');
    expect(named).toContain('dbo.CLIENTS.CELL_PHONE');
    expect(named).not.toContain('dbo.CLIENTS.WORK_PHONE');
    expect(named).not.toContain('dbo.CLIENTS.REM_SUSPENDED');
  });

  it.each([
    ['clients.key', { clients: { key: 'a"; DROP TABLE x; --' } }],
    ['clients.key', { clients: { key: 'a.b' } }],
    ['clients.table', { clients: { table: 'clients; DELETE FROM clients' } }],
    ['clients.table', { clients: { table: '[dbo].[CLIENTS]' } }],
    ['clients.emails.0', { clients: { emails: ['MAX(a)'] } }],
    ['pets.joins.x.on', { pets: { joins: { x: { table: 't', on: { a: "b' OR '1'='1" } } } } }],
    ['clients.where', { clients: { where: { 'a = 1 OR b': 1 } } }],
    ['clients.keyType', { clients: { keyType: 'number' } }],
    ['clients: Unrecognized key: "lastname"', { clients: { lastname: 'x' } }],
    ['codes.sex.M', { codes: { sex: { M: 'man' } } }],
    ['pets.owner', { pets: { owner: null } }],
  ])('is refused with the path %s if it holds %j', (path, override) => {
    expect(() => mergeMapping(impromedMapping, override)).toThrow(
      expect.objectContaining({
        code: 'pims-settings-wrong',
        message: expect.stringContaining(`mapping.${path}`) as unknown,
      }),
    );
  });

  it('never changes prototypes', () => {
    const override = JSON.parse('{"__proto__": {"polluted": 1}, "clients": {"__proto__": {"table": "x"}}}') as Record<
      string,
      unknown
    >;
    expect(mergeMapping(impromedMapping, override).clients.table).toBe('dbo.CLIENTS');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});
