import type { Client } from '../../domain/client/client.js';
import type { Pet } from '../../domain/client/pet.js';
import { readDate } from '../dates.js';
import type { Dialect, Row } from '../drivers/driver.js';
import type { Mapping } from './mapping/mapping.js';
import { createSelection, type Selection } from './selection.js';
import { boolean, flags, number } from './values.js';

export interface OwnershipRows {
  selection: Selection;
  /** Reads the share and whether the owner is the primary one; null if the ownership has ended. */
  read(row: Row, today: string): Pick<Pet, 'share' | 'primaryOwner'> | null;
}

/** Compiles the mapping of ownerships; null if the installation has none. */
export function compileOwnershipRows({ ownerships }: Mapping, dialect: Dialect): OwnershipRows | null {
  if (ownerships === null) return null;
  const selection = createSelection(dialect, 'o', {}, 'ownerships');
  const share = number(selection, ownerships.share);
  const primary = boolean(selection, ownerships.primary);
  const endedOn = ownerships.endedOn === null ? null : selection.column(ownerships.endedOn);
  const ended = flags(selection, ownerships.ended);
  return {
    selection,
    read(row, today) {
      if (ended(row).raised !== null) return null;
      // `readDate` returns `absurd` for a day after `today`: an ownership with a future end still holds.
      const end = endedOn === null ? null : readDate(row[endedOn], today);
      if (end !== null && end !== 'absurd') return null;
      const percent = share(row);
      // Without a column for the primary owner, an owner of 100 % is primary, or any owner if there are no shares.
      return { share: percent, primaryOwner: primary(row) ?? (percent === null || percent >= 100) };
    },
  };
}

/** Adds a pet to its owner, or completes a pet that is already there with the values of a second row. */
export function addPet(owner: Pick<Client, 'pets'>, pet: Pet): void {
  const { pets } = owner;
  const known = pets.length === 0 ? undefined : pets.find(({ pimsId }) => pimsId === pet.pimsId);
  if (known) {
    known.share ??= pet.share;
    known.primaryOwner ||= pet.primaryOwner;
  } else if (pets.length < few) {
    // The first push would allocate room for 17 items; most clients have one or two pets.
    owner.pets = [...pets, pet];
  } else {
    pets.push(pet);
  }
}

const few = 4;

/** Sorts pets by key, independent of the database's order, so that the same pets always give the same result. */
export function inKeyOrder(pets: Pet[]): void {
  // Rows are nearly always sorted already, and sort() copies even then.
  for (let at = 1; at < pets.length; at += 1) {
    if (byKey(pets[at - 1] as Pet, pets[at] as Pet) > 0) {
      pets.sort(byKey);
      return;
    }
  }
}

function byKey({ pimsId: a }: Pet, { pimsId: b }: Pet): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
