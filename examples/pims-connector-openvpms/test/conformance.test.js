import { after, before, describe, it } from 'node:test';
import openvpms from 'pims-connector-openvpms';
import { conformanceCases, createFaultProxy } from 'pims-sync/connector/conformance';
import { createPractice } from './practice.js';

const practice = await createPractice();
const statements = [];
const proxy = await createFaultProxy(practice.server, (sent) => statements.push(...statementsIn(sent)));
const settings = { ...practice.settings, host: proxy.host, port: proxy.port };
const impatient = { ...settings, timeoutSeconds: 1 };
/** Databases besides the practice's own; dropped at the end. @type {string[]} */
const more = [];
const lock = await createLock();

before(async () => {
  for (let number = 1; number <= 23; number++) {
    const id = await practice.addCustomer({ firstName: `Ann${number}`, lastName: ' Smith ', title: 'MS' });
    await practice.addContact(id, 'email', { emailAddress: `ann.${number}@example.com` });
    await practice.addPatient(id, 'Rex', { species: 'CANINE', dateOfBirth: '1899-12-30', deceased: 'false' });
    await practice.addPatient(id, 'Mia', { species: 'DRAGON', dateOfBirth: '2020-02-31', sex: 'FEMALE' });
  }
  await practice.addCustomer({}, { active: null }); // NULL or no value in every column
  await practice.addCustomer({
    firstName: 'x'.repeat(5000),
    lastName: ' \u0085\u0000 ',
    createdDate: 'long ago',
  });
});
after(async () => {
  await lock.release();
  await proxy.close();
  for (const database of more) await practice.admin.query(`DROP DATABASE ${database}`);
  await practice.remove();
});

const cases = conformanceCases({
  definition: openvpms,
  settings,
  expected: {
    clients: 25,
    pets: 46,
    unreadable: 0,
    capabilities: { oneClient: true },
  },
  empty: { ...settings, ...(await createEmpty()) },
  large: { settings: { ...settings, ...(await createLarge(20_000)) }, clients: 20_000, limitMb: 32 },
  readOnly: settings, // createPractice() creates a user that may only SELECT
  refusals: [
    {
      name: 'a wrong password',
      settings: { ...settings, password: 'not-the-password' },
      code: 'pims-login-refused',
    },
    {
      name: 'a wrong database',
      settings: { ...settings, database: 'no_such_database' },
      code: 'pims-settings-wrong',
    },
    { name: 'a server that is not there', settings: { ...settings, port: 1 }, code: 'pims-unreachable' },
    {
      name: 'a database without a table',
      settings: { ...settings, database: (await createEmpty('lookups')).database },
      code: 'pims-schema-differs',
      missing: 'lookups',
    },
  ],
  faults: {
    cut: { settings, begin: () => proxy.cut(), end: () => proxy.heal() },
    stall: { settings: impatient, begin: () => proxy.stall(), end: () => proxy.heal() },
    lock: { settings: impatient, begin: () => lock.take(), end: () => lock.release() },
  },
  statements: () => statements,
  forbiddenColumns: ['description'],
  fingerprint: async () => {
    const [rows] = await practice.admin.query(
      'CHECKSUM TABLE entities, entity_details, contacts, contact_details, lookups',
    );
    return JSON.stringify(rows);
  },
});

describe('pims-connector-openvpms conformance', () => {
  for (const { name, notRun, run } of cases) it(name, { skip: notRun }, run);
});

/** Returns the text of each COM_QUERY (3) and COM_STMT_PREPARE (22) packet: 3-byte length, number, command, text. */
function statementsIn(sent) {
  const found = [];
  for (let at = 0; at + 5 <= sent.length; at += 4 + sent.readUIntLE(at, 3))
    if (sent[at + 3] === 0 && [3, 22].includes(sent[at + 4]))
      found.push(sent.toString('utf8', at + 5, at + 4 + sent.readUIntLE(at, 3)));
  return found;
}

/** Creates the same tables in another database, without rows, optionally without one table. Grants SELECT to the reader. */
async function createEmpty(without) {
  const { admin, database: model, settings: reader } = practice;
  const database = `${model}_${more.length}`;
  more.push(database);
  await admin.query(`CREATE DATABASE ${database}; GRANT SELECT ON ${database}.* TO '${reader.user}'@'%'`);
  const [tables] = await admin.query(`SHOW TABLES FROM ${model}`);
  for (const [table] of tables.map(Object.values))
    if (table !== without) await admin.query(`CREATE TABLE ${database}.${table} LIKE ${model}.${table}`);
  return { database };
}

/** Creates `count` customers, each with a last name. */
async function createLarge(count) {
  const { database } = await createEmpty();
  const ids = Array.from({ length: count }, (_, i) => i + 1);
  await practice.admin.query(`INSERT INTO ${database}.entities (entity_id, arch_short_name, active) VALUES ?`, [
    ids.map((id) => [id, 'party.customerperson', 1]),
  ]);
  await practice.admin.query(`INSERT INTO ${database}.entity_details (entity_id, name, type, value) VALUES ?`, [
    ids.map((id) => [id, 'lastName', 'string', `Smith ${id}`]),
  ]);
  return { database };
}

/** Creates a lock on the customers over a second connection, as a backup would. */
async function createLock() {
  const { createConnection } = await import('mysql2/promise');
  const { username, password } = new URL(process.env.DATABASE_URL);
  let holder = null;
  return {
    async take() {
      holder = await createConnection({
        ...practice.server,
        user: username,
        password,
        database: practice.database,
      });
      await holder.query('LOCK TABLES entities WRITE');
    },
    async release() {
      await holder?.end();
      holder = null;
    },
  };
}
