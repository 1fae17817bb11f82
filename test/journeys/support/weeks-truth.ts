import type { Client } from '../../../src/domain/client/client.js';
import type { Pet } from '../../../src/domain/client/pet.js';

/** A real person, independent of the names in the PIMS. */
export interface Person {
  id: string;
  firstName: string;
  lastName: string;
  phone: string;
  /** Addresses whose emails this person reads; a household shares one. */
  mailboxes: string[];
  optedOut: boolean;
  inactive: boolean;
  deleted: boolean;
}

/** A real pet, independent of its numbers in the PIMS. */
export interface Animal {
  id: string;
  name: string;
  bornOn: string;
  /** Null once it belongs to a person who is not a client. */
  owner: string | null;
  diedOn: string | null;
  /** The fields in which the PIMS records a death: both, only the date, or only the status. */
  recordedAs: 'both' | 'date' | 'status';
}

/** A client record as staff keep it. */
export interface ClinicRecord {
  number: string;
  person: string;
  email: string;
  /** The address was typed while another person already used the Pet App with it. */
  isOverOther: boolean;
  /** Former addresses of the record. */
  formerEmails: string[];
  /**
   * Addresses that were corrected to one that the record had before. A restored backup looks the same, so it is known
   * only once staff confirm it.
   */
  unconfirmed: string[];
  createdOn: string;
  pets: { number: string; animal: string }[];
}

/** The real people and pets of one practice. The rows of its PIMS are a view of them. */
export interface Truth {
  people: Person[];
  animals: Animal[];
  records: ClinicRecord[];
}

/** Returns the rows of a correct PIMS. `title` and `breed` hold the ids of real people and pets; no rule reads them. */
export function rowsOf(truth: Truth): Client[] {
  return truth.records.map((record) => {
    const person = personOf(truth, record.person);
    return clientRow(
      person,
      record,
      record.pets.map(({ number, animal }) => petRow(number, animalOf(truth, animal))),
    );
  });
}

export function clientRow(
  person: Person,
  record: Pick<ClinicRecord, 'number' | 'email' | 'createdOn'>,
  pets: Pet[],
): Client {
  return {
    pimsId: record.number,
    displayId: `C${record.number}`,
    siteId: null,
    title: person.id,
    firstName: person.firstName,
    lastName: person.lastName,
    spouseFirstName: null,
    spouseLastName: null,
    companyName: null,
    emails: [record.email],
    phones: [{ label: 'cell', number: person.phone }],
    inactive: person.inactive,
    deleted: person.deleted,
    optOut: person.optedOut ? 'NO_EMAIL' : null,
    classification: null,
    unknownStatus: null,
    createdOn: record.createdOn,
    lastVisitOn: record.createdOn,
    pets,
  };
}

export function petRow(number: string, animal: Animal): Pet {
  const isDead = animal.diedOn !== null;
  const status = isDead && animal.recordedAs !== 'date' ? 'deceased' : 'active';
  return {
    pimsId: number,
    name: animal.name,
    species: 'dog',
    speciesRaw: 'Canine',
    breed: animal.id,
    sex: 'male',
    neutered: true,
    sexRaw: 'MN',
    bornOn: animal.bornOn,
    diedOn: isDead && animal.recordedAs !== 'status' ? animal.diedOn : null,
    status,
    statusRaw: status === 'active' ? 'A' : 'D',
    share: 100,
    primaryOwner: true,
  };
}

export function personOf(truth: Truth, id: string): Person {
  return truth.people.find((person) => person.id === id) as Person;
}

export function animalOf(truth: Truth, id: string): Animal {
  return truth.animals.find((animal) => animal.id === id) as Animal;
}

/** Returns the people whose pets an address may show: its readers, and the people to whose record staff added it. */
function peopleAt({ people, records }: Truth, mailbox: string): Person[] {
  return people.filter(
    ({ id, mailboxes }) =>
      mailboxes.includes(mailbox) ||
      records.some(
        (one) => one.person === id && [...one.unconfirmed, one.isOverOther ? '' : one.email].includes(mailbox),
      ),
  );
}

export function mayShow(truth: Truth, mailbox: string, animalId: string): boolean {
  const animal = truth.animals.find(({ id }) => id === animalId);
  return peopleAt(truth, mailbox).some(({ id }) => animal?.owner === id);
}

/** Tells whether an address may get an invitation: a client there wants email and has a living pet. */
export function mayInvite(truth: Truth, mailbox: string): boolean {
  return peopleAt(truth, mailbox).some(
    (person) =>
      !person.optedOut &&
      !person.inactive &&
      !person.deleted &&
      truth.records.some((record) => record.person === person.id) &&
      livingPets(truth, person.id).length > 0,
  );
}

/** Returns the names that an email to an address may contain. */
export function namesAt(truth: Truth, mailbox: string): string[] {
  return peopleAt(truth, mailbox).flatMap(({ id }) => livingPets(truth, id).map(({ name }) => name));
}

export function livingPets({ animals }: Truth, owner: string): Animal[] {
  return animals.filter((animal) => animal.owner === owner && animal.diedOn === null);
}
