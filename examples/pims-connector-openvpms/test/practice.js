import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createConnection } from 'mysql2/promise';

/** Creates an OpenVPMS database on the server of DATABASE_URL, whose user must be able to create databases and users. */
export async function createPractice() {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error('Set DATABASE_URL to a MariaDB or MySQL server for tests: mysql://root@127.0.0.1:3306/');
  const { hostname: host, port, username, password } = new URL(url);
  const server = { host, port: Number(port || 3306) };
  const database = `pims_openvpms_${randomBytes(4).toString('hex')}`;
  const admin = await createConnection({
    ...server,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    multipleStatements: true,
  });
  await admin.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb3; USE ${database}`);
  await admin.query(await readFile(new URL('schema.sql', import.meta.url), 'utf8'));

  const reader = { user: database.slice(5), password: `pw-${randomBytes(8).toString('hex')}` };
  await admin.query(`CREATE USER '${reader.user}'@'%' IDENTIFIED BY '${reader.password}'`);
  await admin.query(`GRANT SELECT ON ${database}.* TO '${reader.user}'@'%'`);

  /** @param {string} table @param {Record<string, unknown>} row */
  const insert = async (table, row) => (await admin.query(`INSERT INTO ${table} SET ?`, [row]))[0].insertId;

  /** @param {string} table @param {string} key @param {Record<string, unknown>} details */
  const addDetails = async (table, key, id, details) => {
    for (const [name, value] of Object.entries(details))
      await insert(table, { [key]: id, name, value: String(value), type: 'string' });
  };

  return {
    server,
    database,
    admin,
    settings: { ...server, database, ...reader, timeoutSeconds: 5 },

    async addCustomer(details = {}, { id, active = 1 } = {}) {
      const row = { entity_id: id, arch_short_name: 'party.customerPerson', name: 'Name,Some', active };
      const customer = await insert('entities', row);
      await addDetails('entity_details', 'entity_id', customer, details);
      return customer;
    },
    async addContact(customer, kind, details, { purposes = [], active = 1, end = null } = {}) {
      const row = { party_id: customer, arch_short_name: `contact.${kind}`, active, active_end_time: end };
      const contact = await insert('contacts', row);
      await addDetails('contact_details', 'contact_id', contact, details);
      for (const lookup_id of purposes) await insert('contact_classifications', { contact_id: contact, lookup_id });
      return contact;
    },
    async addPatient(
      customer,
      name,
      details = {},
      { active = 1, start = null, end = null, kind = 'patientOwner' } = {},
    ) {
      const patient = await insert('entities', { arch_short_name: 'party.patientpet', name, active });
      await addDetails('entity_details', 'entity_id', patient, details);
      await insert('entity_relationships', {
        arch_short_name: `entityRelationship.${kind}`,
        source_id: customer,
        target_id: patient,
        active_start_time: start,
        active_end_time: end,
      });
      return patient;
    },
    addType: (customer, lookup_id) => insert('entity_classifications', { entity_id: customer, lookup_id }),

    async remove() {
      await admin.query(`DROP DATABASE ${database}; DROP USER '${reader.user}'@'%'`);
      await admin.end();
    },
  };
}
