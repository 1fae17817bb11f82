import { describe, expect, it } from '@jest/globals';
import { createMssqlDriver } from '../../../src/connectors/drivers/mssql.js';
import { createMysqlDriver } from '../../../src/connectors/drivers/mysql.js';
import { createOdbcDriver } from '../../../src/connectors/drivers/odbc.js';
import { never } from '../support/read.js';

const absent = (code: string) => () => Promise.reject(Object.assign(new Error('not here'), { code }));
const server = { host: 'h', database: 'd', user: 'u', password: 'p', place: 'here' };
const tls = { encrypt: true, trustServerCertificate: false, oldTls: false };

describe('drivers: a database driver that is not installed', () => {
  it.each([
    [
      'odbc',
      /npm install odbc.*npm rebuild odbc.*unixodbc-dev/,
      (load: () => Promise<never>) =>
        createOdbcDriver({ connectionString: 'x', dialect: 'sqlite', place: 'here' }, load),
    ],
    ['mssql', /npm install mssql/, (load: () => Promise<never>) => createMssqlDriver({ ...server, ...tls }, load)],
    ['mysql2', /npm install mysql2/, (load: () => Promise<never>) => createMysqlDriver({ ...server, port: 1 }, load)],
  ])('is reported with the command that installs it: %s', async (name, help, create) => {
    const driver = create(absent('ERR_MODULE_NOT_FOUND'));
    await expect(driver.query('SELECT 1', [], { signal: never })).rejects.toMatchObject({
      code: 'pims-driver-missing',
      message: expect.stringContaining(`"${name}" is not installed`) as unknown,
      help: expect.stringMatching(help) as unknown,
    });
    await driver.close();
  });

  it('is distinguished from one that was compiled for another Node', async () => {
    const driver = createOdbcDriver(
      { connectionString: 'x', dialect: 'sqlite', place: 'here' },
      absent('ERR_DLOPEN_FAILED'),
    );
    await expect(driver.query('SELECT 1', [], { signal: never })).rejects.toMatchObject({
      message: expect.stringContaining('this machine or version of Node cannot load it') as unknown,
    });
  });
});
