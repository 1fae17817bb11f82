import { Problem } from '../domain/problem.js';
import { personOf } from '../domain/person.js';
import { personOptions } from '../domain/person-options.js';
import { mergeGuess, vanishPlan } from '../domain/vanish.js';
import { inTransaction, type Database } from '../store/database.js';
import { clientsWithPets, ownersOfPets } from '../store/merges.js';
import { markVanished, missingClients } from '../store/vanishing.js';
import type { SyncRun } from '../store/syncs.js';
import type { SyncedPractice } from './practice.js';

/**
 * After a complete pass: marks those who were not seen as vanished, with the client each was probably merged into.
 *
 * @returns how many vanished
 * @throws Problem `too-many-vanished` when the brake stops the run; nobody is marked then
 */
export async function findVanished(
  db: Database,
  practice: SyncedPractice,
  run: SyncRun,
  now: Date,
): Promise<number> {
  const { stored, missing } = await missingClients(db, practice.id, run.id);
  if (missing.length === 0) return 0;
  const brake = vanishPlan({ stored, missing: missing.length, limit: practice.policy.vanishBrakeShare });
  if (!brake.proceed && run.raw.brake_released_by === null) {
    throw new Problem({
      code: 'too-many-vanished',
      message: brake.sentence,
      help: `Nobody was changed. Is it the right database, and a whole one? If it is, release the brake on the Syncs page, or run: pims-sync sync ${practice.id} --release-brake`,
    });
  }
  for (let at = 0; at < missing.length; at += 500) {
    const vanished = await withMerges(db, practice, missing.slice(at, at + 500));
    await inTransaction(db, (trx) => markVanished(trx, practice.id, vanished, now));
  }
  return missing.length;
}

async function withMerges(db: Database, practice: SyncedPractice, ids: readonly string[]) {
  const options = personOptions(practice.country, practice.policy);
  const gone = await clientsWithPets(db, practice.id, ids);
  const petIds = [...new Set(gone.flatMap(({ client }) => client.pets.map((pet) => pet.pimsId)))];
  const owners = await ownersOfPets(db, practice.id, petIds, new Set(ids));
  const known = new Map(
    [...owners].map(([petId, clients]) => [
      petId,
      clients.map((client) => ({ pimsId: client.pimsId, person: personOf(client, options) })),
    ]),
  );
  return gone.map(({ client }) => {
    const facts = {
      pimsId: client.pimsId,
      person: personOf(client, options),
      petIds: client.pets.map((p) => p.pimsId),
    };
    return { pimsId: client.pimsId, mergedInto: mergeGuess(facts, known)?.mergedInto ?? null };
  });
}
