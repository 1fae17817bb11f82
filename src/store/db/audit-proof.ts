import { CompiledQuery, sql } from 'kysely';
import { escapeId } from 'mysql2';
import type { Database } from './database.js';

/**
 * Statements that change nothing even if the user may run them, one for each privilege on the audit table. None of them
 * reads a column, because MySQL reports a missing SELECT before it checks for UPDATE.
 */
const attempts: Readonly<Record<string, string>> = {
  UPDATE: "UPDATE audit SET action = 'x' WHERE FALSE",
  DELETE: 'DELETE FROM audit WHERE FALSE',
  // TRUNCATE needs the DROP privilege. The table has no partitions.
  DROP: 'ALTER TABLE audit TRUNCATE PARTITION no_such_partition',
  ALTER: 'ALTER TABLE audit DROP COLUMN no_such_column',
};

/** Errors that the server raises only after the privilege check: the user has the privilege, at least on a column. */
const allowed = ['ER_COLUMNACCESS_DENIED_ERROR', 'ER_PARTITION_MGMT_ON_NONPARTITIONED', 'ER_CANT_DROP_FIELD_OR_KEY'];

/**
 * Checks that the user of this connection cannot change the audit trail, neither by itself nor with a granted role.
 * Changes nothing.
 *
 * @returns null if every attempt was refused; else the privilege found and its origin, as the end of a sentence
 */
export async function auditWeakness(db: Database): Promise<string | null> {
  return db.connection().execute(async (connection) => {
    const own = await firstAllowed(connection);
    if (own) return `it has ${own.right} ${await whereGranted(connection, own)}`;
    for (const role of await rolesOf(connection)) {
      if (!(await activated(connection, role.name))) continue;
      const found = await firstAllowed(connection);
      if (found) return `it gets ${found.right} through ${role.words}`;
    }
    return null;
  });
}

interface Allowed {
  right: string;
  onColumns: boolean;
}

async function firstAllowed(db: Database): Promise<Allowed | null> {
  for (const [right, statement] of Object.entries(attempts)) {
    const code = await errorOf(db, statement);
    if (code === 'ER_TABLEACCESS_DENIED_ERROR') continue;
    return { right, onColumns: code === 'ER_COLUMNACCESS_DENIED_ERROR' };
  }
  return null;
}

/**
 * Returns the code of a refusal or one of `allowed`; null if the statement ran. @throws any other error: it proves
 * nothing
 */
async function errorOf(db: Database, statement: string): Promise<string | null> {
  try {
    await db.executeQuery(CompiledQuery.raw(statement));
    return null;
  } catch (error) {
    const { code = '' } = error as { code?: string };
    if (code === 'ER_TABLEACCESS_DENIED_ERROR' || allowed.includes(code)) return code;
    throw error;
  }
}

/** Names the kind of grant. Does not quote lines of SHOW GRANTS, because MariaDB's contain the password's hash. */
async function whereGranted(db: Database, { right, onColumns }: Allowed): Promise<string> {
  if (onColumns) return 'on columns of the table audit';
  const { rows } = await sql<Record<string, string>>`SHOW GRANTS`.execute(db);
  const everywhere = new RegExp(`^GRANT (ALL PRIVILEGES|.*\\b${right}\\b.*) ON \\*\\.\\* TO `);
  const isGlobal = rows.some((row) => Object.values(row).some((line) => everywhere.test(line)));
  return isGlobal ? 'on all databases (*.*)' : 'on this database, on the table audit, or by its default role';
}

/** Lists the roles that the user can activate. MySQL activates all at once, MariaDB one at a time. */
async function rolesOf(db: Database): Promise<{ name: string; words: string }[]> {
  const { rows: version } = await sql<{ text: string }>`SELECT VERSION() AS text`.execute(db);
  if (!/mariadb/i.test(version[0]?.text ?? '')) return [{ name: 'ALL', words: 'one of its roles' }];
  const { rows } = await sql<{ role: string }>`
    SELECT DISTINCT ROLE_NAME AS role FROM information_schema.APPLICABLE_ROLES ORDER BY role`.execute(db);
  return rows.map(({ role }) => ({ name: escapeId(role, true), words: `its role ${role}` }));
}

/**
 * Activates a role. Returns false for a role that is available only through another role, which is tested by itself,
 * and on MySQL before 8.0, which has no roles.
 */
async function activated(db: Database, role: string): Promise<boolean> {
  try {
    await db.executeQuery(CompiledQuery.raw(`SET ROLE ${role}`));
    return true;
  } catch (error) {
    const { code = '' } = error as { code?: string };
    if (['ER_INVALID_ROLE', 'ER_PARSE_ERROR'].includes(code)) return false;
    throw error;
  }
}
