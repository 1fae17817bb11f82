import { sql } from 'kysely';
import { record, type Act } from '../access/audit.js';
import type { Database } from '../db/database.js';
import { findPerson, type WhoAsked } from './find-person.js';
import { personTables } from './personal-data.js';

export interface PersonExport {
  at: Date;
  /** `all` or one practice. */
  practice: string;
  asked: string;
  /** Rows by table, unchanged except for omitted secrets. */
  tables: Record<string, Record<string, unknown>[]>;
  /** Tables that contain no readable data of a pet parent, with the reason. */
  nothingIn: Record<string, string>;
}

/**
 * Exports all data about one person from every table, and records that in the audit trail. Omits sealed passwords,
 * hashes and tokens, which contain nothing about the person and would give access to the account.
 *
 * @throws Problem `person-unknown`, `person-reference-wrong`
 */
export async function exportPerson(
  db: Database,
  who: WhoAsked,
  { actor, now }: Pick<Act, 'actor' | 'now'>,
): Promise<PersonExport> {
  const person = await findPerson(db, who);
  const tables: PersonExport['tables'] = {};
  const nothingIn: PersonExport['nothingIn'] = {};
  // Includes the account data that another practice keeps, because it is about the requesting person.
  const whole = { ...person, accounts: person.accounts.map((account) => ({ ...account, kept: null })) };
  for (const [table, entry] of Object.entries(personTables)) {
    if ('none' in entry) {
      nothingIn[table] = entry.none;
      continue;
    }
    const condition = entry.rows(whole);
    if (!condition) continue;
    const { rows } = await sql<Record<string, unknown>>`SELECT * FROM ${sql.table(table)} WHERE ${condition}`.execute(
      db,
    );
    if (rows.length > 0) tables[table] = rows.map((row) => readable(row, entry.hidden ?? []));
  }
  await record(
    db,
    {
      actor,
      action: 'person-exported',
      practiceId: who.practiceId,
      accountId: person.accounts[0]?.id ?? null,
      details: { clients: person.clients.length, accounts: person.accounts.length },
    },
    now,
  );
  return { at: now, practice: who.practiceId ?? 'all', asked: who.reference, tables, nothingIn };
}

function readable(row: Record<string, unknown>, hidden: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([column, value]) => !hidden.includes(column) && !Buffer.isBuffer(value))
      .map(([column, value]) => [column, column === 'record' ? (JSON.parse(String(value)) as unknown) : value]),
  );
}
