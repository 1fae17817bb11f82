import type { AccountPet } from '../../domain/account/account-pet.js';
import type { Act } from '../access/audit.js';
import { loadAccountPets } from './account-pets.js';
import type { Database, DatabaseTransaction } from '../db/database.js';

/** A pet as the pet parent is asked to confirm it, or has confirmed it. */
export interface ProfilePet {
  /** Names the pet on the form: `practice/pims id`, or the id of one that the pet parent added. */
  key: string;
  /** Empty if neither the practice nor the pet parent has a name for it. */
  name: string;
  species: string;
  breed: string | null;
  bornOn: string | null;
  /** True if the pet is no longer with the pet parent: they reported it, or the practice recorded its death. */
  passed: boolean;
  /** True if the practice recorded its death: no form may ask about this pet. */
  knownDead: boolean;
}

export interface Profile {
  accountId: string;
  email: string;
  firstName: string | null;
  lastName: string | null;
  phone: string | null;
  confirmedAt: Date | null;
  pets: ProfilePet[];
  practices: { id: string; name: string }[];
}

export interface ConfirmedPet {
  /** Null for a pet that the pet parent adds. */
  key: string | null;
  /** Empty if the pet parent leaves the name as the practice has it. */
  name: string;
  species: string;
  breed: string | null;
  bornOn: string | null;
  passed: boolean;
}

export interface Contact {
  firstName: string;
  lastName: string;
  phone: string | null;
}

/** The data that the pet parent confirmed: all of it, not only changes. */
export interface ConfirmedProfile extends Contact {
  pets: readonly ConfirmedPet[];
}

/** Maximum number of pets per account: far above any household, low enough to prevent misuse of the form. */
export const mostPets = 100;

/**
 * Loads the data of an open account: the confirmed data if there is any, else the practices' data. Omits a pet that
 * died before the pet parent confirmed it; includes a confirmed pet that died since, with `knownDead`.
 */
export async function loadProfile(db: Database | DatabaseTransaction, accountId: string): Promise<Profile | null> {
  const account = await db
    .selectFrom('accounts')
    .selectAll()
    .where('id', '=', accountId)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  if (!account) return null;
  const practices = await db
    .selectFrom('account_links as l')
    .innerJoin('practices as p', 'p.id', 'l.practice_id')
    .select(['p.id', 'p.name'])
    .distinct()
    .where('l.account_id', '=', accountId)
    .orderBy('p.name')
    .execute();
  return {
    accountId,
    email: account.email,
    firstName: account.first_name,
    lastName: account.last_name,
    phone: account.phone,
    confirmedAt: account.confirmed_at,
    pets: (await shownPets(db, accountId)).map(profilePet).slice(0, mostPets),
    practices,
  };
}

/** Stores the pet parent's contact data as typed. */
export async function saveContact(
  trx: Database | DatabaseTransaction,
  accountId: string,
  contact: Contact,
): Promise<void> {
  await trx
    .updateTable('accounts')
    .set({
      first_name: contact.firstName.slice(0, 200),
      last_name: contact.lastName.slice(0, 200),
      phone: contact.phone?.slice(0, 40) ?? null,
    })
    .where('id', '=', accountId)
    .execute();
}

/**
 * Stores the pets as the pet parent listed them; omitted pets are deleted. A pet from the PIMS stays linked to its PIMS
 * row; a key that is not one of this account's pets counts as an added pet. Stored data of a pet with a recorded death
 * stays, because the form does not ask about it.
 */
export async function savePets(
  trx: DatabaseTransaction,
  accountId: string,
  pets: readonly ConfirmedPet[],
  { newId, now }: Act,
): Promise<void> {
  const shown = await shownPets(trx, accountId);
  const known = new Map(shown.flatMap((pet) => pet.keys.map((key) => [key, pet])));
  const kept = shown.flatMap(({ knownDead, copy }) => (knownDead && copy ? [copy.id] : []));
  await trx
    .deleteFrom('account_pets')
    .where('account_id', '=', accountId)
    .$if(kept.length > 0, (query) => query.where('id', 'not in', kept))
    .execute();
  const seen = new Set<AccountPet>();
  for (const pet of pets.slice(0, mostPets)) {
    const found = known.get(pet.key ?? '');
    if (found?.knownDead) continue;
    const key = found && !seen.has(found) ? keyOf(found) : null;
    if (found) seen.add(found);
    const slash = key?.indexOf('/') ?? -1;
    const inPims = key !== null && slash > 0;
    await trx
      .insertInto('account_pets')
      .values({
        id: newId(),
        account_id: accountId,
        practice_id: inPims ? key.slice(0, slash) : null,
        pims_id: inPims ? key.slice(slash + 1) : null,
        name: pet.name.slice(0, 200),
        species: pet.species.slice(0, 40),
        breed: pet.breed?.slice(0, 100) ?? null,
        born_on: pet.bornOn,
        state: pet.passed ? 'passed' : inPims ? 'confirmed' : 'added',
        confirmed_at: now,
      })
      .execute();
  }
}

async function shownPets(db: Database | DatabaseTransaction, accountId: string): Promise<AccountPet[]> {
  const loaded = await loadAccountPets(db, [accountId]);
  return (loaded.get(accountId)?.pets ?? []).filter((pet) => pet.shown);
}

const keyOf = ({ keys }: AccountPet) => keys[0] as string;

function profilePet(pet: AccountPet): ProfilePet {
  const { name, species, breed, bornOn, passed, knownDead } = pet;
  return { key: keyOf(pet), name, species, breed, bornOn, passed, knownDead };
}
