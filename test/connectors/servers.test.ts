import { describe, expect, it } from '@jest/globals';
import { describePims } from '../../src/connectors/registry.js';

const login = { user: 'u', password: 'p' };
/** Names the server of a connection; settings that only the login needs are added. */
const serverNamed = async (connector: string, connection: Record<string, unknown>): Promise<string | null> => {
  const isOdbc = connector === 'cornerstone' || connection['driver'] === 'odbc';
  const rest = isOdbc || connector === 'csv' || connection['driver'] === 'csv' ? {} : { database: 'x', ...login };
  return (await describePims(connector, '.', { ...rest, ...connection })).server;
};

describe('connectors: the server that a connection leads to', () => {
  it.each([
    [
      'SQL Anywhere, with and without its port',
      [
        ['cornerstone', { host: 'srv', database: 'a' }],
        ['cornerstone', { host: 'SRV', port: 2638, database: 'b' }],
        ['cornerstone', { connectionString: 'Driver={SQL Anywhere 17};Host=srv;DatabaseName=c;UID=u;PWD=p' }],
        ['cornerstone', { connectionString: 'Driver={SQL Anywhere 17};host=srv:2638;DatabaseName=d' }],
      ],
    ],
    [
      'SQL Server on its usual port',
      [
        ['avimark', { host: 'av', database: 'a' }],
        ['avimark', { driver: 'mssql', host: 'AV', port: 1433, database: 'b' }],
        ['avimark', { driver: 'odbc', host: 'av', database: 'c' }],
        [
          'avimark',
          { driver: 'odbc', connectionString: 'Driver={ODBC Driver 18 for SQL Server};Server=av;Database=d' },
        ],
        [
          'avimark',
          { driver: 'odbc', connectionString: 'Driver={ODBC Driver 18 for SQL Server};Server=tcp:av,1433;Database=e' },
        ],
      ],
    ],
    [
      'a named instance',
      [
        ['impromed', { host: 'h' }],
        ['impromed', { host: 'H\\IMPROMED1' }],
        ['impromed', { host: 'h', instance: 'impromed1' }],
        ['avimark', { driver: 'odbc', host: 'h', server: 'IMPROMED1', database: 'x' }],
        ['avimark', { driver: 'odbc', connectionString: 'Driver={ODBC Driver 18 for SQL Server};Server=h\\IMPROMED1' }],
      ],
    ],
    [
      'a port, whatever the instance',
      [
        ['impromed', { host: 'h', port: 14330 }],
        ['impromed', { host: 'h\\OTHER', port: 14330 }],
      ],
    ],
    [
      'MySQL',
      [
        ['avimark', { driver: 'mysql', host: 'm' }],
        ['avimark', { driver: 'mysql', host: 'm', port: 3306 }],
      ],
    ],
    [
      'one data source',
      [
        ['cornerstone', { dsn: 'Cornerstone', user: 'a' }],
        ['cornerstone', { dsn: 'CORNERSTONE', user: 'b' }],
      ],
    ],
    [
      "SQL Anywhere's name of a database server",
      [
        ['cornerstone', { connectionString: 'Driver={SQL Anywhere 17};ServerName=cstone;UID=a' }],
        ['cornerstone', { connectionString: 'Driver={SQL Anywhere 17};ServerName=CSTONE;UID=b' }],
      ],
    ],
  ] as [string, [string, object][]][])('is the same: %s', async (_, connections) => {
    const named = await Promise.all(connections.map(([connector, one]) => serverNamed(connector, { ...one })));
    expect(named[0]).toEqual(expect.any(String));
    expect(new Set(named).size).toBe(1);
  });

  it('differs by port, instance or name, and is null for files', async () => {
    const all = await Promise.all([
      serverNamed('avimark', { host: 'h' }),
      serverNamed('avimark', { host: 'h', port: 1434 }),
      serverNamed('avimark', { host: 'h\\TWO' }),
      serverNamed('avimark', { driver: 'mysql', host: 'h' }),
      serverNamed('cornerstone', { host: 'h' }),
      serverNamed('cornerstone', { dsn: 'h' }),
    ]);
    expect(new Set(all).size).toBe(all.length);
    expect(await serverNamed('csv', { folder: '/exports' })).toBeNull();
    expect(await serverNamed('avimark', { driver: 'csv', folder: '/exports' })).toBeNull();
    expect(await serverNamed('cornerstone', { connectionString: 'Driver=SQLite3;Database=demo.db' })).toBeNull();
  });

  it('contains no credential', async () => {
    const text = 'Driver={SQL Anywhere 17};UID=dba;PWD=hunter2;CommLinks=tcpip(host=a;port=1)';
    expect(await serverNamed('cornerstone', { connectionString: text })).not.toContain('hunter2');
    expect(await serverNamed('cornerstone', { connectionString: 'FileDSN=x;PWD=hunter2' })).toBeNull();
  });
});
