import { foldName, truncateForDisplay } from './name.js';
import type { Person } from './person.js';

export interface MissingLimitCheck {
  /** False: mark no client as missing, stop the run and ask staff. */
  proceed: boolean;
  /** From 0 to 1. */
  share: number;
  sentence: string;
}

/** A number of clients that even a small practice may lose in a day. */
const alwaysAllowed = 5;

/**
 * Applies the safety stop to missing clients. An incomplete restore, or the wrong database, looks exactly like many
 * deletions. If another practice numbers its clients in the same way, it looks like many numbers that now belong to
 * other people.
 *
 * @param counts `stored`: clients that existed after the last full scan; `missing`: those of them that this full scan
 *   did not see; `others`: those whose number carries another person's data for the first time; `limit`: the policy's
 *   `missingLimitShare`
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
    : `${found}, more than the ${Math.round(limit * 1000) / 10} % that may be missing at once.`;
  return { proceed, share, sentence };
}

export interface MissingClient {
  pimsId: string;
  person: Person;
  petIds: readonly string[];
}

/** The client into which a missing one was probably merged, with the evidence for staff. */
export interface MergeGuess {
  mergedInto: string;
  sentence: string;
}

/**
 * Recognizes a merge: all pets of a missing client are now under one other client, who is evidently the same person or
 * shares the address. Pets alone do not prove a merge: a dog that was given away has moved too, and the former owner's
 * account must not open the new owner's records.
 *
 * @param owners for each pet of the missing client, the living clients that have it now, with the person of each
 * @returns null if there is no evidence of a merge
 */
export function mergeGuess(
  missing: MissingClient,
  owners: ReadonlyMap<string, readonly { pimsId: string; person: Person }[]>,
): MergeGuess | null {
  const [first, ...rest] = missing.petIds;
  if (first === undefined) return null;
  const inAll = (owners.get(first) ?? []).filter(
    (owner) =>
      owner.pimsId !== missing.pimsId &&
      rest.every((petId) => owners.get(petId)?.some((other) => other.pimsId === owner.pimsId)),
  );
  const proven = inAll
    .map((owner) => ({ owner, evidence: evidenceOf(missing.person, owner.person) }))
    .filter(({ evidence }) => evidence !== null);
  const [only] = proven;
  if (!only || proven.length > 1) return null;
  const pets = missing.petIds.length === 1 ? 'Its pet is' : `All ${missing.petIds.length} of its pets are`;
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
  // "J. Smith" and "Smith" can be John Smith. Mary Smith with the same phone is another person.
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
