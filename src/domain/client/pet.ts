export type PetStatus = 'active' | 'inactive' | 'deceased' | 'deleted' | 'unknown';
export type Sex = 'male' | 'female' | 'unknown';

/** A patient as the PIMS records it for one of its owners. */
export interface Pet {
  pimsId: string;
  name: string | null;
  /** The connector's mapping: `dog`, `cat`, `horse`, `rabbit`, `bird`, ... or `other`. */
  species: string;
  speciesRaw: string | null;
  breed: string | null;
  sex: Sex;
  neutered: boolean | null;
  sexRaw: string | null;
  /** Calendar dates without a time zone, `YYYY-MM-DD`; sentinel dates (zero dates) are null. */
  bornOn: string | null;
  diedOn: string | null;
  status: PetStatus;
  statusRaw: string | null;
  /** This owner's share in percent, if the PIMS records co-owners. */
  share: number | null;
  primaryOwner: boolean;
}

/**
 * True if the PIMS records that a pet died. The only function that decides this; a remembered death belongs here too.
 */
export function isKnownDead(pet: Pick<Pet, 'status' | 'diedOn'>): boolean {
  return pet.diedOn !== null || pet.status === 'deceased';
}

/** True if an email may name the pet and pages may show it as living: it is active and not known to have died. */
export function isLiving(pet: Pick<Pet, 'status' | 'diedOn'>): boolean {
  return pet.status === 'active' && !isKnownDead(pet);
}
