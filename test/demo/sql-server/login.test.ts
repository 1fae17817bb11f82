import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startBrowser } from '../../../demo/sql-server/browser.js';
import { startTds } from '../../../demo/sql-server/server.js';
import { stand } from './support.js';
import type { Stand } from './support.js';

const once = { connectionRetryInterval: 1, maxRetriesOnTransientErrors: 0 };
const verified = (ca: string): object => ({
  encrypt: true,
  trustServerCertificate: false,
  cryptoCredentialsDetails: { ca },
});

let here: Stand;
beforeAll(async () => {
  here = await stand();
});
afterAll(() => here.close());
afterEach(() => here.tds.faults.clear());

describe('SQL Server stand-in: login', () => {
  it('SQL Server login: opens the requested database, regardless of case', async () => {
    const pool = await here.connect({ database: 'CLINIC' });
    await pool.request().query('SELECT 1 AS n');
    expect(here.tds.statements.at(-1)).toMatchObject({ database: 'Clinic', user: 'reader' });
  });

  it('SQL Server login: opens the first database if none is requested', async () => {
    const pool = await here.connect({ database: undefined });
    expect((await pool.request().query('SELECT 1 AS n')).recordset).toEqual([{ n: 1 }]);
    expect(here.tds.statements.at(-1)).toMatchObject({ database: 'Clinic' });
  });

  it.each([{ user: 'nobody' }, { password: 'wrong' }])('refuses %o as a server does', async (change) => {
    await expect(here.connect(change)).rejects.toMatchObject({
      code: 'ELOGIN',
      originalError: { message: expect.stringContaining('Login failed for user') },
    });
  });

  it('names the database that it cannot open', async () => {
    const refused = here.connect({ database: 'Impromed', options: once });
    await expect(refused).rejects.toMatchObject({ code: 'ELOGIN' });
  });

  it('SQL Server login: can refuse every login, and accept them again', async () => {
    here.tds.faults.refuseLogins = true;
    await expect(here.connect()).rejects.toMatchObject({ code: 'ELOGIN' });
    here.tds.faults.clear();
    expect((await here.connect()).connected).toBe(true);
  });

  it('can be told to drop connections', async () => {
    here.tds.faults.refuseConnections = true;
    await expect(here.connect()).rejects.toMatchObject({
      code: expect.stringMatching(/ESOCKET|ECONNCLOSED|EINVALIDSTATE/),
    });
  });

  it('closes the connection of a client that does not speak TDS', async () => {
    await expect(fetch(`http://${here.tds.host}:${here.tds.port}/`)).rejects.toThrow('fetch failed');
  });
});

describe('SQL Server stand-in: encryption', () => {
  it('is verified by a client that trusts the certificate', async () => {
    const pool = await here.connect({ server: 'localhost', options: verified(here.tds.certificate) });
    expect((await pool.request().query('SELECT 1 AS n')).recordset).toEqual([{ n: 1 }]);
  });

  it('fails for a client that does not trust it', async () => {
    const options = { encrypt: true, trustServerCertificate: false };
    await expect(here.connect({ server: 'localhost', options })).rejects.toMatchObject({ code: 'ESOCKET' });
  });

  it('SQL Server login: can require TLS, and then refuses a client without it', async () => {
    const strict = await stand([], { encryption: 'required' });
    await expect(strict.connect()).rejects.toMatchObject({ code: 'EENCRYPT' });
    const pool = await strict.connect({
      server: 'localhost',
      options: { encrypt: true, trustServerCertificate: true },
    });
    expect(pool.connected).toBe(true);
    await strict.close();
  });
});

describe('SQL Server stand-in: a named instance', () => {
  it('is found through the browser', async () => {
    // A separate loopback address, so that two runs at once do not collide on port 1434.
    const address = `127.${[...randomBytes(3)].map((byte) => 1 + (byte % 250)).join('.')}`;
    const tds = await startTds({
      mysqlUrl: process.env['DATABASE_URL'] as string,
      databases: { Impromed: 'pims_sync' },
      users: [{ name: 'reader', password: 'secret' }],
      host: address,
    });
    const browser = await startBrowser(address, { IMPROMED1: tds.port });
    const options = { instanceName: 'IMPROMED1' };
    const pool = await here.connect({
      server: address,
      port: undefined,
      password: 'secret',
      database: 'Impromed',
      options,
    });
    expect(pool.connected).toBe(true);
    await pool.close();
    await browser.stop();
    await tds.stop();
  });
});
