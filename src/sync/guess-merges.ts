import type { Client } from '../domain/client/client.js';
import { mergeGuess, type MergeGuess, type MissingClient } from '../domain/client/missing-clients.js';
import { isLiving } from '../domain/client/pet.js';
import { isSamePet } from '../domain/client/same-pet.js';
import type { PracticeContext } from '../domain/decision/practice-context.js';
import { clientsWithPets, newerAlike, ownersOfPets } from '../store/clients/merged-clients.js';
import type { Database } from '../store/db/database.js';

/** Returns, for each of these missing clients, the client into which it was probably merged; null if there is none. */
export async function guessMerges(
  db: Database,
  practice: PracticeContext,
  ids: readonly string[],
): Promise<{ pimsId: string; mergedInto: string | null }[]> {
  const missing = await clientsWithPets(db, practice.id, ids);
  const petIds = [...new Set(missing.flatMap((client) => client.pets.map((pet) => pet.pimsId)))];
  const owners = await ownersOfPets(db, practice.id, petIds, new Set(ids));
  const alike = await newerAlike(db, practice.id, ids);
  const person = (client: Client) => ({ pimsId: client.pimsId, person: practice.personOf(client) });
  const known = new Map([...owners].map(([petId, clients]) => [petId, clients.map(person)]));
  return missing.map((client) => {
    const facts = { ...person(client), petIds: client.pets.map((pet) => pet.pimsId) };
    const newer = (alike.get(client.pimsId) ?? []).map((one) => ({ ...person(one), pets: one.pets }));
    const guess = mergeGuess(facts, known) ?? enteredAgainAs(facts, client, newer);
    return { pimsId: client.pimsId, mergedInto: guess?.mergedInto ?? null };
  });
}

/**
 * Finds the new record of a client that staff deleted and entered again. Its pets have new numbers, so living pets are
 * compared by name, species and birth date.
 */
function enteredAgainAs(
  { pimsId, person }: MissingClient,
  { pets }: Client,
  newer: readonly (Pick<MissingClient, 'pimsId' | 'person'> & Pick<Client, 'pets'>)[],
): MergeGuess | null {
  const living = pets.filter(isLiving);
  const owners = new Map(
    living.map((pet) => [pet.pimsId, newer.filter((client) => client.pets.some((other) => isSamePet(pet, other)))]),
  );
  return mergeGuess({ pimsId, person, petIds: living.map((pet) => pet.pimsId) }, owners);
}
