import { randomBytes } from 'node:crypto';
import { createConnection, type Connection } from 'mysql2/promise';

/** Creates a database on the server of `DATABASE_URL`. */
export interface Mariadb {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  connection: Connection;
  drop(): Promise<void>;
}

export function databaseUrl(): URL {
  const url = process.env['DATABASE_URL'];
  if (!url)
    throw new Error('DATABASE_URL is not set. Run the tests with ./scripts/test, which starts a private MariaDB.');
  return new URL(url);
}

export async function mariadb(...statements: string[]): Promise<Mariadb> {
  const url = databaseUrl();
  const database = `pims_read_${randomBytes(6).toString('hex')}`;
  const connection = await createConnection({ uri: url.href, charset: 'utf8mb4' });
  await connection.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
  await connection.query(`USE ${database}`);
  for (const statement of statements) await connection.query(statement);
  return {
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
    connection,
    async drop() {
      await connection.query(`DROP DATABASE ${database}`);
      await connection.end();
    },
  };
}
