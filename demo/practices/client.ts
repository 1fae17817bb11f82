import { phoneOf } from './contact.js';
import type { Phone } from './contact.js';
import { emailOf, sharedEmail } from './mail.js';
import { companies, firstNames, lastNames, rescues, streetKinds, streets, titles, towns } from './names.js';
import { notes, oddNames } from './oddities.js';
import { daysBefore, makePet } from './pet.js';
import type { DemoPet, Survival } from './pet.js';
import { randomOf } from './random.js';
import type { Random } from './random.js';
import { groupSize } from './stories.js';
import type { Story } from './stories.js';

/** A client of the demo, independent of any PIMS's shape. */
export interface DemoClient {
  /** Unique in its practice, counted up without gaps. */
  number: number;
  story: Story;
  title: string;
  firstName: string | null;
  lastName: string | null;
  spouse: { first: string; last: string } | null;
  company: string | null;
  /** As typed; may hold several addresses or none at all. */
  email: string | null;
  home: Phone;
  work: Phone | null;
  cell: Phone | null;
  street: string;
  city: string;
  zip: string;
  classification: 'STANDARD' | 'BUSINESS' | 'RESCUE';
  /** A status code; codes other than A and I are in no code table. */
  status: string;
  inactive: boolean;
  deleted: boolean;
  optedOut: boolean;
  createdOn: string;
  lastVisitOn: string | null;
  pets: DemoPet[];
  /** Its texts are padded with spaces to the column's width, as CHAR columns are. */
  padded: boolean;
}

export interface GroupOptions {
  seed: number | string;
  petsPerClient: number;
  mess: number;
  today: string;
  country: 'US' | 'AU';
  town: string | null;
  simulator: number;
}

const townEvery = 25;

/** Makes the clients of one story, numbered from `number` on. */
export function makeGroup(
  story: Story,
  number: number,
  random: Random,
  options: GroupOptions,
  nextPet: () => number,
): DemoClient[] {
  const first = makeClient(story, number, random, options, nextPet);
  const others = Array.from({ length: groupSize(story) - 1 }, (_each, at) =>
    makeClient(story, number + at + 1, random, options, nextPet),
  );
  for (const other of others) relate(story, first, other, random);
  if (story === 'household' && first.pets[0] !== undefined && random.chance(0.5)) first.pets[0].coOwner = number + 1;
  return [first, ...others];
}

/** Gives a later client of a group what it shares with the first. */
function relate(story: Story, first: DemoClient, other: DemoClient, random: Random): void {
  if (story === 'shared-address') {
    other.email = first.email;
    return;
  }
  Object.assign(other, {
    lastName: first.lastName,
    home: first.home,
    cell: first.cell,
    street: first.street,
    city: first.city,
    zip: first.zip,
  });
  if (story === 'household') {
    // Some clients write the same address in capitals.
    other.email = random.chance(0.2) ? (first.email?.toUpperCase() ?? null) : first.email;
    first.spouse = { first: other.firstName ?? '', last: first.lastName ?? '' };
    if (other.firstName === first.firstName) other.firstName = `${other.firstName} Jr`;
  }
  if (story === 'duplicate') other.firstName = first.firstName;
}

function makeClient(
  story: Story,
  number: number,
  random: Random,
  options: GroupOptions,
  nextPet: () => number,
): DemoClient {
  const { mess, today, seed } = options;
  const quirk = 0.15 * mess;
  const known = options.town !== null && story === 'plain' && number % townEvery === 0;
  // A person of the town is the same in each of its practices, so random numbers of the town decide the person.
  const who = known ? randomOf(options.town as string, 'person', number / townEvery) : random;
  const oddly = !known && ['plain', 'no-email', 'inactive'].includes(story) && random.chance(quirk);
  const [firstName, lastName] = oddly ? random.pick(oddNames) : [who.pick(firstNames), who.pick(lastNames)];
  const mailSeed = known ? `town${number / townEvery}` : String(number);
  const person = {
    firstName: oddly ? 'client' : firstName,
    lastName: oddly ? 'name' : lastName,
    tag: mailSeed,
  };
  const createdDaysAgo = random.int(1, 12 * 365);
  const client: DemoClient = {
    number,
    story,
    title: random.pick(titles),
    firstName,
    lastName,
    spouse: random.chance(0.2) ? { first: random.pick(firstNames), last: lastName } : null,
    company: null,
    email: emailOf(story, person, who, options.simulator),
    ...phonesOf(seed, number, random, options.country),
    street: `${random.int(1, 9999)} ${random.pick(streets)} ${random.pick(streetKinds)}`,
    city: random.pick(towns),
    zip: String(random.int(10000, 99999)),
    classification: 'STANDARD',
    status: 'A',
    inactive: story === 'inactive',
    deleted: story === 'deleted',
    optedOut: story === 'opted-out',
    createdOn: daysBefore(today, createdDaysAgo),
    lastVisitOn: random.chance(0.9) ? daysBefore(today, random.int(0, createdDaysAgo)) : null,
    pets: petsOf(story, random, options, quirk, nextPet),
    padded: random.chance(quirk),
  };
  applyStory(client, random);
  return client;
}

function applyStory(client: DemoClient, random: Random): void {
  const { story, lastName } = client;
  if (story === 'business' || story === 'rescue') {
    const kind = story === 'business' ? random.pick(companies) : random.pick(rescues);
    Object.assign(client, {
      company: `${lastName} ${kind}`,
      firstName: null,
      lastName: null,
      title: '',
      spouse: null,
    });
    client.classification = story === 'business' ? 'BUSINESS' : 'RESCUE';
  }
  if (story === 'inactive') client.status = 'I';
  if (story === 'unknown-status') client.status = random.pick(['ND', 'Z9', 'XFER', '?']);
  if (story === 'note-in-name') client.lastName = `${lastName} ${random.pick(notes)}`;
  if (story === 'shared-address') client.email = sharedEmail(client.number);
}

function phonesOf(
  seed: number | string,
  number: number,
  random: Random,
  country: 'US' | 'AU',
): Pick<DemoClient, 'home' | 'work' | 'cell'> {
  // Home numbers are unique, so that two clients look like duplicates only if the story says so.
  return {
    home: phoneOf(seed, number, 'home', country),
    work: random.chance(0.25) ? phoneOf(seed, number, 'work', country) : null,
    cell: random.chance(0.7) ? phoneOf(seed, number, 'cell', country) : null,
  };
}

function petsOf(
  story: Story,
  random: Random,
  { petsPerClient, today }: GroupOptions,
  quirk: number,
  nextPet: () => number,
): DemoPet[] {
  if (story === 'no-pets') return [];
  const survival: Survival = story === 'died-recently' || story === 'died-long-ago' ? story : 'lives';
  const pets = [makePet(nextPet(), survival, random, today, quirk)];
  const more = Math.max(0, petsPerClient - 1);
  // Adds `more` pets on average: each further pet is as likely as the one before.
  while (pets.length < 12 && random.chance(more / (1 + more))) {
    const extra: Survival = survival === 'lives' && random.chance(0.25) ? 'died-long-ago' : survival;
    pets.push(makePet(nextPet(), extra, random, today, quirk));
  }
  if (survival === 'lives' && pets.length > 1) {
    const last = pets.at(-1) as DemoPet;
    last.inactive = random.chance(quirk);
    last.deleted = !last.inactive && random.chance(quirk);
  }
  return pets;
}
