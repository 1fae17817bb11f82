import { hash } from 'node:crypto';
import type { Client } from '../client/client.js';
import { foldName, truncateForDisplay } from '../client/name.js';
import { isLiving, type Pet } from '../client/pet.js';

/**
 * A fact that prevents emails to a client or the naming of a pet. `email` is an address that the PIMS later corrected.
 */
export type UndoneKind = 'opted-out' | 'inactive' | 'deleted' | 'pet-died' | 'email';

/** A fact that the PIMS stated about a client and no longer states. */
export interface UndoneFact {
  kind: UndoneKind;
  /** The pet's id, or the key of the former address; empty for a flag of the client. */
  subject: string;
  /** The flag, the date of death, or the address that the PIMS had before. */
  said: string | null;
  /** True while the PIMS contradicts the fact and staff must confirm the change. False: the fact is only remembered. */
  isPending: boolean;
  petName: string | null;
  species: string | null;
  bornOn: string | null;
}

/** The stored facts that protect a client or a pet. */
export interface StoredFacts extends Pick<Client, 'optOut' | 'inactive' | 'deleted'> {
  emailKey: string | null;
  pets: readonly Pick<Pet, 'pimsId' | 'name' | 'species' | 'bornOn' | 'diedOn' | 'status'>[];
  undone: readonly UndoneFact[];
}

/** A client to store. Pets that are known to have died stay deceased until staff confirm that they live. */
export interface KeptClient {
  client: Client;
  undone: UndoneFact[];
}

/** Compares a client in the PIMS with the stored facts, and keeps the facts that protect the client. Idempotent. */
export function keepFacts(stored: StoredFacts, client: Client, emailKey: string | null): KeptClient {
  const deaths = undoneDeaths(stored, client.pets);
  const undone = [...undoneMarks(stored, client), ...deaths, ...formerEmails(stored, emailKey)];
  const contradicted = new Set(deaths.filter(({ isPending }) => isPending).map(({ subject }) => subject));
  if (contradicted.size === 0) return { client, undone };
  const pets = client.pets.map((pet): Pet => (contradicted.has(pet.pimsId) ? { ...pet, status: 'deceased' } : pet));
  return { client: { ...client, pets }, undone };
}

const fact = (kind: UndoneKind, parts: Partial<UndoneFact> = {}): UndoneFact => ({
  kind,
  subject: '',
  said: null,
  isPending: true,
  petName: null,
  species: null,
  bornOn: null,
  ...parts,
});

function undoneMarks(stored: StoredFacts, client: Client): UndoneFact[] {
  const undone: UndoneFact[] = [];
  const before = (kind: UndoneKind) => stored.undone.find((one) => one.kind === kind);
  const said = stored.optOut ?? before('opted-out')?.said ?? null;
  if (said !== null && client.optOut === null) undone.push(fact('opted-out', { said }));
  for (const kind of ['inactive', 'deleted'] as const) {
    if ((stored[kind] || before(kind)) && !client[kind]) undone.push(fact(kind));
  }
  return undone;
}

/** A pet entered a second time under another id is the same pet if name, species and birth date agree. */
function undoneDeaths(stored: StoredFacts, pets: readonly Pet[]): UndoneFact[] {
  const dead = new Map<string, UndoneFact>();
  for (const { pimsId, name, species, bornOn, diedOn, status } of stored.pets) {
    if (diedOn === null && status !== 'deceased') continue;
    dead.set(pimsId, fact('pet-died', { subject: pimsId, said: diedOn, petName: name, species, bornOn }));
  }
  // Remembered facts still have the date of death, which the stored pet may have lost since.
  for (const one of stored.undone) if (one.kind === 'pet-died') dead.set(one.subject, one);
  const known = new Set([...dead.keys(), ...stored.pets.map(({ pimsId }) => pimsId)]);
  const undone: UndoneFact[] = [];
  for (const death of dead.values()) {
    const pet = pets.find(({ pimsId }) => pimsId === death.subject);
    if (pet && (pet.diedOn !== null || pet.status === 'deceased')) continue;
    const again = pet ?? pets.find((one) => !known.has(one.pimsId) && isLiving(one) && isSame(death, one));
    if (again) known.add(again.pimsId);
    undone.push({
      ...death,
      subject: again?.pimsId ?? death.subject,
      isPending: again !== undefined && isLiving(again),
    });
  }
  return undone;
}

function isSame(death: UndoneFact, pet: Pet): boolean {
  const name = foldName(pet.name);
  return (
    name !== '' && name === foldName(death.petName) && death.species === pet.species && death.bornOn === pet.bornOn
  );
}

/**
 * Remembers the former addresses of a client. A return to one of them is pending, because a restored backup brings a
 * mistyped address back. An empty address is neither a correction nor a return.
 */
function formerEmails(stored: StoredFacts, emailKey: string | null): UndoneFact[] {
  const former = stored.undone.filter(({ kind }) => kind === 'email');
  const returned = former.find(({ isPending }) => isPending);
  const trusted = returned ? returned.said : stored.emailKey;
  const isReturn = emailKey !== trusted && former.some(({ subject }) => subject === emailKey);
  const undone = former.map((one) => {
    const isPending = isReturn && one.subject === emailKey;
    return { ...one, isPending, said: isPending ? trusted : null };
  });
  if (emailKey === null || trusted === null || emailKey === trusted || isReturn) return undone;
  return [...undone, fact('email', { subject: trusted, isPending: false })];
}

/** Returns a key for the facts that a page shows, so that staff confirm exactly these and no later ones. */
export function undoneKey(facts: readonly UndoneFact[]): string {
  const texts = facts.map(({ kind, subject, said }) => JSON.stringify([kind, subject, said]));
  return hash('sha256', texts.sort().join(), 'hex').slice(0, 32);
}

/** Returns a sentence for staff: what the PIMS said before and what it says now. */
export function undoneSentence({ kind, subject, said, petName }: UndoneFact): string {
  const pet = truncateForDisplay(petName) || 'a pet';
  switch (kind) {
    case 'opted-out':
      return `The PIMS said not to email this client (${truncateForDisplay(said)}) and no longer says so.`;
    case 'inactive':
      return 'The PIMS said that this client is inactive and no longer says so.';
    case 'deleted':
      return 'The PIMS said that this record is deleted and no longer says so.';
    case 'pet-died':
      return `The PIMS said that ${pet} died${said === null ? '' : ` on ${said}`} and now lists ${pet} as living.`;
    case 'email':
      return `The PIMS has ${truncateForDisplay(subject)} again, an address that was corrected to ${truncateForDisplay(said) || 'another one'}.`;
  }
}
