/** @typedef {import('pims-sync/connector').Client} Client */
/** @typedef {import('pims-sync/connector').Pet} Pet */

/** Maps the species codes that OpenVPMS ships to our words. A practice adds its own in the settings. */
const knownSpecies = {
  CANINE: 'dog',
  FELINE: 'cat',
  EQUINE: 'horse',
  AVIAN: 'bird',
  LAPINE: 'rabbit',
  BOVINE: 'cattle',
  OVINE: 'sheep',
  PORCINE: 'pig',
  CAPRINE: 'goat',
};

/**
 * @param {any} row of the customers query
 * @param {any[]} contacts
 * @param {any[]} types
 * @param {any[]} patients
 * @param {Record<string, string>} species
 * @returns {Client}
 */
export function clientOf(row, contacts, types, patients, species) {
  return {
    pimsId: row.id,
    displayId: row.id,
    siteId: null,
    title: text(row.titleName ?? row.title),
    firstName: text(row.firstName),
    lastName: text(row.lastName),
    spouseFirstName: null,
    spouseLastName: null,
    companyName: text(row.companyName),
    ...contactsIn(contacts),
    inactive: !isTrue(row.active),
    deleted: false, // OpenVPMS deletes the row itself
    optOut: null, // OpenVPMS has no "do not email" mark
    classification: text(types[0]?.code),
    unknownStatus: null,
    createdOn: date(row.createdDate),
    lastVisitOn: null,
    pets: patients.map((patient) => petOf(patient, species)),
  };
}

/**
 * @param {any} row of the patients query
 * @param {Record<string, string>} ownSpecies
 * @returns {Pet}
 */
function petOf(row, ownSpecies) {
  /** @type {Record<string, string>} */
  const words = { ...knownSpecies, ...ownSpecies };
  const sex = text(row.sex);
  const isDead = isTrue(row.deceased) || date(row.deceasedDate) !== null;
  return {
    pimsId: row.id,
    name: text(row.name),
    species: words[row.species] ?? 'other',
    speciesRaw: text(row.speciesName ?? row.species),
    breed: text(row.breedName ?? row.breed),
    sex: sex === 'MALE' ? 'male' : sex === 'FEMALE' ? 'female' : 'unknown',
    neutered: row.desexed === null ? null : isTrue(row.desexed),
    sexRaw: sex,
    bornOn: date(row.dateOfBirth),
    diedOn: date(row.deceasedDate),
    status: isDead ? 'deceased' : isTrue(row.active) ? 'active' : 'inactive',
    statusRaw: null,
    share: null,
    primaryOwner: true,
  };
}

/** @typedef {{ kind: string, details: Record<string, string>, purposes: Set<string> }} Contact */

/**
 * Ranks emails as the vendor's own export does: preferred and for correspondence, for correspondence, preferred, rest.
 * @param {any[]} rows one per detail and purpose of a contact, ordered by contact
 * @returns {Pick<Client, 'emails' | 'phones'>}
 */
function contactsIn(rows) {
  /** @type {Map<string, Contact>} */
  const contacts = new Map();
  for (const { contact, kind, name, value, purpose } of rows) {
    /** @type {Contact} */
    const one = contacts.get(contact) ?? { kind, details: {}, purposes: new Set() };
    contacts.set(contact, one);
    one.details[name] = value;
    if (purpose !== null) one.purposes.add(purpose);
  }
  const rank = (/** @type {Contact} */ { details, purposes }) =>
    (purposes.has('CORRESPONDENCE') ? 2 : 0) + (isTrue(details['preferred']) ? 1 : 0);
  const best = [...contacts.values()].sort((a, b) => rank(b) - rank(a)); // sort() keeps the order of equals
  const of = (/** @type {string} */ kind) => best.filter((contact) => contact.kind === kind);

  return {
    emails: of('contact.email').flatMap(({ details }) => text(details['emailAddress']) ?? []),
    phones: of('contact.phoneNumber').flatMap(({ details, purposes }) => {
      const number = text([details['areaCode'], details['telephoneNumber']].filter(Boolean).join(' '));
      const label = isTrue(details['sms']) ? 'mobile' : [...purposes][0]?.toLowerCase();
      return number === null ? [] : [{ label: label ?? null, number }];
    }),
  };
}

/** Reads a boolean: '1' in bit(1) columns, 'true' in details. @param {unknown} value */
const isTrue = (value) => value === '1' || value === 1 || value === 'true';

/** Trims a text and removes control characters; null if nothing is left. @param {string | null | undefined} value */
function text(value) {
  const clean = value
    ?.replace(/[^\P{Cc}\t\n]/gu, '')
    .normalize('NFC')
    .trim();
  return clean ? clean : null;
}

/**
 * Returns the date at the start of a detail's value; the rest depends on its type: `2015-03-04`,
 * `2015-03-04 00:00:00.0 UTC`. Null for a day that does not exist, and for dates up to 1900-01-01, which mean "no date".
 * @param {string | null} value
 */
function date(value) {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(value ?? '')?.[0];
  if (!day || day <= '1900-01-01') return null;
  const parsed = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day) ? day : null;
}
