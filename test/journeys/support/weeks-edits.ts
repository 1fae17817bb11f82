import { livingPets, personOf, type Animal, type ClinicRecord, type Person, type Truth } from './weeks-truth.js';

/** A practice whose staff edit its PIMS. Numbers count up; staff reuse one only on purpose. */
export interface Clinic {
  truth: Truth;
  /** Distinguishes the addresses of one history from those of all others. */
  domain: string;
  today: string;
  freeNumbers: string[];
  /** Addresses of people who have logged in. */
  used: Set<string>;
}

/** Changes the practice and describes the change in one line; null if no client fits. */
type Edit = (clinic: Clinic, a: number, b: number) => string | null;

const firstNames = ['Ann', 'Bob', 'Kim', 'Nia', 'Otto', 'Una'];
const lastNames = ['Park', 'Wolf', 'Baker', 'Stone', 'Ortega'];
const petNames = [
  'Bella',
  'Max',
  'Luna',
  'Rocky',
  'Daisy',
  'Leo',
  'Milo',
  'Nala',
  'Ollie',
  'Pip',
  'Rex',
  'Zoe',
  'Ace',
  'Bear',
  'Coco',
  'Duke',
  'Finn',
  'Gus',
  'Hugo',
  'Ivy',
  'Jack',
  'Kira',
  'Lily',
];

const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % (list.length || 1)];
const number = (n: number) => String(n).padStart(4, '0');
const own = ({ mailboxes }: Person) => mailboxes.at(-1) as string;
const recordsOf = ({ truth }: Clinic, person: Person) => truth.records.filter((record) => record.person === person.id);
const clients = (clinic: Clinic) => clinic.truth.people.filter((one) => recordsOf(clinic, one).length > 0);
const called = ({ id, firstName, lastName }: Person) => `${firstName} ${lastName} (${id})`;

function stranger(clinic: Clinic, a: number, b: number): Person {
  const n = clinic.truth.people.length + 1;
  const [firstName, lastName] = [pick(firstNames, a + n) as string, pick(lastNames, b + n) as string];
  const mailboxes = [`${firstName}.${n}@${clinic.domain}`.toLowerCase()];
  const person = {
    id: `P${n}`,
    firstName,
    lastName,
    phone: `555-01${number(n)}`,
    mailboxes,
    optedOut: false,
    inactive: false,
    deleted: false,
  };
  clinic.truth.people.push(person);
  return person;
}

function animal(clinic: Clinic, owner: Person, b: number): Animal {
  const n = clinic.truth.animals.length + 1;
  const bornOn = `20${10 + ((b * 7 + n) % 15)}-0${1 + (n % 9)}-1${n % 10}`;
  const born: Animal = {
    id: `A${n}`,
    name: pick(petNames, b + n * 5) as string,
    bornOn,
    owner: owner.id,
    diedOn: null,
    recordedAs: 'both',
  };
  clinic.truth.animals.push(born);
  return born;
}

function petNumber({ truth }: Clinic): string {
  const all = truth.records.flatMap(({ pets }) => pets.map((pet) => Number(pet.number.slice(1))));
  return `p${Math.max(0, truth.animals.length, ...all) + 1}`;
}

function enter(clinic: Clinic, person: Person, at: string | undefined, animals: Animal[]): ClinicRecord {
  const used = clinic.truth.records.map((record) => Number(record.number));
  const next = Math.max(0, ...used, ...clinic.freeNumbers.map(Number)) + 1;
  const record: ClinicRecord = {
    number: at ?? number(next),
    person: person.id,
    email: own(person),
    isOverOther: false,
    formerEmails: [],
    unconfirmed: [],
    createdOn: clinic.today,
    pets: [],
  };
  clinic.truth.records.push(record);
  for (const { id } of animals) record.pets.push({ number: petNumber(clinic), animal: id });
  return record;
}

function newClient(clinic: Clinic, a: number, b: number, at?: string): string {
  const person = stranger(clinic, a, b);
  const record = enter(clinic, person, at, []);
  for (let n = 0; n <= b % 2; n++)
    record.pets.push({ number: petNumber(clinic), animal: animal(clinic, person, b + n).id });
  return `${called(person)} comes as client ${record.number} with ${petsOf(clinic, record)}`;
}

function petsOf({ truth }: Clinic, { pets }: ClinicRecord): string {
  return (
    pets
      .map(({ number, animal: id }) => `${truth.animals.find((one) => one.id === id)?.name} (${id}, ${number})`)
      .join(' and ') || 'no pet'
  );
}

function livingInPims({ truth }: Clinic): Animal[] {
  const listed = new Set(truth.records.flatMap(({ pets }) => pets.map((pet) => pet.animal)));
  return truth.animals.filter(({ id, diedOn }) => diedOn === null && listed.has(id));
}

function remove(clinic: Clinic, records: readonly ClinicRecord[]): void {
  clinic.truth.records = clinic.truth.records.filter((record) => !records.includes(record));
  clinic.freeNumbers.push(...records.map((record) => record.number));
}

/** Toggles a flag of a client. */
function flag(key: 'optedOut' | 'inactive' | 'deleted', value: boolean, words: string): Edit {
  return (clinic, a) => {
    const person = pick(
      clients(clinic).filter((one) => one[key] !== value),
      a,
    );
    if (!person) return null;
    person[key] = value;
    return `${called(person)} ${words}`;
  };
}

function retype(record: ClinicRecord, email: string, isOverOther = false): void {
  const isReturn = record.formerEmails.includes(email);
  if (!isReturn) record.unconfirmed = [];
  else if (!record.isOverOther) record.unconfirmed.push(record.email);
  record.formerEmails.push(record.email);
  Object.assign(record, { email, isOverOther });
}

/** Mistypes one address of a record, which staff do not notice. */
function mistype(clinic: Clinic, record: ClinicRecord, email: string, owner: Person | null): string {
  retype(record, email, owner !== null && clinic.used.has(email) && owner.id !== record.person);
  const whose = owner ? `, the address of ${called(owner)}` : ', which is nobody’s';
  return `${called(personOf(clinic.truth, record.person))} gets ${email} by mistake${whose}`;
}

/** The edits of staff between two nightly syncs. All of them are correct, except for the mistyped addresses. */
export const edits = {
  newClient: (clinic, a, b) => newClient(clinic, a, b),
  newcomerUnderOldNumber: (clinic, a, b) => {
    const at = clinic.freeNumbers.splice(b % (clinic.freeNumbers.length || 1), 1)[0];
    return at === undefined ? null : newClient(clinic, a, b, at);
  },
  spouse: (clinic, a, b) => {
    const first = pick(clients(clinic), a);
    if (!first) return null;
    const person = stranger(clinic, a, b);
    Object.assign(person, { lastName: first.lastName, phone: first.phone, mailboxes: [own(first)] });
    const record = enter(clinic, person, undefined, [animal(clinic, person, b)]);
    return `${called(person)} of the household of ${called(first)} comes as client ${record.number} with ${petsOf(clinic, record)}`;
  },
  newPet: (clinic, a, b) => {
    const record = pick(clinic.truth.records, a);
    if (!record) return null;
    const owner = personOf(clinic.truth, record.person);
    record.pets.push({ number: petNumber(clinic), animal: animal(clinic, owner, b).id });
    return `${called(owner)} has ${petsOf(clinic, record)} now`;
  },
  petDies: (clinic, a, b) => {
    const pet = pick(livingInPims(clinic), a);
    if (!pet) return null;
    pet.diedOn = clinic.today;
    pet.recordedAs = (['both', 'date', 'status'] as const)[b % 3]!;
    return `${pet.name} (${pet.id}) dies; the PIMS has ${pet.recordedAs} of status and date`;
  },
  petIsGivenAway: (clinic, a, b) => {
    const pet = pick(livingInPims(clinic), a);
    const to = pick(
      clients(clinic).filter(({ id }) => id !== pet?.owner),
      b,
    );
    const sheets = clinic.truth.records.filter(({ pets }) => pets.some((one) => one.animal === pet?.id));
    const given = sheets[0]?.pets.find((one) => one.animal === pet?.id);
    if (!pet || !given) return null;
    for (const record of sheets) record.pets = record.pets.filter((one) => one.animal !== pet.id);
    pet.owner = b % 3 === 0 || !to ? null : to.id;
    if (pet.owner === null || !to) return `${pet.name} (${pet.id}) goes to somebody who is no client`;
    recordsOf(clinic, to)[0]?.pets.push(given);
    return `${pet.name} (${pet.id}) goes to ${called(to)}`;
  },
  optsOut: flag('optedOut', true, 'asks for no email'),
  optsIn: flag('optedOut', false, 'wants email again'),
  leaves: flag('inactive', true, 'is marked inactive'),
  isBack: flag('inactive', false, 'is active again'),
  isDeleted: flag('deleted', true, 'is marked deleted'),
  isUndeleted: flag('deleted', false, 'is no longer marked deleted'),
  isRemoved: (clinic, a) => {
    const person = pick(clients(clinic), a);
    if (!person) return null;
    remove(clinic, recordsOf(clinic, person));
    return `${called(person)} is removed from the PIMS`;
  },
  isEnteredAgain: (clinic, a) => {
    const person = pick(clients(clinic), a);
    if (!person) return null;
    remove(clinic, recordsOf(clinic, person));
    const record = enter(clinic, person, undefined, livingPets(clinic.truth, person.id));
    return `${called(person)} is removed and entered again as client ${record.number} with ${petsOf(clinic, record)}`;
  },
  isEnteredTwice: (clinic, a) => {
    const person = pick(clients(clinic), a);
    if (!person) return null;
    const record = enter(clinic, person, undefined, livingPets(clinic.truth, person.id));
    return `${called(person)} is entered twice, also as client ${record.number} with ${petsOf(clinic, record)}`;
  },
  isMerged: (clinic, a) => {
    const person = pick(
      clients(clinic).filter((one) => recordsOf(clinic, one).length > 1),
      a,
    );
    const [kept, ...others] = person ? recordsOf(clinic, person) : [];
    if (!person || !kept) return null;
    kept.pets.push(...others.flatMap(({ pets }) => pets));
    remove(clinic, others);
    return `the records of ${called(person)} are merged into client ${kept.number}`;
  },
  marries: (clinic, a, b) => {
    const person = pick(clients(clinic), a);
    if (!person) return null;
    const before = called(person);
    person.lastName = pick(lastNames, b) as string;
    return `${before} is called ${called(person)} now`;
  },
  newPhone: (clinic, a, b) => {
    const person = pick(clients(clinic), a);
    if (!person) return null;
    person.phone = `555-02${number(clinic.truth.people.length * 100 + (b % 100))}`;
    return `${called(person)} has another phone`;
  },
  newAddress: (clinic, a, b) => {
    const person = pick(clients(clinic), a);
    if (!person) return null;
    person.mailboxes.push(`${person.firstName}.${person.id}.${b}@${clinic.domain}`.toLowerCase());
    for (const record of recordsOf(clinic, person)) retype(record, own(person));
    return `${called(person)} has the address ${own(person)} now`;
  },
  mistypedAddress: (clinic, a, b) => {
    const record = pick(clinic.truth.records, a);
    return record ? mistype(clinic, record, `typo.${record.person}.${b}@${clinic.domain}`.toLowerCase(), null) : null;
  },
  addressOfAnother: (clinic, a, b) => {
    const record = pick(clinic.truth.records, a);
    if (!record) return null;
    const person = personOf(clinic.truth, record.person);
    const isOther = (one: Person) =>
      one.lastName !== person.lastName && one.phone !== person.phone && own(one) !== own(person);
    const other = pick(clients(clinic).filter(isOther), b);
    return other ? mistype(clinic, record, own(other), other) : null;
  },
  correctedAddress: (clinic, a) => {
    const isWrong = (one: ClinicRecord) => one.email !== own(personOf(clinic.truth, one.person));
    const record = pick(clinic.truth.records.filter(isWrong), a);
    if (!record) return null;
    const person = personOf(clinic.truth, record.person);
    retype(record, own(person));
    return `the address of ${called(person)} is corrected to ${record.email}`;
  },
} satisfies Record<string, Edit>;

export type EditName = keyof typeof edits;
export const editNames = Object.keys(edits) as EditName[];
