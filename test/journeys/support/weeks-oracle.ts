import type { Claim } from '../../../src/store/messages/claim.js';
import type { Clinic } from './weeks-edits.js';
import type { WeeksPractice } from './weeks-practice.js';
import { mayInvite, mayShow, namesAt, type Truth } from './weeks-truth.js';

export interface Oracle {
  /** Addresses that got an email. */
  mailed: Set<string>;
  /**
   * Records that a nightly sync reads the current truth, or a part of it.
   *
   * @param backup the truth at the time of a backup, if it reads one
   */
  begins(backup: Truth | null): void;
  /** Records that the sync has read the whole truth. */
  learns(): void;
  /** Lists the harm that accounts show now. */
  looks(): Promise<string[]>;
  /** Lists the same as the Pet App requests it. */
  looksAtProfiles(): Promise<string[]>;
  /** Lists the harm in emails. */
  reads(claims: readonly Claim[]): string[];
  /** A recipient of an email logs in for the first time. @returns a description of the person */
  logIn(a: number): Promise<string | null>;
}

/**
 * Judges by the truth alone. A result is harmful if the truth at the last correct sync and the truth since then both
 * forbid it: the product cannot know data that it has not read, and a result that is correct by now does no harm.
 */
export function createOracle(practice: WeeksPractice, clinic: Clinic): Oracle {
  let known: Truth = structuredClone(clinic.truth);
  const dead = new Set<string>();
  /** The truth at the syncs since then, of which the product may have read a part. */
  let since: Truth[] = [];
  const some = (rule: (truth: Truth) => boolean) => [known, ...since, clinic.truth].some(rule);

  function harmOf(email: string, pet: { animal: string; name: string }, isShownLiving: boolean): string[] {
    const about = `the account of ${email} shows ${pet.name} (${pet.animal})`;
    if (!some((truth) => mayShow(truth, email, pet.animal))) return [`${about}, who is not theirs`];
    return isShownLiving && dead.has(pet.animal) ? [`${about} as living, who is known to have died`] : [];
  }

  const oracle: Oracle = {
    mailed: new Set(),
    begins(backup) {
      since.push(backup ? broughtBack(clinic.truth, backup) : structuredClone(clinic.truth));
    },
    learns() {
      since = [];
      known = learned(known, clinic.truth);
      for (const { pets } of clinic.truth.records)
        for (const { animal } of pets)
          if (clinic.truth.animals.some(({ id, diedOn }) => id === animal && diedOn !== null)) dead.add(animal);
    },
    async looks() {
      const accounts = await practice.logins();
      const shown = await practice.shown(accounts);
      return accounts.flatMap(({ id, email }) =>
        (shown.get(id) ?? []).flatMap((pet) => harmOf(email, pet, pet.isShownLiving)),
      );
    },
    async looksAtProfiles() {
      const harm: string[] = [];
      for (const { id, email } of await practice.logins()) {
        const profile = await practice.profileOf(id);
        for (const { breed, name, passed } of profile?.pets ?? [])
          harm.push(...harmOf(email, { animal: breed ?? '', name }, !passed));
      }
      return harm;
    },
    reads(claims) {
      return claims.flatMap(({ recipient: { email }, pets }) => {
        const names = [known, ...since, clinic.truth].flatMap((truth) => namesAt(truth, email));
        const others = pets.filter((name) => !names.includes(name));
        if (others.length > 0) return [`the email to ${email} names ${others.join(' and ')}, dead or not theirs`];
        return some((truth) => mayInvite(truth, email)) ? [] : [`${email} is invited, which is forbidden`];
      });
    },
    async logIn(a) {
      const accounts = (await practice.logins()).filter(({ email, isUsed }) => !isUsed && oracle.mailed.has(email));
      const readers = (email: string) =>
        clinic.truth.people.filter(({ mailboxes }) => mailboxes.includes(email)).map(({ id }) => id);
      const waiting = accounts.filter(({ email }) => readers(email).length > 0);
      const account = waiting[a % (waiting.length || 1)];
      if (!account) return null;
      const own = clinic.truth.animals.filter(({ owner }) => readers(account.email).includes(owner ?? ''));
      await practice.logIn(account.id, ({ breed }) => own.some(({ id, diedOn }) => id === breed && diedOn === null));
      clinic.used.add(account.email);
      return `${account.email} logs in and confirms the pets that are theirs`;
    },
  };
  return oracle;
}

/** A correct sync reveals the owner of a pet only if it lists the pet, or its former owner. */
function learned(known: Truth, truth: Truth): Truth {
  const next = structuredClone(truth);
  const listed = new Set(truth.records.flatMap(({ pets }) => pets.map(({ animal }) => animal)));
  for (const animal of next.animals) {
    const before = known.animals.find(({ id }) => id === animal.id);
    if (!before || listed.has(animal.id)) continue;
    if (!truth.records.some(({ person }) => person === before.owner)) animal.owner = before.owner;
  }
  return next;
}

/**
 * Returns the parts of a restored backup that the product cannot distinguish from the truth: a pet back with its former
 * owner, and a removed client who exists again. Excludes flags, deaths and corrected addresses that a backup reverts.
 */
function broughtBack(truth: Truth, backup: Truth): Truth {
  const next = structuredClone(truth);
  for (const animal of next.animals)
    animal.owner = backup.animals.find(({ id }) => id === animal.id)?.owner ?? animal.owner;
  const isGone = ({ person }: Truth['records'][number]) => !truth.records.some((record) => record.person === person);
  next.records.push(...structuredClone(backup.records.filter(isGone)));
  return next;
}
