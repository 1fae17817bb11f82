import type { AccountPet, AccountPetFacts, PatientRecord, Patient, PetCopy } from './account-pet.js';
import { isKnownDead, isLiving } from '../client/pet.js';
import { isSamePet, lookKey, type PetLook } from '../client/same-pet.js';

interface Sighting {
  record: PatientRecord;
  patient: Patient;
}

/** One patient number of one practice, or one pet that the pet parent added. */
interface Entry {
  key: string;
  copy: PetCopy | null;
  /** The most trustworthy first. */
  sightings: Sighting[];
}

/**
 * Derives the pets of an account from the current PIMS records and from the pets that the pet parent confirmed or
 * added. Pages, API and emails all use this function. One pet in several records becomes one pet. Active records take
 * precedence over inactive ones, and inactive ones over stale ones; among equals the newest comes first.
 */
export function accountPets(facts: AccountPetFacts): AccountPet[] {
  const pets: Entry[][] = [];
  const byLook = new Map<string, Entry[][]>();
  for (const entry of entriesOf(facts.records, facts.copies)) {
    const keys = [...new Set(looksOf(entry).map(lookKey))];
    const alike = keys.flatMap((key) => byLook.get(key) ?? []);
    let pet = alike.find((entries) => belongsTo(entry, entries));
    if (pet) pet.push(entry);
    else pets.push((pet = [entry]));
    for (const key of keys) {
      const others = byLook.get(key) ?? [];
      if (!others.includes(pet)) byLook.set(key, [...others, pet]);
    }
  }
  return pets
    .map((entries) => describe(entries, facts))
    .sort((a, b) => Number(a.copy === null) - Number(b.copy === null) || a.name.localeCompare(b.name));
}

function entriesOf(records: readonly PatientRecord[], copies: readonly PetCopy[]): Entry[] {
  const entries = new Map<string, Entry>();
  const entryAt = (key: string): Entry => {
    const entry = entries.get(key) ?? { key, copy: null, sightings: [] };
    entries.set(key, entry);
    return entry;
  };
  for (const record of records) {
    for (const patient of record.patients)
      entryAt(`${record.practiceId}/${patient.pimsId}`).sightings.push({ record, patient });
  }
  for (const copy of copies)
    entryAt(copy.practiceId === null ? copy.id : `${copy.practiceId}/${copy.pimsId}`).copy = copy;
  for (const { sightings } of entries.values()) sightings.sort(byBelief);
  return [...entries.values()].sort((a, b) => {
    const [one, other] = [a.sightings[0], b.sightings[0]];
    return one && other ? byBelief(one, other) : Number(!one) - Number(!other);
  });
}

function byBelief(a: Sighting, b: Sighting): number {
  return rankOf(a) - rankOf(b) || b.record.firstSeenAt.getTime() - a.record.firstSeenAt.getTime();
}

function rankOf({ record, patient }: Sighting): number {
  if (record.standing === 'stale') return 4;
  return Number(record.standing === 'inactive') + (isLiving(patient) ? 0 : 2);
}

function looksOf({ copy, sightings }: Entry): PetLook[] {
  const looks: PetLook[] = sightings.map(({ patient }) => patient);
  if (copy) looks.push({ ...copy, diedOn: looks.find(({ diedOn }) => diedOn)?.diedOn ?? null });
  return looks;
}

function belongsTo(entry: Entry, pet: readonly Entry[]): boolean {
  if (pet.some((other) => areApart(entry, other))) return false;
  const looks = looksOf(entry);
  return pet.some((other) => looksOf(other).some((look) => looks.some((own) => isSamePet(own, look))));
}

/**
 * True if the pet parent or a client record lists the two side by side, so that they are two pets. Littermates share a
 * birth date, which alone would make them look like one pet.
 */
function areApart(one: Entry, other: Entry): boolean {
  if (one.copy && other.copy) return true;
  const records = one.sightings.filter(isDistinct).map(({ record }) => record);
  return other.sightings.filter(isDistinct).some(({ record }) => records.includes(record));
}

/** When staff enter a patient a second time, the first entry stays in the record as inactive or deleted. */
const isDistinct = ({ patient }: Sighting) => isLiving(patient) || isKnownDead(patient);
const isCurrent = ({ record, patient }: Sighting) => record.standing !== 'stale' && patient.status !== 'deleted';

function describe(entries: readonly Entry[], facts: AccountPetFacts): AccountPet {
  const confirmed = entries.find(({ copy }) => copy !== null) ?? null;
  const copy = confirmed?.copy ?? null;
  const sightings = entries.flatMap((entry) => entry.sightings);
  const current = sightings.filter(isCurrent);
  const living = current.filter(({ patient }) => isLiving(patient));
  const knownDead = sightings.some(({ patient }) => isKnownDead(patient));
  const patient = sightings[0]?.patient;
  const { species = 'other', breed = null, bornOn = null } = copy ?? patient ?? {};
  const keys = entries.map(({ key }) => key);
  return {
    keys: copy && !keys.includes(copy.id) ? [...keys, copy.id] : keys,
    name: copy?.name || patient?.name || '',
    species,
    breed,
    bornOn,
    shown: confirmed ? current.length > 0 || isKept(confirmed, facts) : living.length > 0 && !knownDead,
    passed: knownDead || copy?.state === 'passed',
    knownDead,
    copy,
    livingAt: [...new Set(living.map(({ record }) => record.practiceId))],
  };
}

/**
 * Tells whether the account keeps a confirmed pet that no current record has. A missing record is weak evidence, so its
 * pets stay until a client of another account has them. A current record without the pet means that the pet is no
 * longer theirs.
 */
function isKept({ copy, sightings, ...entry }: Entry, facts: AccountPetFacts): boolean {
  if (copy?.practiceId === null) return true;
  if (sightings.some(({ record }) => record.standing !== 'stale')) return false;
  const blanked = facts.records.some(
    ({ standing, patients, practiceId }) =>
      standing === 'stale' && patients.length === 0 && practiceId === copy?.practiceId,
  );
  if (sightings.length === 0 && !blanked) return false;
  const looks = looksOf({ ...entry, copy, sightings });
  return !facts.elsewhere.some(
    ({ practiceId, clientPimsId, patient }) =>
      `${practiceId}/${patient.pimsId}` === entry.key &&
      !sightings.some(({ record }) => record.mergedInto === clientPimsId) &&
      looks.some((look) => isSamePet(look, patient)),
  );
}
