import { Problem } from '../lib/problem.js';
import type { Client } from '../domain/client/client.js';
import { personOf, type PersonOptions } from '../domain/client/person.js';
import { personOptions } from '../domain/client/person-options.js';
import { isLiving, type Pet } from '../domain/client/pet.js';
import { isSamePet } from '../domain/client/same-pet.js';
import {
  mergeGuess,
  checkMissingLimit,
  type MergeGuess,
  type MissingClient,
} from '../domain/client/missing-clients.js';
import { inTransaction, type Database } from '../store/db/database.js';
import { clientsWithPets, newerAlike, ownersOfPets } from '../store/clients/merged-clients.js';
import { isSafetyStopReleased, stopRun, unprovenSince, type SyncRun } from '../store/sync-runs/sync-runs.js';
import {
  endNewConflicts,
  markMissing,
  missingClients,
  newConflicts,
  removeNewcomers,
} from '../store/clients/missing-clients.js';
import type { SyncedPractice } from './practice.js';
import { putBackFormer } from './restore-clients.js';

/**
 * Marks the clients that a full scan did not see as missing, with the client into which each was probably merged.
 *
 * @returns the number of missing clients
 * @throws Problem `too-many-missing` if the safety stop stops the run. Everything the run wrote is then undone, because
 *   the wrong database contains strangers under new numbers and under known ones
 */
export async function markMissingClients(
  db: Database,
  practice: SyncedPractice,
  run: SyncRun,
  now: Date,
): Promise<number> {
  const began = run.raw.started_at ?? run.raw.requested_at;
  const { stored, missing } = await missingClients(db, practice.id, { id: run.id, began });
  const since = await unprovenSince(db, practice.id, began);
  const others = run.counts.conflicts > 0 ? await newConflicts(db, practice.id, since) : 0;
  if (missing.length + others === 0) return 0;
  // Clients that returned in this run did not exist after the last one.
  const known = Math.max(0, stored - run.counts.returned);
  const { missingLimitShare: limit } = practice.policy;
  const safetyStop = checkMissingLimit({ stored: known, missing: missing.length, others, limit });
  const stopped = safetyStop.proceed ? null : await stop(db, practice, run, { since, why: safetyStop.sentence, now });
  if (stopped) throw stopped;
  // An unreadable row could belong to any client, so a client may be missing only because of it. Mark none as missing.
  if (safetyStop.proceed && run.counts.hidden > 0) return 0;
  for (let at = 0; at < missing.length; at += 500) {
    const vanished = await withMerges(db, practice, missing.slice(at, at + 500));
    await inTransaction(db, (trx) => markMissing(trx, practice.id, vanished, now));
  }
  return missing.length;
}

/** Stops the run and undoes its changes; null if staff released the safety stop, even just now. */
async function stop(
  db: Database,
  practice: SyncedPractice,
  run: SyncRun,
  { since, why, now }: { since: Date; why: string; now: Date },
): Promise<Problem | null> {
  return inTransaction(db, async (trx) => {
    if (await isSafetyStopReleased(trx, run.id)) return null;
    const removed = await removeNewcomers(trx, practice.id, since);
    const newcomers = removed > 0 ? ` ${removed} clients that were new in this run were removed again.` : '';
    await endNewConflicts(trx, practice.id, since);
    const count = await putBackFormer(trx, practice, now);
    const former = count > 0 ? ` ${count} clients that had changed are as they were before.` : '';
    const problem = new Problem({
      code: 'too-many-missing',
      message: why,
      help: `No client was marked as missing or invited.${newcomers}${former} Check that this is the right database and that it is complete. If it is, release the safety stop on the Syncs page, or run: pims-sync sync ${practice.id} --release-safety-stop`,
    });
    await stopRun(trx, run.id, problem, now);
    return problem;
  });
}

async function withMerges(db: Database, practice: SyncedPractice, ids: readonly string[]) {
  const options = personOptions(practice.country, practice.policy);
  const gone = await clientsWithPets(db, practice.id, ids);
  const petIds = [...new Set(gone.flatMap(({ client }) => client.pets.map((pet) => pet.pimsId)))];
  const owners = await ownersOfPets(db, practice.id, petIds, new Set(ids));
  const alike = await newerAlike(db, practice.id, ids);
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
    const guess = mergeGuess(facts, known) ?? typedAgainAs(facts, client.pets, alike.get(client.pimsId) ?? [], options);
    return { pimsId: client.pimsId, mergedInto: guess?.mergedInto ?? null };
  });
}

/**
 * Finds the new record of a client that staff deleted and entered again. Its pets have new numbers, so living pets are
 * compared by name, species and birth date.
 */
function typedAgainAs(
  { pimsId, person }: MissingClient,
  pets: readonly Pet[],
  alike: readonly Client[],
  options: PersonOptions,
): MergeGuess | null {
  const living = pets.filter(isLiving);
  const owners = living.map((pet) => {
    const has = alike.filter((client) => client.pets.some((other) => isSamePet(pet, other)));
    return [pet.pimsId, has.map((client) => ({ pimsId: client.pimsId, person: personOf(client, options) }))] as const;
  });
  return mergeGuess({ pimsId, person, petIds: living.map((pet) => pet.pimsId) }, new Map(owners));
}
