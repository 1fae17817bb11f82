import type { NewId } from '../domain/ids.js';
import type { Database, DatabaseTransaction } from './database.js';

/** A pet as the pet parent is asked to confirm it, or has confirmed it. */
export interface ProfilePet {
  /** Names the pet on the form: `practice/pims id`, or the id of one that the pet parent added. */
  key: string;
  name: string;
  species: string;
  breed: string | null;
  bornOn: string | null;
  /** True once the pet parent said that it is no longer with them. */
  passed: boolean;
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
 * The data of an open account: as the pet parent confirmed it, else as the practices have it. Pets that a practice knows to
 * have died or that left are not offered for confirmation: nobody shall be asked about a pet they lost.
 */
export async function loadProfile(
  db: Database | DatabaseTransaction,
  accountId: string,
): Promise<Profile | null> {
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
  const confirmed = await db
    .selectFrom('account_pets')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('name')
    .execute();
  const pets = confirmed.map((pet) => ({
    key: pet.practice_id === null ? pet.id : `${pet.practice_id}/${pet.pims_id}`,
    name: pet.name,
    species: pet.species,
    breed: pet.breed,
    bornOn: pet.born_on,
    passed: pet.state === 'passed',
  }));
  for (const pet of await practicePets(db, accountId)) {
    if (!pets.some(({ key }) => key === pet.key)) pets.push(pet);
  }
  return {
    accountId,
    email: account.email,
    firstName: account.first_name,
    lastName: account.last_name,
    phone: account.phone,
    confirmedAt: account.confirmed_at,
    pets,
    practices,
  };
}

/** Keeps the pet parent's own data as they typed them. */
export async function keepContact(
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
 * its row there; a key that is not one of this account's pets is taken as a pet that was added.
 */
export async function keepPets(
  trx: DatabaseTransaction,
  accountId: string,
  pets: readonly ConfirmedPet[],
  newId: NewId,
  now: Date,
): Promise<void> {
  const known = new Map((await loadProfile(trx, accountId))?.pets.map((pet) => [pet.key, pet]));
  await trx.deleteFrom('account_pets').where('account_id', '=', accountId).execute();
  const seen = new Set<string>();
  for (const pet of pets.slice(0, mostPets)) {
    const key = pet.key !== null && known.has(pet.key) && !seen.has(pet.key) ? pet.key : null;
    if (key !== null) seen.add(key);
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

async function practicePets(db: Database | DatabaseTransaction, accountId: string): Promise<ProfilePet[]> {
  const rows = await db
    .selectFrom('account_links as l')
    .innerJoin('pims_pets as p', (join) =>
      join.onRef('p.practice_id', '=', 'l.practice_id').onRef('p.client_pims_id', '=', 'l.client_pims_id'),
    )
    .select(['p.practice_id', 'p.pims_id', 'p.name', 'p.species', 'p.breed', 'p.born_on'])
    .where('l.account_id', '=', accountId)
    .where('p.status', '=', 'active')
    .where('p.died_on', 'is', null)
    .orderBy('p.name')
    .limit(mostPets)
    .execute();
  // Co-owners in one household share a pet: the same pet of the same practice is listed once.
  const byKey = new Map<string, ProfilePet>();
  for (const row of rows) {
    const key = `${row.practice_id}/${row.pims_id}`;
    const { species, breed, born_on: bornOn } = row;
    byKey.set(key, { key, name: row.name ?? '', species, breed, bornOn, passed: false });
  }
  return [...byKey.values()];
}
