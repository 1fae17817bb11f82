import type { Database } from '../../../src/store/db/database.js';

/** Confirms every pet of the PIMS on the account that its client is linked to, as a finished first login does. */
export async function confirmPets(db: Database, name?: string): Promise<void> {
  const pets = await db
    .selectFrom('pims_pets as p')
    .innerJoin('account_links as l', (join) =>
      join.onRef('l.practice_id', '=', 'p.practice_id').onRef('l.client_pims_id', '=', 'p.client_pims_id'),
    )
    .select(['p.practice_id', 'p.pims_id', 'p.name', 'p.species', 'l.account_id'])
    .execute();
  const confirmed = pets
    .filter((pet) => name === undefined || pet.name === name)
    .map((pet, at) => ({
      ...pet,
      name: pet.name ?? '',
      id: `confirmed-${at}`,
      state: 'confirmed' as const,
      confirmed_at: new Date(),
    }));
  await db.insertInto('account_pets').values(confirmed).execute();
}
