import { CompiledQuery, sql } from 'kysely';
import { escape, escapeId } from 'mysql2';
import { Problem } from '../../lib/problem.js';
import type { Secret } from '../../lib/secret.js';
import type { Database } from './database.js';

/** The application's privileges on particular tables. It may read and write every other table. */
const narrower: Readonly<Record<string, string>> = {
  // An attacker who takes over the application can add to the trail but not remove evidence from it.
  audit: 'SELECT, INSERT',
  kysely_migration: 'SELECT',
  kysely_migration_lock: 'SELECT',
};

/** All privileges that can be granted on a table. */
const tableRights = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'CREATE',
  'DROP',
  'REFERENCES',
  'INDEX',
  'ALTER',
  'CREATE VIEW',
  'SHOW VIEW',
  'TRIGGER',
  'GRANT OPTION',
];

interface AppUser {
  user: string;
  password: string;
  database: string;
}

/**
 * Builds the statements that grant the application's user exactly what it needs: no schema changes, and no changes to
 * the audit trail.
 *
 * @param host the user's host in MySQL's notation: `%` for any host
 */
function grantStatements({ user, database }: AppUser, host: string, tables: readonly string[]): string[] {
  const who = `${escape(user)}@${escape(host)}`;
  return [...tables].sort().map((table) => {
    const rights = narrower[table] ?? 'SELECT, INSERT, UPDATE, DELETE';
    return `GRANT ${rights} ON ${escapedName(database)}.${escapedName(table)} TO ${who}`;
  });
}

/**
 * Creates the user of `DATABASE_URL`, or grants an existing user what it needs and then revokes the rest. Grants come
 * first because the application is running meanwhile and must never lack a privilege.
 *
 * @param admin connected as a user who may create users and grant privileges on this database
 * @returns the executed statements, without the password
 * @throws Problem `grant-refused`, `grant-same-user`
 */
export async function grantNarrowly(admin: Database, databaseUrl: Secret): Promise<string[]> {
  const app = appUser(databaseUrl);
  const { rows } = await sql<{
    me: string;
    db: string;
  }>`SELECT CURRENT_USER() AS me, DATABASE() AS db`.execute(admin);
  const [row] = rows;
  if (row?.me.split('@')[0] === app.user) {
    throw new Problem({
      code: 'grant-same-user',
      message: `DATABASE_URL and DATABASE_ADMIN_URL name the same user, "${app.user}".`,
    });
  }
  if (row?.db !== app.database) {
    throw new Problem({
      code: 'grant-other-database',
      message: `DATABASE_URL names the database "${app.database}" and DATABASE_ADMIN_URL "${row?.db}".`,
    });
  }
  const tables = await tablesOf(admin);
  const done: string[] = [];
  try {
    const hosts = await hostsOf(admin, app.user);
    if (hosts.length === 0) {
      await run(admin, `CREATE USER IF NOT EXISTS ${escape(app.user)}@'%' IDENTIFIED BY ${escape(app.password)}`);
      done.push(`CREATE USER IF NOT EXISTS ${escape(app.user)}@'%' IDENTIFIED BY ...`);
    }
    for (const host of hosts.length > 0 ? hosts : ['%']) {
      const who = `${escape(app.user)}@${escape(host)}`;
      for (const grant of grantStatements(app, host, tables)) {
        await run(admin, grant);
        done.push(grant);
      }
      // Container images escape the underscores in the database pattern; people usually do not.
      for (const pattern of new Set([app.database, app.database.replaceAll('_', '\\_')])) {
        const revoke = `REVOKE ALL PRIVILEGES ON ${escapedName(pattern)}.* FROM ${who}`;
        if (await ran(admin, revoke)) done.push(revoke);
      }
      for (const [table, rights] of Object.entries(narrower)) {
        const beyond = tableRights.filter((right) => !rights.split(', ').includes(right)).join(', ');
        await ran(admin, `REVOKE ${beyond} ON ${escapedName(app.database)}.${escapedName(table)} FROM ${who}`);
      }
    }
  } catch (cause) {
    throw refused(cause);
  }
  return done;
}

function appUser(url: Secret): AppUser {
  const { username, password, pathname } = new URL(url.open());
  return {
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
  };
}

async function tablesOf(admin: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'`.execute(admin);
  return rows.map(({ name }) => name);
}

/** Lists the hosts of a user; empty if there is no such user or this administrator may not read them. */
async function hostsOf(admin: Database, user: string): Promise<string[]> {
  try {
    const { rows } = await sql<{
      host: string;
    }>`SELECT Host AS host FROM mysql.user WHERE User = ${user}`.execute(admin);
    return rows.map(({ host }) => host);
  } catch (error) {
    if ((error as { code?: string }).code === 'ER_TABLEACCESS_DENIED_ERROR') return [];
    throw error;
  }
}

async function run(db: Database, statement: string): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(statement));
}

/**
 * Revokes a privilege. Returns false if there was nothing to revoke or this administrator may not revoke it;
 * `auditWeakness` checks the result afterwards.
 */
async function ran(db: Database, statement: string): Promise<boolean> {
  try {
    await run(db, statement);
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    const nothing = [
      'ER_NONEXISTING_GRANT',
      'ER_NONEXISTING_TABLE_GRANT',
      'ER_DBACCESS_DENIED_ERROR',
      'ER_TABLEACCESS_DENIED_ERROR',
    ];
    if (code !== undefined && nothing.includes(code)) return false;
    throw error;
  }
}

function refused(cause: unknown): unknown {
  const { code, sqlMessage } = cause as { code?: string; sqlMessage?: string };
  if (!code?.startsWith('ER_')) return cause;
  return new Problem({
    code: 'grant-refused',
    message: `The user of DATABASE_ADMIN_URL may not grant rights on this database (${sqlMessage ?? code}).`,
    cause,
  });
}

/** Escapes a name as a single identifier: a dot is part of the name. */
const escapedName = (name: string): string => escapeId(name, true);
