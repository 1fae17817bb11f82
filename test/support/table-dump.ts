import type { Clinic } from './clinic.js';

/** Dumps every row of every table except the named ones, to compare with a later dump. */
export async function dumpTables(clinic: Clinic, except: readonly string[] = []): Promise<Record<string, string[]>> {
  const tables = (await clinic.rows('SHOW TABLES')).map((row) => String(Object.values(row)[0]));
  const dump: Record<string, string[]> = {};
  for (const table of tables) {
    if (except.includes(table)) continue;
    const rows = await clinic.rows(`SELECT * FROM \`${table}\``);
    dump[table] = rows.map((row) => JSON.stringify(row)).sort();
  }
  return dump;
}
