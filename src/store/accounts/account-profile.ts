import type { AccountPet } from '../../domain/account/account-pet.js';
import type { NewId } from '../../lib/ids.js';
import { loadAccountPets } from './account-pets.js';
import type { Database, DatabaseTransaction } from '../db/database.js';

/** A pet as the pet parent is asked to confirm it, or has confirmed it. */
export interface ProfilePet {
  /** Names the pet on the form: `practice/pims id`, or the id of one that the pet parent added. */
  key: string;
  /** Empty when neither the practice nor the pet parent has a name for it. */
  name: string;
  species: string;
  breed: string | null;
  bornOn: string | null;
  /** True when the pet is no longer with them: they said so, or the practice has recorded its death. */
  passed: boolean;
  /** The practice has recorded its death: nobody may be asked about it. */
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
  /** Empty for a pet whose name the pet parent leaves as the practice has it. */
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

/** What the pet parent confirmed: all of it, not only what changed. */
export interface ConfirmedProfile extends Contact {
  pets: readonly ConfirmedPet[];
}

/** How many pets one account may list: far above any household, below what a form could be misused for. */
export const mostPets = 100;

/**
 * The data of an open account: as the pet parent confirmed it, else as the practices have it. A pet that died before
 * anyone confirmed it is left out; a confirmed pet that died since is there with `knownDead`.
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

/** Keeps the pet parent's own data as they typed them. */
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
 * Keeps the pets as the pet parent listed them; those left out are gone from the list. A pet of the PIMS stays tied to
 * its row there; a key that is not one of this account's pets is taken as a pet that was added. What was kept of a pet
 * that is known to have died stays: the pet parent was not asked about it.
 */
export async function savePets(
  trx: DatabaseTransaction,
  accountId: string,
  pets: readonly ConfirmedPet[],
  newId: NewId,
  now: Date,
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
