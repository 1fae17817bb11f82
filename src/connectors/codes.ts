import type { Sex } from '../domain/client/pet.js';

/**
 * Species, sex and status words that mean the same in every system. Code tables are user-configurable and differ by
 * practice (VetData, "Species, breed, colour"), so an installation lays its own codes over these; what nobody knows
 * stays visible as raw text. Single letters are left out where two systems disagree about them.
 */
const speciesWords: Record<string, string> = Object.fromEntries(
  Object.entries({
    dog: 'dog dogs canine can k9 k-9 puppy canis',
    cat: 'cat cats feline fel kitten felis',
    horse: 'horse equine equ eq pony foal donkey mule',
    rabbit: 'rabbit bunny lagomorph lapine leporine hare',
    bird: 'bird avian parrot budgie rollout cockatiel chicken poultry duck',
    reptile: 'reptile reptilian lizard snake turtle tortoise gecko iguana',
    rodent: 'rodent hamster rat mouse gerbil chinchilla guinea-pig cavy degu murine',
    ferret: 'ferret mustelid',
    cattle: 'cattle cow bovine bov calf',
    goat: 'goat caprine',
    sheep: 'sheep ovine lamb',
    pig: 'pig porcine swine',
    alpaca: 'alpaca llama camelid',
    fish: 'fish piscine koi',
  }).flatMap(([ours, words]) => words.split(' ').map((word) => [word.replace('-pig', ' pig'), ours])),
);

/** What a sex code tells: the sex, and whether the animal is neutered where the code says so. */
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

const sexWords: Record<string, SexCode> = {};
const sexWordLists: [SexCode, string][] = [
  ['male', 'm,male'],
  ['male-intact', 'mi,im,male intact,intact male,male entire,entire male,stallion,bull,tom'],
  ['male-neutered', 'mn,nm,mc,cm,male neutered,neutered male,male castrated,castrated male,gelding,steer'],
  ['female', 'f,female,mare,bitch,queen'],
  ['female-intact', 'fi,if,female intact,intact female,female entire,entire female'],
  ['female-neutered', 'fs,sf,fn,nf,female spayed,spayed female,female neutered,neutered female,spayed'],
  ['neutered', 'neutered,desexed,altered'],
  ['unknown', 'u,unk,unknown,unspecified,not specified'],
];
for (const [code, words] of sexWordLists) for (const word of words.split(',')) sexWords[word] = code;

const clientStatusWords: Record<string, 'active' | 'inactive' | 'deleted'> = {
  active: 'active',
  a: 'active',
  inactive: 'inactive',
  i: 'inactive',
  deleted: 'deleted',
};

/** `D`, `ND`, `H` and `NA` are missing on purpose: importers were seen to read them in opposite ways. */
const petStatusWords: Record<string, 'active' | 'inactive' | 'deceased' | 'deleted'> = {
  active: 'active',
  a: 'active',
  alive: 'active',
  inactive: 'inactive',
  i: 'inactive',
  deceased: 'deceased',
  dead: 'deceased',
  deleted: 'deleted',
};

/** Our species word for a raw one; `other` for what no one has named. */
export type SpeciesOf = (raw: string | null) => string;
export type SexOf = (raw: string | null) => Readonly<{ sex: Sex; neutered: boolean | null }>;

/** The words that all systems share with an installation's own laid over them; null takes a shared word away. */
function lookup<T>(shared: Record<string, T>, own: Record<string, T | null>): (raw: string) => T | undefined {
  const words = new Map(Object.entries(shared));
  for (const [word, meaning] of Object.entries(own)) {
    const key = fold(word);
    if (meaning === null) words.delete(key);
    else words.set(key, meaning);
  }
  // A practice has a few dozen spellings and a row for each pet: folding each one again makes much garbage.
  const seen = new Map<string, T | undefined>();
  return (raw) => {
    const known = seen.get(raw);
    if (known !== undefined || seen.has(raw)) return known;
    const meaning = words.get(fold(raw));
    if (seen.size < mostSeen) seen.set(raw, meaning);
    return meaning;
  };
}

/** Where a column of free text was mapped as a code, what is remembered must end somewhere. */
const mostSeen = 1_000;

const fold = (raw: string): string => raw.trim().toLowerCase();

export function speciesReader(own: Record<string, string | null> = {}): SpeciesOf {
  const meaningOf = lookup(speciesWords, own);
  return (raw) => (raw === null ? 'other' : (meaningOf(raw) ?? 'other'));
}

/** What a sex code or word means; undefined for one that nobody has explained. */
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

type ClientStatus = 'active' | 'inactive' | 'deleted';
type KnownPetStatus = ClientStatus | 'deceased' | 'unknown';

/** Reads a client's status code; undefined for one that is not known, which holds the client. */
export function clientStatusReader(
  own: Record<string, ClientStatus | null> = {},
): (raw: string) => ClientStatus | undefined {
  return lookup(clientStatusWords, own);
}

/** Reads a pet's status code; `unknown` for one that is not known, so that the pet is neither alive nor gone. */
export function petStatusReader(own: Record<string, KnownPetStatus | null> = {}): (raw: string) => KnownPetStatus {
  const meaningOf = lookup<KnownPetStatus>(petStatusWords, own);
  return (raw) => meaningOf(raw) ?? 'unknown';
}
