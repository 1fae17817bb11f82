import type { Pet } from '../client/pet.js';

export type Patient = Pick<Pet, 'pimsId' | 'name' | 'species' | 'breed' | 'bornOn' | 'diedOn' | 'status'>;

/** A client record that is linked to the account, or that was merged into a linked one. */
export interface PatientRecord {
  practiceId: string;
  clientPimsId: string;
  /** `stale`: missing from the PIMS, merged away, deleted, or in identity conflict. Its stored data is out of date. */
  standing: 'active' | 'inactive' | 'stale';
  mergedInto: string | null;
  firstSeenAt: Date;
  /** Empty for a stale record if data retention has emptied its client copy. */
  patients: readonly Patient[];
}

/** A pet as the pet parent confirmed or added it. */
export interface PetCopy {
  id: string;
  /** Both null for a pet that the pet parent added. */
  practiceId: string | null;
  pimsId: string | null;
  /** Empty when neither the PIMS nor the pet parent has a name for it. */
  name: string;
  species: string;
  breed: string | null;
  bornOn: string | null;
  state: 'confirmed' | 'added' | 'passed';
}

/** A patient of a current client record that is not linked to the account. */
export interface PatientElsewhere {
  practiceId: string;
  clientPimsId: string;
  patient: Patient;
}

/** The facts from which `accountPets` derives the pets of an account. */
export interface AccountPetFacts {
  records: readonly PatientRecord[];
  copies: readonly PetCopy[];
  elsewhere: readonly PatientElsewhere[];
}

export interface AccountPet {
  /** Every `practice/pims id` and copy id of the pet. Use the first one. */
  keys: readonly string[];
  name: string;
  species: string;
  breed: string | null;
  bornOn: string | null;
  /** False if the pet is no longer this pet parent's, or if pages must not ask about it. */
  shown: boolean;
  /** The pet is no longer with them: the pet parent said so, or the PIMS records its death. */
  passed: boolean;
  knownDead: boolean;
  /** The pet parent's own version of the pet. */
  copy: PetCopy | null;
  /** Practices that list it as a living patient now. */
  livingAt: readonly string[];
}

/** Returns the names for an email of a practice: its living pets that the account shows, each name once. */
export function petsToName(pets: readonly AccountPet[], practiceId: string): string[] {
  const named = pets.filter((pet) => pet.shown && !pet.passed && pet.livingAt.includes(practiceId));
  return [...new Set(named.map(({ name }) => name).filter((name) => name !== ''))];
}
