/**
 * All queries to OpenVPMS. A customer is a row of `entities`; each of its fields except the name is a row of
 * `entity_details`. Contacts, relationships and lookups refer to it. Merging two customers moves all of these to one of
 * them and deletes the other. LIMIT, or the ids of one page, bound every query.
 */

/** Details read of a customer; each becomes a column. */
const customerDetails = ['title', 'firstName', 'lastName', 'companyName', 'createdDate'];
/** Details read of a patient. */
const patientDetails = ['species', 'breed', 'sex', 'desexed', 'dateOfBirth', 'deceased', 'deceasedDate'];

/** @param {string[]} names */
const pivoted = (names) =>
  names.map((name) => `MAX(CASE d.name WHEN '${name}' THEN d.value END) AS ${name}`).join(', ');
/** @param {string[]} names */
const quoted = (names) => names.map((name) => `'${name}'`).join(', ');

/** @param {string} condition on the key of the customer */
const customersWhere = (condition) => `
  SELECT c.id, c.active, t.name AS titleName, c.title, c.firstName, c.lastName, c.companyName, c.createdDate
    FROM (SELECT e.entity_id AS id, e.active + 0 AS active, ${pivoted(customerDetails)}
            FROM (SELECT entity_id, active FROM entities
                   WHERE arch_short_name = 'party.customerperson' AND ${condition}
                   ORDER BY entity_id LIMIT ?) e
            LEFT JOIN entity_details d ON d.entity_id = e.entity_id AND d.name IN (${quoted(customerDetails)})
           GROUP BY e.entity_id, e.active) c
    LEFT JOIN lookups t ON t.arch_short_name = 'lookup.personTitle' AND t.code = c.title
   ORDER BY c.id`;

/** Values: the key to continue after, the number of rows. */
export const customersAfter = customersWhere('entity_id > ?');
/** Values: the key, 1. */
export const customerById = customersWhere('entity_id = ?');

/** Emails and phones with their purposes. Values: customer keys. */
export const contactsOf = `
  SELECT k.party_id AS customer, k.contact_id AS contact, k.arch_short_name AS kind, d.name, d.value, l.code AS purpose
    FROM contacts k
    JOIN contact_details d ON d.contact_id = k.contact_id
     AND d.name IN ('emailAddress', 'preferred', 'areaCode', 'telephoneNumber', 'sms')
    LEFT JOIN contact_classifications cc ON cc.contact_id = k.contact_id
    LEFT JOIN lookups l ON l.lookup_id = cc.lookup_id AND l.arch_short_name = 'lookup.contactPurpose'
   WHERE k.party_id IN (?) AND k.arch_short_name IN ('contact.email', 'contact.phoneNumber') AND k.active = 1
     AND (k.active_start_time IS NULL OR k.active_start_time <= CURRENT_DATE)
     AND (k.active_end_time IS NULL OR k.active_end_time > CURRENT_DATE)
   ORDER BY k.contact_id, l.code, d.name`;

/** Account types; a practice excludes shelters, suppliers and the like by them. Values: customer keys. */
export const accountTypesOf = `
  SELECT c.entity_id AS customer, l.code
    FROM entity_classifications c
    JOIN lookups l ON l.lookup_id = c.lookup_id AND l.arch_short_name = 'lookup.customerAccountType'
   WHERE c.entity_id IN (?)
   ORDER BY c.entity_id, l.code`;

/** Pets that these customers own now, dead and inactive ones included. Values: customer keys. */
export const patientsOf = `
  SELECT p.customer, p.id, p.name, p.active, p.species, s.name AS speciesName, p.breed, b.name AS breedName,
         p.sex, p.desexed, p.dateOfBirth, p.deceased, p.deceasedDate
    FROM (SELECT r.source_id AS customer, e.entity_id AS id, e.name, e.active + 0 AS active, ${pivoted(patientDetails)}
            FROM entity_relationships r
            JOIN entities e ON e.entity_id = r.target_id AND e.arch_short_name = 'party.patientpet'
            LEFT JOIN entity_details d ON d.entity_id = e.entity_id AND d.name IN (${quoted(patientDetails)})
           WHERE r.arch_short_name = 'entityRelationship.patientOwner' AND r.source_id IN (?)
             AND (r.active_start_time IS NULL OR r.active_start_time <= NOW())
             AND (r.active_end_time IS NULL OR r.active_end_time > NOW())
           GROUP BY r.source_id, e.entity_id, e.name, e.active) p
    LEFT JOIN lookups s ON s.arch_short_name = 'lookup.species' AND s.code = p.species
    LEFT JOIN lookups b ON b.arch_short_name = 'lookup.breed' AND b.code = p.breed
   ORDER BY p.customer, p.id`;

/** Every table and column that the queries name, for check(). */
export const columnsRead = {
  entities: ['entity_id', 'arch_short_name', 'name', 'active'],
  entity_details: ['entity_id', 'name', 'value'],
  entity_classifications: ['entity_id', 'lookup_id'],
  entity_relationships: ['source_id', 'target_id', 'arch_short_name', 'active_start_time', 'active_end_time'],
  contacts: ['contact_id', 'party_id', 'arch_short_name', 'active', 'active_start_time', 'active_end_time'],
  contact_details: ['contact_id', 'name', 'value'],
  contact_classifications: ['contact_id', 'lookup_id'],
  lookups: ['lookup_id', 'arch_short_name', 'code', 'name'],
};
