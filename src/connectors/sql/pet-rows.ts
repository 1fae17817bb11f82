import type { Pet, PetStatus } from '../../domain/client/pet.js';
import { petStatusReader, sexReader, speciesReader } from '../codes.js';
import { readDate } from '../dates.js';
import type { Dialect, Row } from '../drivers/driver.js';
import { keyOf } from './keys.js';
import type { Mapping } from './mapping/mapping.js';
import { createSelection, type Selection } from './selection.js';
import { boolean, flags, RowFault, shownText, text } from './values.js';

export interface PetRows {
  selection: Selection;
  /** Builds a pet with a single owner from a row. Throws RowFault. */
  read(row: Row, latest: string): Pet;
}

/** Compiles the mapping of pets once, like `compileClientRows`. */
export function compilePetRows(mapping: Mapping, dialect: Dialect): PetRows {
  const { pets, codes } = mapping;
  const selection = createSelection(dialect, 'p', pets.joins, 'pets');
  const key = selection.column(pets.key);
  const column = (reference: string | null): string | null => (reference === null ? null : selection.column(reference));

  const name = shownText(selection, pets.name, "pet's name");
  const species = text(selection, pets.species, "pet's species");
  const breed = text(selection, pets.breed, "pet's breed");
  const sex = text(selection, pets.sex, "pet's sex");
  const male = boolean(selection, pets.male);
  const neutered = boolean(selection, pets.neutered);
  const bornOn = column(pets.bornOn);
  const diedOn = column(pets.diedOn);
  const status = text(selection, pets.status, "pet's status");
  const inactive = flags(selection, pets.inactive);
  const deceased = flags(selection, pets.deceased);
  const deleted = flags(selection, pets.deleted);
  const speciesOf = speciesReader(codes.species);
  const sexOf = sexReader(codes.sex);
  const statusOf = petStatusReader(codes.petStatus);

  return {
    selection,
    read(row, latest) {
      const pimsId = keyOf(row[key], mapping.clients.keyType);
      if (pimsId === null) throw new RowFault('one of its pets has no key');
      const speciesRaw = species(row);
      const sexRaw = sex(row);
      const bySex = sexOf(sexRaw);
      const isMale = male(row);
      const born = bornOn === null ? null : readDate(row[bornOn], latest);
      const died = diedOn === null ? null : readDate(row[diedOn], latest);
      const code = status(row);
      const coded = code === null ? 'active' : statusOf(code);
      const isInactive = inactive(row);
      const isDeceased = deceased(row);
      const isDeleted = deleted(row);
      const unclear = isInactive.unclear ?? isDeceased.unclear ?? isDeleted.unclear;
      return {
        pimsId,
        name: name(row),
        species: speciesOf(speciesRaw),
        speciesRaw,
        breed: breed(row),
        sex: isMale === null ? bySex.sex : isMale ? 'male' : 'female',
        neutered: neutered(row) ?? bySex.neutered,
        sexRaw,
        bornOn: born === 'absurd' ? null : born,
        diedOn: died === 'absurd' ? null : died,
        status: worst({
          deleted: isDeleted.raised !== null || coded === 'deleted',
          deceased: isDeceased.raised !== null || (died !== null && died !== 'absurd') || coded === 'deceased',
          inactive: isInactive.raised !== null || coded === 'inactive',
          // An invalid date of death may still mean that the pet died.
          unknown: died === 'absurd' || unclear !== null || coded === 'unknown',
        }),
        statusRaw: code ?? unclear,
        share: null,
        primaryOwner: true,
      };
    },
  };
}

/** Picks the status that weighs most against an email about the pet. */
function worst(said: Record<Exclude<PetStatus, 'active'>, boolean>): PetStatus {
  if (said.deleted) return 'deleted';
  if (said.deceased) return 'deceased';
  if (said.inactive) return 'inactive';
  return said.unknown ? 'unknown' : 'active';
}
