export type PetStatus = 'active' | 'inactive' | 'deceased' | 'deleted' | 'unknown';
export type Sex = 'male' | 'female' | 'unknown';

/** A pet as the PIMS records it, seen from one of its owners. */
export interface Pet {
  pimsId: string;
  name: string | null;
  /** Mapped by the connector: `dog`, `cat`, `horse`, `rabbit`, `bird`, ... or `other`. */
  species: string;
  speciesRaw: string | null;
  breed: string | null;
  sex: Sex;
  neutered: boolean | null;
  sexRaw: string | null;
  /** Calendar dates without a time zone, `YYYY-MM-DD`; sentinel dates (day zero) are null. */
  bornOn: string | null;
  diedOn: string | null;
  status: PetStatus;
  statusRaw: string | null;
  /** This owner's share in percent, where the PIMS records co-owners. */
  share: number | null;
  primaryOwner: boolean;
}

/** Whether the PIMS says that a pet died. Everything that asks about a death asks here, so a remembered death belongs here too. */
export function isKnownDead(pet: Pick<Pet, 'status' | 'diedOn'>): boolean {
  return pet.diedOn !== null || pet.status === 'deceased';
}

/** A pet that may be named in an email or shown as living: active and not known to have died. */
export function isLiving(pet: Pick<Pet, 'status' | 'diedOn'>): boolean {
  return pet.status === 'active' && !isKnownDead(pet);
}
