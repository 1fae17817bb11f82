import { clientOf } from './client.js';
import { accountTypesOf, contactsOf, customerById, customersAfter, patientsOf } from './queries.js';

/** @typedef {import('./connection.js').Session} Session */
/** @typedef {import('./index.js').Settings} Settings */

/**
 * Reads one page after the cursor, which is the key of the last customer. Queries one customer more than the page
 * holds, to recognise the last page.
 * @param {Session} session
 * @param {Settings} settings
 * @param {string | null} cursor
 * @param {number} pageSize
 * @returns {Promise<import('pims-sync/connector').Page>}
 */
export async function readPage(session, settings, cursor, pageSize) {
  return inSnapshot(session, async () => {
    const customers = await session.query(customersAfter, [BigInt(cursor ?? 0), pageSize + 1]);
    const page = customers.slice(0, pageSize);
    const last = customers.length <= pageSize;
    return {
      clients: await withPetsAndContacts(session, settings, page),
      unreadable: [], // a customer is readable even if columns are NULL or absurd
      cursor: last ? null : page[page.length - 1].id,
    };
  });
}

/**
 * @param {Session} session
 * @param {Settings} settings
 * @param {string} id the key, which is also the number that staff see
 */
export async function readClient(session, settings, id) {
  if (!/^[1-9]\d{0,18}$/.test(id)) return null;
  return inSnapshot(session, async () => {
    const customers = await session.query(customerById, [BigInt(id), 1]);
    const [client = null] = await withPetsAndContacts(session, settings, customers);
    return client;
  });
}

/**
 * @param {Session} session
 * @param {Settings} settings
 * @param {any[]} customers
 */
async function withPetsAndContacts(session, settings, customers) {
  if (customers.length === 0) return [];
  const keys = customers.map((customer) => BigInt(customer.id));
  const contacts = groupByCustomer(await session.query(contactsOf, [keys]));
  const types = groupByCustomer(await session.query(accountTypesOf, [keys]));
  const patients = groupByCustomer(await session.query(patientsOf, [keys]));
  return customers.map((customer) =>
    clientOf(
      customer,
      contacts.get(customer.id) ?? [],
      types.get(customer.id) ?? [],
      patients.get(customer.id) ?? [],
      settings.species,
    ),
  );
}

/**
 * Runs all queries of a page in one snapshot, so that a concurrent merge cannot lose a pet. Takes no locks.
 * @template T
 * @param {Session} session
 * @param {() => Promise<T>} work
 */
async function inSnapshot(session, work) {
  await session.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  const result = await work();
  await session.query('COMMIT');
  return result;
}

/** @param {any[]} rows */
function groupByCustomer(rows) {
  /** @type {Map<string, any[]>} */
  const groups = new Map();
  for (const row of rows) groups.set(row.customer, [...(groups.get(row.customer) ?? []), row]);
  return groups;
}
