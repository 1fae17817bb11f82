import { describe, expect, it } from '@jest/globals';
import type { DemoClient } from '../../../demo/practices/client.js';
import { generatePractice } from '../../../demo/practices/practice.js';
import { stories } from '../../../demo/practices/stories.js';
import { createTruth } from '../../../demo/practices/truth.js';
import type { Truth } from '../../../demo/practices/truth.js';
import type { Client } from '../../../src/domain/client/client.js';
import { reasonsOf } from './decide-all.js';

const today = '2026-06-30';
const options = { seed: 7, clients: 2000, today, mess: 1 };

const all = (change: Partial<Parameters<typeof generatePractice>[0]> = {}): DemoClient[] => [
  ...generatePractice({ ...options, ...change }).clients(),
];

function truthOf(clients: DemoClient[]): Truth {
  const { count, truth } = createTruth('csv');
  for (const client of clients) count(client);
  return truth;
}

/** Converts a client as a connector without losses would. */
function asRead(client: DemoClient): Client {
  return {
    pimsId: String(client.number),
    displayId: null,
    siteId: null,
    title: client.title,
    firstName: client.firstName,
    lastName: client.lastName,
    spouseFirstName: client.spouse?.first ?? null,
    spouseLastName: client.spouse?.last ?? null,
    companyName: client.company,
    emails: client.email === null ? [] : [client.email],
    phones: [{ label: 'home', number: `${client.home.area} ${client.home.number}` }],
    inactive: client.inactive,
    deleted: client.deleted,
    optOut: client.optedOut ? 'DoNotEmail' : null,
    classification: client.classification,
    unknownStatus: ['A', 'I'].includes(client.status) ? null : client.status,
    createdOn: client.createdOn,
    lastVisitOn: client.lastVisitOn,
    pets: client.pets.map((pet) => ({
      ...{
        pimsId: String(pet.number),
        name: pet.name,
        species: 'other',
        speciesRaw: pet.species,
        breed: pet.breed,
      },
      ...{ sex: 'unknown', neutered: null, sexRaw: pet.sex, bornOn: pet.bornOn, diedOn: pet.diedOn },
      status: pet.deleted ? 'deleted' : pet.inactive ? 'inactive' : 'active',
      ...{ statusRaw: null, share: null, primaryOwner: true },
    })),
  };
}

describe('demo: a practice', () => {
  it('is the same for the same seed, and another for another', () => {
    const texts = [all(), all(), all({ seed: 8 })].map((clients) => JSON.stringify(clients));
    expect(texts[0] === texts[1]).toBe(true);
    expect(texts[0] === texts[2]).toBe(false);
  });

  it('begins with the same clients as a smaller practice of the same seed', () => {
    expect(all({ clients: 200 }).slice(0, 190)).toEqual(all().slice(0, 190));
  });

  it('numbers its clients without gaps and its pets without repeats', () => {
    const clients = all({ clients: 501 });
    expect(clients.map(({ number }) => number)).toEqual(Array.from({ length: 501 }, (_each, at) => at + 1));
    const pets = clients.flatMap((client) => client.pets.map(({ number }) => number));
    expect(new Set(pets).size).toBe(pets.length);
  });

  it('demo practice: has every kind of problem at a mess of 1, and only everyday data at 0', () => {
    expect(Object.keys(truthOf(all()).byStory).sort()).toEqual([...stories].sort());
    expect(truthOf(all({ mess: 0 })).byReason).toEqual({ eligible: 2000 });
  });

  it('has about the requested number of pets', () => {
    const { clients, pets } = truthOf(all({ mess: 0, petsPerClient: 1.5 }));
    expect(pets / clients).toBeGreaterThan(1.4);
    expect(pets / clients).toBeLessThan(1.6);
  });

  it('uses only reserved domains and the SES simulator', () => {
    const clients = all({ simulator: 0.2 });
    const domains = clients.flatMap(({ email }) =>
      [...(email ?? '').matchAll(/@([\w.-]*\w)/g)].map((found) => found[1] as string),
    );
    const reserved = /(^|\.)example(\.(com|net|org))?$|^simulator\.amazonses\.com$/i;
    // A malformed address has no complete domain, so there is no dot.
    expect(domains.filter((domain) => domain.includes('.') && !reserved.test(domain.replace('..', '.')))).toEqual([]);
    expect(domains.some((domain) => domain === 'simulator.amazonses.com')).toBe(true);
  });

  it('shares people with the other practices of its town', () => {
    const emails = (seed: number): Set<string | null> =>
      new Set(all({ seed, town: 'Alder Falls' }).map(({ email }) => email));
    const [here, there] = [emails(1), emails(2)];
    const shared = [...here].filter((email) => there.has(email) && email?.includes('town'));
    expect(shared.length).toBeGreaterThan(3);
  });

  it('is generated without holding all of it in memory', () => {
    const clients = generatePractice({ ...options, clients: 1_000_000 }).clients();
    expect(clients.next().value?.number).toBe(1);
    expect(clients.next().value?.number).toBe(2);
  });
});

describe('demo: the expected results', () => {
  it('demo practice: the domain rules give the expected reason for every client', () => {
    const clients = all();
    expect(reasonsOf(clients.map(asRead), today, 'US')).toEqual(truthOf(clients).byReason);
  });

  it('counts one account per household', () => {
    const { byStory, byReason, accounts } = truthOf(all({ mess: 0 }));
    expect(accounts).toBe((byReason['eligible'] ?? 0) - (byStory.household ?? 0) / 2);
  });
});
