import type { Claim } from '../../../src/store/messages/claim.js';
import type { Clinic } from './weeks-edits.js';
import type { WeeksPractice } from './weeks-practice.js';
import { mayInvite, mayShow, namesAt, type Truth } from './weeks-truth.js';

export interface Oracle {
  /** Addresses that got an email. */
  mailed: Set<string>;
  /** A night reads what is true now, or some of it. @param backup the truth of then, when it reads a backup */
  begins(backup: Truth | null): void;
  /** It has read all of the truth. */
  learns(): void;
  /** The harm that accounts show now. */
  looks(): Promise<string[]>;
  /** The same, as the Pet App asks for it. */
  looksAtProfiles(): Promise<string[]>;
  /** The harm that emails do. */
  reads(claims: readonly Claim[]): string[];
  /** Somebody who got an email logs in for the first time. @returns who, in words */
  logIn(a: number): Promise<string | null>;
}

/**
 * Judges by the ground truth alone. Something is harm when the truth as the last right night read it forbids it, and
 * so does the truth since: nobody can know what was not read yet, and what is right by now harms nobody.
 */
export function createOracle(practice: WeeksPractice, clinic: Clinic): Oracle {
  let known: Truth = structuredClone(clinic.truth);
  const dead = new Set<string>();
  /** The truth of the nights since, of which the product may have read a part. */
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

/** A right night tells whose an animal is only if it lists the animal, or the one who had it so far. */
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
 * What the product cannot tell from the truth in a restored backup: a pet that its former owner has again, and a client
 * who was removed and is there again. Marks, deaths and corrected addresses that a backup recalls are not among it.
 */
function broughtBack(truth: Truth, backup: Truth): Truth {
  const next = structuredClone(truth);
  for (const animal of next.animals)
    animal.owner = backup.animals.find(({ id }) => id === animal.id)?.owner ?? animal.owner;
  const isGone = ({ person }: Truth['records'][number]) => !truth.records.some((record) => record.person === person);
  next.records.push(...structuredClone(backup.records.filter(isGone)));
  return next;
}
