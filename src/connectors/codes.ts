import type { Sex } from '../domain/client/pet.js';
import type { Species } from '../domain/client/species.js';

/**
 * Species, sex and status words that mean the same in every system. Code tables are user-configurable and differ by
 * practice (VetData, "Species, breed, colour"), so an installation overrides these with its own codes. An unknown word
 * stays visible as raw text. The lists omit single letters that two systems use for different meanings.
 */
const speciesWords = meaningsOf<Species>({
  dog: 'dog,dogs,canine,can,k9,k-9,puppy,canis',
  cat: 'cat,cats,feline,fel,kitten,felis',
  horse: 'horse,equine,equ,eq,pony,foal,donkey,mule',
  rabbit: 'rabbit,bunny,lagomorph,lapine,leporine,hare',
  bird: 'bird,avian,parrot,budgie,canary,cockatiel,chicken,poultry,duck',
  reptile: 'reptile,reptilian,lizard,snake,turtle,tortoise,gecko,iguana',
  'guinea-pig': 'guinea pig,cavy',
  hamster: 'hamster',
  rodent: 'rodent,rat,mouse,gerbil,chinchilla,degu,murine',
  ferret: 'ferret,mustelid',
  cattle: 'cattle,cow,bovine,bov,calf',
  goat: 'goat,caprine',
  sheep: 'sheep,ovine,lamb',
  pig: 'pig,porcine,swine',
  alpaca: 'alpaca,llama,camelid',
  fish: 'fish,piscine,koi',
});

/** Lists each word with its meaning. */
function meaningsOf<T extends string>(words: Partial<Record<T, string>>): Record<string, T> {
  const lists = Object.entries(words) as [T, string][];
  return Object.fromEntries(lists.flatMap(([meaning, list]) => list.split(',').map((word) => [word, meaning])));
}

/** Meanings of a sex code: the sex and, if the code says so, whether the pet is neutered. */
export const sexCodes = [
  'male',
  'male-intact',
  'male-neutered',
  'female',
  'female-intact',
  'female-neutered',
  'neutered',
  'unknown',
] as const;
export type SexCode = (typeof sexCodes)[number];

const sexWords = meaningsOf<SexCode>({
  male: 'm,male',
  'male-intact': 'mi,im,male intact,intact male,male entire,entire male,stallion,bull,tom',
  'male-neutered': 'mn,nm,mc,cm,male neutered,neutered male,male castrated,castrated male,gelding,steer',
  female: 'f,female,mare,bitch,queen',
  'female-intact': 'fi,if,female intact,intact female,female entire,entire female',
  'female-neutered': 'fs,sf,fn,nf,female spayed,spayed female,female neutered,neutered female,spayed',
  neutered: 'neutered,desexed,altered',
  unknown: 'u,unk,unknown,unspecified,not specified',
});

type ClientStatus = 'active' | 'inactive' | 'deleted';
type KnownPetStatus = ClientStatus | 'deceased' | 'unknown';

const clientStatusWords = meaningsOf<ClientStatus>({ active: 'active,a', inactive: 'inactive,i', deleted: 'deleted' });

/** `D`, `ND`, `H` and `NA` are missing on purpose: known importers read them in opposite ways. */
const petStatusWords = meaningsOf<KnownPetStatus>({
  active: 'active,a,alive',
  inactive: 'inactive,i',
  deceased: 'deceased,dead',
  deleted: 'deleted',
});

/** Returns our word for a raw species; `other` for an unknown one. */
export type SpeciesOf = (raw: string | null) => string;
export type SexOf = (raw: string | null) => Readonly<{ sex: Sex; neutered: boolean | null }>;

/** Combines the shared words with an installation's own, which win; null removes a shared word. */
function lookup<T>(shared: Record<string, T>, own: Record<string, T | null>): (raw: string) => T | undefined {
  const words = new Map(Object.entries(shared));
  for (const [word, meaning] of Object.entries(own)) {
    const key = fold(word);
    if (meaning === null) words.delete(key);
    else words.set(key, meaning);
  }
  // A practice has a few dozen spellings and one row per pet. The cache saves folding every value again.
  const seen = new Map<string, T | undefined>();
  return (raw) => {
    const known = seen.get(raw);
    if (known !== undefined || seen.has(raw)) return known;
    const meaning = words.get(fold(raw));
    if (seen.size < mostSeen) seen.set(raw, meaning);
    return meaning;
  };
}

/** Limits the cache if a mapping names a free-text column as a code. */
const mostSeen = 1_000;

const fold = (raw: string): string => raw.trim().toLowerCase();

export function speciesReader(own: Record<string, string | null> = {}): SpeciesOf {
  const meaningOf = lookup(speciesWords, own);
  return (raw) => (raw === null ? 'other' : (meaningOf(raw) ?? 'other'));
}

/** Reads a sex code or word; undefined for an unknown one. */
export function sexCodeReader(own: Record<string, SexCode | null> = {}): (raw: string) => SexCode | undefined {
  return lookup(sexWords, own);
}

export function sexReader(own: Record<string, SexCode | null> = {}): SexOf {
  const codeOf = sexCodeReader(own);
  return (raw) => sexes[(raw === null ? undefined : codeOf(raw)) ?? 'unknown'];
}

const sexes = Object.fromEntries(
  sexCodes.map((code) => {
    const sex: Sex = code.startsWith('male') ? 'male' : code.startsWith('female') ? 'female' : 'unknown';
    const neutered = code.endsWith('neutered') ? true : code.endsWith('intact') ? false : null;
    return [code, Object.freeze({ sex, neutered })];
  }),
) as Record<SexCode, ReturnType<SexOf>>;

/** Reads a client's status code; undefined for an unknown one, which holds the client. */
export function clientStatusReader(
  own: Record<string, ClientStatus | null> = {},
): (raw: string) => ClientStatus | undefined {
  return lookup(clientStatusWords, own);
}

/** Reads a pet's status code; `unknown` for an unknown one, so that the pet counts as neither alive nor dead. */
export function petStatusReader(own: Record<string, KnownPetStatus | null> = {}): (raw: string) => KnownPetStatus {
  const meaningOf = lookup(petStatusWords, own);
  return (raw) => meaningOf(raw) ?? 'unknown';
}
