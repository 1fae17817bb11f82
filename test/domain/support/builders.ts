import type { Client } from '../../../src/domain/client/client.js';
import type { DecisionFacts } from '../../../src/domain/decision/eligibility.js';
import type { AccountFacts, ClientFacts } from '../../../src/domain/decision/facts.js';
import { personOf } from '../../../src/domain/client/person.js';
import type { Pet } from '../../../src/domain/client/pet.js';
import type { UndoneFact, UndoneKind } from '../../../src/domain/decision/undone-facts.js';

export const today = '2026-11-23';

/** An ordinary living dog. */
export function pet(parts: Partial<Pet> = {}): Pet {
  return {
    pimsId: 'p1',
    name: 'Biscuit',
    species: 'dog',
    speciesRaw: 'CANINE',
    breed: 'Beagle',
    sex: 'female',
    neutered: true,
    sexRaw: 'FS',
    bornOn: '2019-04-01',
    diedOn: null,
    status: 'active',
    statusRaw: 'A',
    share: null,
    primaryOwner: true,
    ...parts,
  };
}

/** Makes an ordinary client who every practice would invite. */
export function client(parts: Partial<Client> = {}): Client {
  return {
    pimsId: 'c1',
    displayId: '1001',
    siteId: null,
    title: null,
    firstName: 'Ann',
    lastName: 'Baker',
    spouseFirstName: null,
    spouseLastName: null,
    companyName: null,
    emails: ['ann.baker@gmail.com'],
    phones: [{ label: 'home', number: '(555) 234-5678' }],
    inactive: false,
    deleted: false,
    optOut: null,
    classification: null,
    unknownStatus: null,
    createdOn: '2018-05-04',
    lastVisitOn: '2026-09-01',
    pets: [pet()],
    ...parts,
  };
}

/** A fact that the PIMS stated before and contradicts now. */
export function undoneFact(kind: UndoneKind, parts: Partial<UndoneFact> = {}): UndoneFact {
  return {
    kind,
    subject: '',
    said: null,
    isPending: true,
    petName: null,
    species: null,
    bornOn: null,
    ...parts,
  };
}

export const inUS = { defaultCountry: 'US' };

/** Makes the facts about a client without any history. */
export function decisionFacts(row: Partial<Client> = {}, parts: Partial<DecisionFacts> = {}): DecisionFacts {
  const whole = client(row);
  return {
    client: whole,
    person: personOf(whole, inUS),
    missing: false,
    identityConflict: false,
    mergedInto: null,
    sharedBy: 1,
    duplicates: [],
    suppressed: null,
    account: 'none',
    linked: false,
    refused: false,
    allowed: [],
    undone: [],
    ...parts,
  };
}

export function clientFacts(row: Partial<Client> = {}, parts: Partial<ClientFacts> = {}): ClientFacts {
  const whole = client(row);
  return {
    pimsId: whole.pimsId,
    client: whole,
    person: personOf(whole, inUS),
    missing: false,
    identityConflict: false,
    mergedInto: null,
    duplicates: [],
    link: null,
    refused: [],
    allowed: [],
    undone: [],
    openTasks: [],
    previousDecision: null,
    ...parts,
  };
}

/** Makes an account that got its Welcome Email and never logged in, without links. */
export function accountFacts(email: string, parts: Partial<AccountFacts> = {}): AccountFacts {
  return {
    id: `account of ${email}`,
    email,
    emailKey: email.toLowerCase(),
    firstLoginAt: null,
    closedAt: null,
    hasLivingPassword: true,
    links: [],
    messages: [],
    ...parts,
  };
}
