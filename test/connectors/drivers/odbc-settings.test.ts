import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  connectionString,
  dialectOf,
  odbcSettings,
  type OdbcSettings,
  placeOf,
  serverOf,
} from '../../../src/connectors/drivers/odbc-settings.js';

const schema = z.strictObject(odbcSettings);
const parse = (given: unknown): OdbcSettings => schema.parse(given);
const here = { baseDir: '/etc/pims-sync', lockWaitMs: 5000 };

describe('drivers: ODBC connection strings', () => {
  it('builds a SQL Anywhere string from its parts, with port 2638 and UTF-8', () => {
    const settings = parse({
      host: 'cornerstone-server',
      database: 'cstone',
      server: 'CSTONE',
      user: 'pims_sync',
      password: 'a;b}c',
    });
    expect(dialectOf(settings, 'sqlanywhere')).toBe('sqlanywhere');
    expect(connectionString(settings, 'sqlanywhere', here)).toBe(
      'Driver={SQL Anywhere 17};Host=cornerstone-server:2638;ServerName=CSTONE;DatabaseName=cstone;CharSet=UTF-8;UID=pims_sync;PWD={a;b}}c}',
    );
  });

  it('adds the login to a data source', () => {
    const settings = parse({
      dsn: 'Cornerstone',
      user: 'pims_sync',
      password: 'secret',
      charset: 'windows-1252',
    });
    expect(connectionString(settings, 'sqlanywhere', here)).toBe(
      'DSN=Cornerstone;CharSet=windows-1252;UID=pims_sync;PWD=secret',
    );
    expect(placeOf(settings)).toBe('ODBC data source Cornerstone');
  });

  it('builds strings for SQL Server and MariaDB', () => {
    const tsql = parse({
      driver: 'ODBC Driver 18 for SQL Server',
      host: 'av',
      server: 'AVIMARK',
      database: 'AVImark',
      user: 'u',
      password: 'p',
    });
    expect(connectionString(tsql, 'tsql', here)).toBe(
      'Driver={ODBC Driver 18 for SQL Server};Server=av\\AVIMARK;Database=AVImark;UID=u;PWD=p',
    );
    const mysql = parse({
      driver: 'MariaDB Unicode',
      host: 'h',
      port: 3307,
      database: 'd',
      user: 'u',
      password: 'p',
    });
    expect(connectionString(mysql, 'mysql', here)).toBe(
      'Driver={MariaDB Unicode};Server=h;Port=3307;Database=d;Charset=utf8mb4;UID=u;PWD=p',
    );
  });

  it.each([
    ['Driver=SQLite3;Database=x.db', 'sqlite'],
    ['Driver={PostgreSQL Unicode};Server=h', 'postgresql'],
    ['Driver={MariaDB Unicode};Server=h', 'mysql'],
    ['driver={MySQL ODBC 8.0 Unicode Driver};server=h', 'mysql'],
    ['Driver={ODBC Driver 18 for SQL Server};Server=h', 'tsql'],
    ['Driver=FreeTDS;Server=h', 'tsql'],
    ['Driver={SQL Anywhere 16};Host=h', 'sqlanywhere'],
    ['DSN=Whatever', 'sqlanywhere'],
  ])('detects the SQL dialect of %s', (text, dialect) => {
    expect(dialectOf(parse({ connectionString: text }), 'sqlanywhere')).toBe(dialect);
  });

  it('accepts the dialect from the settings', () => {
    expect(dialectOf(parse({ dsn: 'x', dialect: 'postgresql' }), 'sqlanywhere')).toBe('postgresql');
  });

  it('finds a SQLite file relative to the configuration, and does not wait long for it', () => {
    const settings = parse({ connectionString: 'Driver=SQLite3;Database=data/demo.db;NoTXN=1' });
    expect(connectionString(settings, 'sqlite', here)).toBe(
      'Driver=SQLite3;Database=/etc/pims-sync/data/demo.db;NoTXN=1;Timeout=5000',
    );
  });

  it('knows the server’s address, so that a server that is off is detected before the driver hangs on it', () => {
    const anywhere = (given: unknown): unknown => serverOf(parse(given), 'sqlanywhere');
    expect(anywhere({ host: 'srv', database: 'd' })).toEqual({ host: 'srv', port: 2638 });
    expect(anywhere({ host: 'srv', port: 2640, database: 'd' })).toEqual({ host: 'srv', port: 2640 });
    expect(anywhere({ connectionString: 'Driver={SQL Anywhere 17};Host=10.0.0.5:2641' })).toEqual({
      host: '10.0.0.5',
      port: 2641,
    });
    expect(anywhere({ connectionString: 'Driver={SQL Anywhere 17};Host=a:2638,b:2638' })).toBeUndefined();
    // The name of a database server, which may differ from the machine's name.
    expect(anywhere({ connectionString: 'Driver={SQL Anywhere 17};Server=cstone;DatabaseName=d' })).toBeUndefined();
    expect(anywhere({ dsn: 'Cornerstone' })).toBeUndefined();
    const tsql = parse({ driver: 'FreeTDS', host: 'av', server: 'AVIMARK', database: 'd' });
    expect(serverOf(tsql, 'tsql')).toBeUndefined();
    const mysql = parse({ connectionString: 'Driver={MariaDB Unicode};Server=h;Port=3307' });
    expect(serverOf(mysql, 'mysql')).toEqual({ host: 'h', port: 3307 });
  });

  it('names the server without any credential', () => {
    const text = 'Driver={SQL Anywhere 17};UID=dba;PWD={hunter2;x};Host=srv:2638;DatabaseName=cstone';
    expect(placeOf(parse({ connectionString: text }))).toBe(
      'ODBC driver SQL Anywhere 17, server srv:2638, database cstone',
    );
    expect(placeOf(parse({ connectionString: 'FileDSN=x;PWD=hunter2' }))).toBe('ODBC');
  });
});
