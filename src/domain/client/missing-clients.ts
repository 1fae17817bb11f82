import { foldName, truncateForDisplay } from './name.js';
import type { Person } from './person.js';

export interface MissingLimitCheck {
  /** False: mark nobody missing, stop the run and ask. */
  proceed: boolean;
  /** 0 to 1. */
  share: number;
  sentence: string;
}

/** So few that even a small practice may lose them in a day. */
const alwaysAllowed = 5;

/**
 * The safety stop on absence: half a restore, or the wrong database, looks exactly like many deletions; and where another
 * practice counts its clients as this one does, like many numbers that are somebody else's now.
 *
 * @param counts `stored` and `missing`: clients that were there after the last pass, and those of them a complete pass
 *   did not see; `others`: those whose number that pass found with another person for the first time; `limit`: the
 *   policy's `missingLimitShare`
 */
export function checkMissingLimit(counts: {
  stored: number;
  missing: number;
  others?: number;
  limit: number;
}): MissingLimitCheck {
  const { stored, missing, others = 0, limit } = counts;
  const gone = missing + others;
  const share = stored > 0 ? gone / stored : 0;
  const proceed = gone <= alwaysAllowed || share <= limit;
  const percent = `${Math.round(share * 1000) / 10} %`;
  const also = others > 0 ? ', or their number is another person’s now' : '';
  const found = `${gone} of ${stored} known clients (${percent}) are missing from the PIMS${also}`;
  const sentence = proceed
    ? `${found}.`
    : `${found}, more than the ${Math.round(limit * 1000) / 10} % that may vanish at once.`;
  return { proceed, share, sentence };
}

export interface MissingClient {
  pimsId: string;
  person: Person;
  petIds: readonly string[];
}

/** Where a client probably went, with the evidence for staff. */
export interface MergeGuess {
  mergedInto: string;
  sentence: string;
}

/**
 * Recognises a merge: all pets of a missing client are now under one other client, who is evidently the same person or
 * shares the address. Pets alone do not prove it: a dog that was given away has moved too, and its former owner's
 * account must not open the new owner's records.
 *
 * @param owners for each pet of the missing client, the living clients that have it now, with the person of each
 * @returns null when it just missing
 */
export function mergeGuess(
  vanished: MissingClient,
  owners: ReadonlyMap<string, readonly { pimsId: string; person: Person }[]>,
): MergeGuess | null {
  const [first, ...rest] = vanished.petIds;
  if (first === undefined) return null;
  const inAll = (owners.get(first) ?? []).filter(
    (owner) =>
      owner.pimsId !== vanished.pimsId &&
      rest.every((petId) => owners.get(petId)?.some((other) => other.pimsId === owner.pimsId)),
  );
  const proven = inAll
    .map((owner) => ({ owner, evidence: evidenceOf(vanished.person, owner.person) }))
    .filter(({ evidence }) => evidence !== null);
  const [only] = proven;
  if (!only || proven.length > 1) return null;
  const pets = vanished.petIds.length === 1 ? 'Its pet is' : `All ${vanished.petIds.length} of its pets are`;
  return {
    mergedInto: only.owner.pimsId,
    sentence: `${pets} now under client ${truncateForDisplay(only.owner.pimsId)}, who has the same ${only.evidence}.`,
  };
}

function evidenceOf(gone: Person, there: Person): 'email' | 'name' | 'phone and last name' | null {
  const emails = addressesOf(there);
  if (addressesOf(gone).some((address) => emails.includes(address))) return 'email';
  const [first, last] = [foldName(gone.firstName), foldName(gone.lastName)];
  if (last === '' || last !== foldName(there.lastName)) return null;
  const theirs = foldName(there.firstName);
  if (first !== '' && first === theirs) return 'name';
  // "J. Smith" and "Smith" can be John Smith; Mary Smith with the same phone is somebody else.
  const mayBeSame = first === '' || theirs === '' || initialOf(first, theirs) || initialOf(theirs, first);
  const phones = there.phones.map((phone) => phone.e164);
  const samePhone = gone.phones.some((phone) => phone.e164 !== null && phones.includes(phone.e164));
  return mayBeSame && samePhone ? 'phone and last name' : null;
}

function initialOf(short: string, long: string): boolean {
  return [...short].length === 1 && long.startsWith(short);
}

function addressesOf({ emails }: Person): string[] {
  const others = emails.others.map((other) => other.toLowerCase());
  return emails.loginKey === null ? others : [emails.loginKey, ...others];
}
