import { species as speciesWords } from '../animals.js';
import type { DemoClient } from '../client.js';
import type { Phone } from '../contact.js';
import type { DemoPet } from '../pet.js';
import type { DemoPractice } from '../practice.js';
import { createTruth, petsIn } from '../truth.js';
import type { Truth } from '../truth.js';
import { fit } from './bulk.js';
import type { Bulk } from './bulk.js';
import { fillMysql } from './mysql.js';
import type { MysqlTarget } from './mysql.js';

/** The part of OpenVPMS's schema that a reader of clients and pets uses: documented names, our DDL. */
const details = (table: string, key: string): string =>
  `CREATE TABLE ${table} (${key} BIGINT NOT NULL, name VARCHAR(255) NOT NULL, type VARCHAR(255), value VARCHAR(5000),
    PRIMARY KEY (${key}, name))`;
const tables = [
  `CREATE TABLE entities (
    entity_id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, linkId VARCHAR(36), arch_short_name VARCHAR(100),
    arch_version VARCHAR(100), name VARCHAR(255), description VARCHAR(255), active BIT(1), INDEX entity_name (arch_short_name, name))`,
  details('entity_details', 'entity_id'),
  'CREATE TABLE parties (party_id BIGINT NOT NULL PRIMARY KEY)',
  `CREATE TABLE contacts (
    contact_id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, arch_short_name VARCHAR(100), party_id BIGINT,
    active BIT(1), active_start_time DATETIME, active_end_time DATETIME, INDEX contact_party (party_id))`,
  details('contact_details', 'contact_id'),
  `CREATE TABLE lookups (
    lookup_id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, arch_short_name VARCHAR(100), active BIT(1),
    code VARCHAR(100), name VARCHAR(255), UNIQUE (arch_short_name, code))`,
  'CREATE TABLE contact_classifications (contact_id BIGINT NOT NULL, lookup_id BIGINT NOT NULL, PRIMARY KEY (contact_id, lookup_id))',
  'CREATE TABLE entity_classifications (entity_id BIGINT NOT NULL, lookup_id BIGINT NOT NULL, PRIMARY KEY (entity_id, lookup_id))',
  `CREATE TABLE entity_relationships (
    entity_relationship_id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, arch_short_name VARCHAR(100),
    source_id BIGINT, target_id BIGINT, active_start_time DATETIME, active_end_time DATETIME,
    INDEX relationship_source (source_id), INDEX relationship_target (target_id))`,
  `CREATE TABLE entity_links (
    id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, arch_short_name VARCHAR(100), source_id BIGINT, target_id BIGINT,
    active_start_time DATETIME, active_end_time DATETIME, INDEX link_source (source_id))`,
  `CREATE TABLE entity_identities (
    entity_identity_id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, entity_id BIGINT, arch_short_name VARCHAR(100),
    identity VARCHAR(100), name VARCHAR(255), active BIT(1), INDEX identity_entity (entity_id))`,
];

const columns = {
  entities: ['entity_id', 'version', 'arch_short_name', 'arch_version', 'name', 'active'],
  entity_details: ['entity_id', 'name', 'type', 'value'],
  parties: ['party_id'],
  contacts: ['contact_id', 'version', 'arch_short_name', 'party_id', 'active', 'active_start_time', 'active_end_time'],
  contact_details: ['contact_id', 'name', 'type', 'value'],
  lookups: ['lookup_id', 'version', 'arch_short_name', 'active', 'code', 'name'],
  contact_classifications: ['contact_id', 'lookup_id'],
  entity_classifications: ['entity_id', 'lookup_id'],
  entity_relationships: `entity_relationship_id version arch_short_name source_id target_id active_start_time
    active_end_time`.split(/\s+/),
  entity_links: ['id', 'version', 'arch_short_name', 'source_id', 'target_id'],
};

/** Ids of customers and patients share one sequence in OpenVPMS; here they come from separate ranges. */
const openvpmsIds = {
  customer: (number: number) => 1000 + number,
  patient: (number: number) => 50_000_000 + number,
};
const locationId = 10;
const code = (word: string): string => word.toUpperCase().replaceAll(' ', '_');

/** Fills a MariaDB database of OpenVPMS's shape. */
export function fillOpenvpms(target: MysqlTarget & { practice: DemoPractice }): Promise<Truth> {
  return fillMysql(target, tables, columns, async (bulk) => {
    const lookups = await addLookups(bulk);
    const ids = createIds();
    await bulk.add('entities', [locationId, 0, 'party.organisationLocation', '1.0', 'Main Clinic', true]);
    const { count, truth } = createTruth('openvpms');
    for (const client of target.practice.clients()) {
      if (count(client)) await addCustomer(bulk, client, lookups, ids);
    }
    return truth;
  });
}

type Lookups = Map<string, number>;
interface Ids {
  contact(): number;
  relationship(): number;
}

function createIds(): Ids {
  let [contact, relationship] = [0, 0];
  return { contact: () => ++contact, relationship: () => ++relationship };
}

async function addLookups(bulk: Bulk): Promise<Lookups> {
  const words: [string, string][] = [
    ...['Home', 'Work', 'Postal', 'Correspondence', 'Reminder', 'Billing', 'Mobile', 'Fax'].map(
      (name): [string, string] => ['lookup.contactPurpose', name],
    ),
    ...['Standard', 'Business', 'Rescue'].map((name): [string, string] => ['lookup.customerAccountType', name]),
    ...speciesWords.flatMap(({ name, others, breeds }): [string, string][] => [
      ...[name, ...others].map((word): [string, string] => ['lookup.species', word]),
      ...breeds.map((breed): [string, string] => ['lookup.breed', breed]),
    ]),
  ];
  const lookups: Lookups = new Map();
  for (const [archetype, name] of words) {
    const key = `${archetype} ${code(name)}`;
    if (lookups.has(key)) continue;
    lookups.set(key, lookups.size + 1);
    await bulk.add('lookups', [lookups.size, 0, archetype, true, code(name), name]);
  }
  return lookups;
}

type Detail = [name: string, value: string | null, type?: string];

async function addEntity(
  bulk: Bulk,
  id: number,
  archetype: string,
  name: string,
  active: boolean,
  all: Detail[],
): Promise<void> {
  await bulk.add('entities', [id, 0, archetype, '1.0', fit(name, 255), active]);
  await bulk.add('parties', [id]);
  for (const [key, value, type = 'string'] of all) {
    if (value !== null) await bulk.add('entity_details', [id, key, type, value]);
  }
}

async function addCustomer(bulk: Bulk, client: DemoClient, lookups: Lookups, ids: Ids): Promise<void> {
  const id = openvpmsIds.customer(client.number);
  const { firstName, lastName, company, story } = client;
  const isActive = !client.inactive;
  await addEntity(bulk, id, 'party.customerperson', company ?? `${lastName},${firstName}`, isActive, [
    ['title', client.title || null],
    ['firstName', firstName],
    ['lastName', lastName],
    ['companyName', company],
    ['createdDate', `${client.createdOn} 00:00:00.0`, 'sql-timestamp'],
  ]);
  const account = lookups.get(`lookup.customerAccountType ${client.classification}`);
  if (account !== undefined) await bulk.add('entity_classifications', [id, account]);
  await bulk.add('entity_links', [client.number, 0, 'entityLink.customerLocation', id, locationId]);
  const contact = async (
    archetype: string,
    purposes: string[],
    all: Detail[],
    ended: string | null = null,
  ): Promise<void> => {
    const contactId = ids.contact();
    await bulk.add('contacts', [contactId, 0, archetype, id, true, null, ended]);
    for (const [key, value, type = 'string'] of all) {
      if (value !== null) await bulk.add('contact_details', [contactId, key, type, value]);
    }
    for (const purpose of purposes) {
      await bulk.add('contact_classifications', [contactId, lookups.get(`lookup.contactPurpose ${purpose}`) as number]);
    }
  };
  if (client.email !== null) {
    // A former address and one that is not preferred: the reader must choose neither.
    if (story === 'plain' && client.number % 11 === 0) {
      await contact('contact.email', [], [['emailAddress', `old${client.number}@left.example`]], '2020-01-01');
    }
    const all: Detail[] = [
      ['emailAddress', client.email],
      ['preferred', 'true', 'boolean'],
    ];
    await contact('contact.email', client.optedOut ? [] : ['CORRESPONDENCE', 'REMINDER'], all);
  }
  const phone = ({ area, number }: Phone, purpose: string): Promise<void> =>
    contact(
      'contact.phoneNumber',
      [purpose],
      [
        ['areaCode', area],
        ['telephoneNumber', number],
        ['preferred', String(purpose === 'HOME'), 'boolean'],
      ],
    );
  await phone(client.home, 'HOME');
  if (client.cell !== null) await phone(client.cell, 'MOBILE');
  if (client.work !== null) await phone(client.work, 'WORK');
  await contact(
    'contact.location',
    ['HOME'],
    [
      ['address', client.street],
      ['suburb', code(client.city)],
      ['postCode', client.zip.slice(0, 4)],
    ],
  );
  for (const pet of petsIn(client, 'openvpms')) await addPatient(bulk, pet, client, ids);
}

async function addPatient(bulk: Bulk, pet: DemoPet, client: DemoClient, ids: Ids): Promise<void> {
  const id = openvpmsIds.patient(pet.number);
  const sex = pet.sex === 'U' ? 'UNSPECIFIED' : pet.sex.startsWith('M') ? 'MALE' : 'FEMALE';
  await addEntity(bulk, id, 'party.patientpet', pet.name, !pet.inactive, [
    ['species', code(pet.species)],
    ['breed', pet.breed === null ? null : code(pet.breed)],
    ['colour', pet.colour],
    ['sex', sex],
    ['desexed', String(pet.sex.length === 2), 'boolean'],
    ['dateOfBirth', pet.bornOn === null ? null : `${pet.bornOn}`, 'date'],
    ['deceased', String(pet.diedOn !== null), 'boolean'],
    ['deceasedDate', pet.diedOn === null ? null : `${pet.diedOn}`, 'date'],
  ]);
  const owned = 'entityRelationship.patientOwner';
  const from = `${client.createdOn} 00:00:00`;
  const owner = openvpmsIds.customer(client.number);
  if (client.story === 'plain' && pet.number % 17 === 0 && client.number > 1) {
    // Another customer owned the pet long ago.
    const before = openvpmsIds.customer(client.number - 1);
    await bulk.add('entity_relationships', [ids.relationship(), 0, owned, before, id, '2010-01-01', '2012-01-01']);
  }
  await bulk.add('entity_relationships', [ids.relationship(), 0, owned, owner, id, from, null]);
  // OpenVPMS has no two owners at a time: the second one is recorded as the place where the pet lives.
  if (pet.coOwner === null) return;
  const second = openvpmsIds.customer(pet.coOwner);
  await bulk.add('entity_relationships', [
    ids.relationship(),
    0,
    'entityRelationship.patientLocation',
    second,
    id,
    from,
    null,
  ]);
}
