import type { AccountPet } from '../../domain/account/account-pet.js';
import { loadAccountPets } from '../accounts/account-pets.js';
import type { Database } from '../db/database.js';

export interface DetailPet {
  name: string;
  species: string;
  breed: string | null;
  bornOn: string | null;
  status: string;
  diedOn: string | null;
  /** The pet parent's answer about the pet: none yet, confirmed, added by them, or no longer with them. */
  confirmed: 'no' | 'confirmed' | 'added' | 'passed';
}

/**
 * Lists the patients of a client record, each with the pet parent's answer, and then the pets that the pet parent added.
 *
 * @param accountId null if staff may not see what the pet parent confirmed
 */
export async function detailPets(
  db: Database,
  practiceId: string,
  pimsId: string,
  accountId: string | null,
): Promise<DetailPet[]> {
  const rows = await db
    .selectFrom('pims_pets')
    .selectAll()
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', '=', pimsId)
    .orderBy('name')
    .execute();
  const account = accountId ? (await loadAccountPets(db, [accountId])).get(accountId) : undefined;
  const said = (account?.pets ?? []).filter(({ copy }) => copy !== null);
  const inRecord = new Set<AccountPet>();
  const fromPims = rows.map((row): DetailPet => {
    const own = said.find(({ keys }) => keys.includes(`${practiceId}/${row.pims_id}`));
    if (own) inRecord.add(own);
    return {
      name: row.name ?? 'no name',
      species: row.species,
      breed: row.breed,
      bornOn: row.born_on,
      status: row.status,
      diedOn: row.died_on,
      confirmed: !own ? 'no' : own.copy?.state === 'passed' ? 'passed' : 'confirmed',
    };
  });
  const added = said
    .filter((pet) => pet.copy?.practiceId === null && !inRecord.has(pet))
    .map(({ name, species, breed, bornOn, copy }): DetailPet => ({
      name,
      species,
      breed,
      bornOn,
      status: 'active',
      diedOn: null,
      confirmed: copy?.state === 'passed' ? 'passed' : 'added',
    }));
  return [...fromPims, ...added];
}
