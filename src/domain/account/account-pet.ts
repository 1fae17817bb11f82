import type { Pet } from '../client/pet.js';

export type Patient = Pick<Pet, 'pimsId' | 'name' | 'species' | 'breed' | 'bornOn' | 'diedOn' | 'status'>;

/** A client record that an account is linked to, or that was merged into one. */
export interface PatientRecord {
  practiceId: string;
  clientPimsId: string;
  /** `stale`: missing from the PIMS, merged away, deleted, or in identity conflict. What is stored of it is the past. */
  standing: 'active' | 'inactive' | 'stale';
  mergedInto: string | null;
  firstSeenAt: Date;
  /** Empty in a stale record whose copy retention has blanked. */
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

/** What the pets of an account are derived from. */
export interface AccountPetFacts {
  records: readonly PatientRecord[];
  copies: readonly PetCopy[];
  elsewhere: readonly PatientElsewhere[];
}

export interface AccountPet {
  /** Every `practice/pims id` and copy id it is known by; the first is the one to use. */
  keys: readonly string[];
  name: string;
  species: string;
  breed: string | null;
  bornOn: string | null;
  /** False when it is no longer this pet parent's, or nobody may be asked about it. */
  shown: boolean;
  /** It is no longer with them: they said so, or the PIMS knows that it died. */
  passed: boolean;
  knownDead: boolean;
  /** What the pet parent said about it. */
  copy: PetCopy | null;
  /** Practices that have it as a living patient now. */
  livingAt: readonly string[];
}

/** Names to put into an email of a practice: its living pets that the account shows, each name once. */
export function petsToName(pets: readonly AccountPet[], practiceId: string): string[] {
  const named = pets.filter((pet) => pet.shown && !pet.passed && pet.livingAt.includes(practiceId));
  return [...new Set(named.map(({ name }) => name).filter((name) => name !== ''))];
}
