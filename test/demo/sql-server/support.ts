import { randomBytes } from 'node:crypto';
import sql from 'mssql';
import type { config as MssqlConfig, ConnectionPool } from 'mssql';
import { createConnection } from 'mysql2/promise';
import type { Connection } from 'mysql2/promise';
import { startTds } from '../../../demo/sql-server/server.js';
import type { Tds, TdsOptions } from '../../../demo/sql-server/server.js';

export const reader = { name: 'reader', password: 'p@ss wörd;{}' };

/** A stand-in over its own MariaDB database. */
export interface Stand {
  tds: Tds;
  /** Connection to the MariaDB database behind it, for creating tables. */
  mysql: Connection;
  /** Opens a pool of one connection; `close` ends it. */
  connect(change?: Partial<MssqlConfig>): Promise<ConnectionPool>;
  close(): Promise<void>;
}

export async function stand(ddl: string[] = [], options: Partial<TdsOptions> = {}): Promise<Stand> {
  const base = process.env['DATABASE_URL'];
  if (!base)
    throw new Error('DATABASE_URL is not set. Run the tests with ./scripts/test, which starts a private MariaDB.');
  const database = `pims_tds_${randomBytes(6).toString('hex')}`;
  const mysql = await createConnection({ uri: base, charset: 'utf8mb4' });
  await mysql.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
  await mysql.query(`USE ${database}`);
  for (const statement of ddl) await mysql.query(statement);
  const tds = await startTds({
    mysqlUrl: base,
    databases: { Clinic: database },
    users: [reader],
    ...options,
  });
  const pools: ConnectionPool[] = [];
  return {
    tds,
    mysql,
    async connect(change = {}) {
      const pool = new sql.ConnectionPool({
        ...{
          server: tds.host,
          port: tds.port,
          user: reader.name,
          password: reader.password,
          database: 'Clinic',
        },
        pool: { max: 1, min: 0 },
        ...change,
        options: { encrypt: false, ...change.options },
      });
      // A cut connection reports its error here as well as to its request.
      pool.on('error', () => undefined);
      pools.push(pool);
      return pool.connect();
    },
    async close() {
      await Promise.all(pools.map((pool) => pool.close()));
      await tds.stop();
      await mysql.query(`DROP DATABASE ${database}`);
      await mysql.end();
    },
  };
}
