import { hash } from 'node:crypto';
import type { Client } from './client.js';
import type { Pet } from './pet.js';

/**
 * Returns 32 hex digits that change if anything about the client or its pets changes. The order of emails matters (the
 * best is first). The order of pets does not, because a query without ORDER BY may return them in any order. The code
 * lists the members by hand, because the order of an object's keys must not matter and sorting them takes twice as
 * long.
 */
export function fingerprint(client: Client): string {
  const pets = client.pets.map(textOf);
  if (pets.length > 1) pets.sort();
  const text = JSON.stringify([
    client.pimsId,
    client.displayId,
    client.siteId,
    client.title,
    client.firstName,
    client.lastName,
    client.spouseFirstName,
    client.spouseLastName,
    client.companyName,
    client.emails,
    client.phones.map((phone) => [phone.label, phone.number]),
    client.inactive,
    client.deleted,
    client.optOut,
    client.classification,
    client.unknownStatus,
    client.createdOn,
    client.lastVisitOn,
  ]);
  return hash('sha256', text + pets.join(), 'hex').slice(0, 32);
}

/** Returns a text that starts with the id, so that sorting the texts sorts the pets. */
function textOf(pet: Pet): string {
  return JSON.stringify([
    pet.pimsId,
    pet.name,
    pet.species,
    pet.speciesRaw,
    pet.breed,
    pet.sex,
    pet.neutered,
    pet.sexRaw,
    pet.bornOn,
    pet.diedOn,
    pet.status,
    pet.statusRaw,
    pet.share,
    pet.primaryOwner,
  ]);
}
