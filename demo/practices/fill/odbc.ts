import { Problem } from '../../../src/lib/problem.js';

/** The part of an ODBC connection that the fillers use. */
export interface OdbcWriter {
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** Runs `work` in a transaction. */
  together<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Opens a database over ODBC for filling. @throws Problem `pims-driver-missing` if `odbc` is not installed */
export async function openOdbc(connectionString: string): Promise<OdbcWriter> {
  const odbc = await import('odbc').catch((cause: unknown) => {
    throw new Problem({
      code: 'pims-driver-missing',
      message: 'The package odbc could not be loaded.',
      help: 'Install unixodbc-dev, g++ and make, then run "npm install" again.',
      cause,
    });
  });
  const connection = await odbc.default.connect(connectionString);
  return {
    run: async (sql) => void (await connection.query(sql)),
    rows: async (sql) => [...(await connection.query<Record<string, unknown>>(sql))],
    async together(work) {
      await connection.beginTransaction();
      try {
        const result = await work();
        await connection.commit();
        return result;
      } catch (error) {
        await connection.rollback();
        throw error;
      }
    },
    close: () => connection.close(),
  };
}

/** Returns the connection string of SQLite over its ODBC driver, the stand-in for a PIMS behind ODBC. */
export const sqliteString = (file: string): string => `Driver=SQLite3;Database=${file}`;
