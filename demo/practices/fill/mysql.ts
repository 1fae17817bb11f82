import type { Connection } from 'mysql2/promise';
import { openConnection } from '../../../src/store/db/session.js';
import { createBulk } from './bulk.js';
import type { Bulk } from './bulk.js';

export interface MysqlTarget {
  /** A MariaDB or MySQL server: `mysql://user:password@host:port/...`; the database in the URL is ignored. */
  mysqlUrl: string;
  /** Name of the database; an existing one is dropped and created again. */
  database: string;
}

/** Creates the database with these tables and their indexes and fills it in one transaction. */
export async function fillMysql<T>(
  { mysqlUrl, database }: MysqlTarget,
  tables: readonly string[],
  columns: Record<string, readonly string[]>,
  fill: (bulk: Bulk) => Promise<T>,
): Promise<T> {
  const connection = await openConnection({ uri: mysqlUrl, charset: 'utf8mb4' });
  const run = async (sql: string): Promise<void> => void (await connection.query(sql));
  try {
    await run(`DROP DATABASE IF EXISTS \`${database}\``);
    await run(`CREATE DATABASE \`${database}\` CHARACTER SET utf8mb4`);
    await run(`USE \`${database}\``);
    await run("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES', unique_checks = 0");
    for (const table of tables) await run(table);
    return await inTransaction(connection, async () => {
      const bulk = createBulk(run, columns);
      const result = await fill(bulk);
      await bulk.flush();
      return result;
    });
  } finally {
    await connection.end();
  }
}

async function inTransaction<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  await connection.beginTransaction();
  const result = await work();
  await connection.commit();
  return result;
}

/** Counts the rows of a table; null if there is no such table. */
export async function rowsIn(mysqlUrl: string, database: string, table: string): Promise<number | null> {
  const connection = await openConnection({ uri: mysqlUrl });
  try {
    const [found] = await connection.query(
      'SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
      [database, table],
    );
    if ((found as unknown[]).length === 0) return null;
    const [rows] = await connection.query(`SELECT COUNT(*) AS n FROM \`${database}\`.\`${table}\``);
    return Number((rows as { n: number }[])[0]?.n);
  } finally {
    await connection.end();
  }
}
