import { PimsProblem } from 'pims-sync/connector';
import { columnsRead } from './queries.js';
import { readPage } from './read.js';

/**
 * Proves every table and column, reads one small page, and counts the customers. Reports a problem instead of throwing it.
 * @param {import('./index.js').Settings} settings
 * @param {<T>(signal: AbortSignal, work: (session: import('./connection.js').Session) => Promise<T>) => Promise<T>} connected
 * @param {AbortSignal} signal
 * @returns {Promise<import('pims-sync/connector').CheckReport>}
 */
export async function check(settings, connected, signal) {
  /** @type {string[]} */
  const findings = [];
  try {
    await connected(signal, async (session) => {
      const present = await session.query(
        'SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = ? AND table_name IN (?)',
        [settings.database, Object.keys(columnsRead)],
      );
      const known = new Set(present.map(({ t, c }) => `${t}.${c}`.toLowerCase()));
      for (const [table, columns] of Object.entries(columnsRead)) {
        const missing = columns.find((column) => !known.has(`${table}.${column}`));
        if (missing) throw lacking(`${table}.${missing}`);
        findings.push(`table ${table}: ${columns.length} of ${columns.length} columns found`);
      }
      const { clients } = await readPage(session, settings, null, 20);
      findings.push(
        `${clients.length} customers read, ${clients.filter((c) => c.emails.length > 0).length} with an email address`,
      );
      const [{ customers }] = await session.query(
        "SELECT COUNT(*) AS customers FROM entities WHERE arch_short_name = 'party.customerperson'",
      );
      findings.push(`${customers} customers in all`);
    });
    return { findings, problems: [] };
  } catch (error) {
    if (!(error instanceof PimsProblem)) throw error;
    const { code, message, help } = error;
    return { findings, problems: [{ code, message, ...(help === undefined ? {} : { help }) }] };
  }
}

/** @param {string} column */
const lacking = (column) =>
  new PimsProblem({
    code: 'pims-schema-differs',
    message: `OpenVPMS has no column ${column}.`,
    help: 'Is `database` an OpenVPMS database, and may this user SELECT on all its tables?',
    missing: column,
  });
