import type { Client } from '../client/client.js';
import { addDays, addMonths, realDate } from '../../lib/dates.js';
import { noteInName, truncateForDisplay } from '../client/name.js';
import type { Person } from '../client/person.js';
import { isLiving } from '../client/pet.js';
import { placeholder } from '../client/placeholder.js';
import type { InvitePolicy } from './policy.js';
import { reasons, sentenceFor, type ReasonCode, type Verdict } from './reasons.js';
import { undoneSentence, type UndoneFact, type UndoneKind } from './undone-facts.js';

/** The reason why pims-sync must not write to an address again. */
export type Suppression = 'bounced' | 'complained' | 'unsubscribed';

/** A client of the same practice with the same `duplicateKey`. */
export interface DuplicateSuspect {
  pimsId: string;
  emailKey: string | null;
}

/** All facts that a decision about one client depends on. */
export interface DecisionFacts {
  client: Client;
  person: Person;
  /** Missing from a full scan. */
  missing: boolean;
  /** The client id now carries another person's data. */
  identityConflict: boolean;
  mergedInto: string | null;
  /** The number of living client records of this practice with the same login key, this one included. */
  sharedBy: number;
  duplicates: readonly DuplicateSuspect[];
  suppressed: Suppression | null;
  /** The account that this client has or would get: none yet, never logged in, in use, or closed. */
  account: 'none' | 'pending' | 'used' | 'closed';
  /** True if that account is already linked to this client. */
  linked: boolean;
  /** Staff said that the account with this client's address belongs to someone else. */
  refused: boolean;
  /** Another person uses that account, and only the address connects the client with it. */
  confirmJoin?: boolean;
  /** Reasons that staff have overruled for this client ("invite anyway"). */
  allowed: readonly ReasonCode[];
  /** Facts that the PIMS stated before and contradicts now, until staff confirm the change. */
  undone: readonly UndoneFact[];
}

export interface Decision {
  verdict: Verdict;
  reason: ReasonCode;
  /** For staff, with the next step. Names flags, codes and addresses of this client; never a secret. */
  sentence: string;
  /** `YYYY-MM-DD` in the practice's time zone: the day on which time alone may change the decision. */
  decideAgainOn: string | null;
}

/** True if the reason applies, or the details that go into its sentence. */
type Finding = Record<string, string | number> | boolean;
type Check = (facts: DecisionFacts, policy: InvitePolicy, today: string) => Finding;

/**
 * The checks in their order; the first one that applies gives the reason. They ask first whether the record is
 * trustworthy and current, then what the pet parent wants, then who it is, then whether email can reach them, then
 * whether this is the right time.
 */
const checks: [ReasonCode, Check][] = [
  ['identity-conflict', (facts) => facts.identityConflict && { id: truncateForDisplay(facts.client.pimsId) }],
  ['merged', (facts) => facts.mergedInto !== null && { target: truncateForDisplay(facts.mergedInto) }],
  ['missing', (facts) => facts.missing],
  ['deleted', (facts) => facts.client.deleted],
  ['inactive', (facts) => facts.client.inactive],
  [
    'unknown-status',
    ({ client }) => client.unknownStatus !== null && { code: truncateForDisplay(client.unknownStatus) },
  ],
  ['opted-out', ({ client }) => client.optOut !== null && { flag: truncateForDisplay(client.optOut) }],
  ['undone-in-pims', undone('deleted', 'inactive', 'opted-out')],
  ['account-closed', (facts) => facts.account === 'closed'],
  ['taken-off-account', (facts) => facts.refused && emailOf(facts)],
  // Existing users keep access whatever happens to their address; new records go through every check.
  ['has-account', (facts) => facts.account === 'used' && facts.linked],
  ['excluded-class', excludedClass],
  ['business', business],
  ['note-in-name', noted],
  ['no-email', ({ person }) => person.emails.problem === 'none'],
  ['malformed-email', emailProblem('malformed')],
  ['unsendable-email', emailProblem('unsendable')],
  ['role-email', emailProblem('role')],
  ['placeholder-email', placeholderEmail],
  ['complained', (facts) => facts.suppressed === 'complained' && emailOf(facts)],
  ['unsubscribed', (facts) => facts.suppressed === 'unsubscribed' && emailOf(facts)],
  ['bounced', (facts) => facts.suppressed === 'bounced' && emailOf(facts)],
  ['shared-by-too-many', sharedByTooMany],
  ['undone-in-pims', undone('email')],
  ['undone-in-pims', undoneDeath],
  ['grief-hold', griefHold],
  ['unknown-pet-status', unknownPetStatus],
  ['no-living-pet', noLivingPet],
  ['outside-visit-window', outsideVisitWindow],
  ['duplicate-suspect', duplicateSuspect],
  ['confirm-join', (facts) => facts.confirmJoin === true && emailOf(facts)],
  ['has-account', (facts) => facts.account === 'used'],
  ['eligible', () => true],
];

/** The codes in the order of their checks; `undone-in-pims` and `has-account` come more than once. */
export const precedence: readonly ReasonCode[] = checks.map(([code]) => code);

/**
 * Decides about one client. Every client gets a decision; unusual dates, codes and texts never throw.
 * `today` is the practice's own calendar date, `YYYY-MM-DD`.
 */
export function decide(facts: DecisionFacts, policy: InvitePolicy, today: string): Decision {
  for (const [reason, check] of checks) {
    const finding = check(facts, policy, today);
    if (!finding || (reasons[reason].mayAllow && facts.allowed.includes(reason))) continue;
    return {
      verdict: reasons[reason].verdict,
      reason,
      sentence: typeof finding === 'object' ? sentenceFor(reason, finding) : reasons[reason].sentence,
      decideAgainOn: decideAgainOn(reason, facts, policy, today),
    };
  }
  throw new Error('The last check always applies.');
}

/** A grief hold ends by itself, and a client inside the visit window drops out of it later. */
function decideAgainOn(
  reason: ReasonCode,
  { client }: DecisionFacts,
  policy: InvitePolicy,
  today: string,
): string | null {
  // The pet parent and the client may get a phone or a pet in common, which does not change this client's record.
  if (reason === 'confirm-join') return addDays(today, 1);
  if (reason === 'grief-hold') return griefEnd(client, policy);
  if (reason !== 'eligible' && reason !== 'duplicate-suspect') return null;
  const seen = policy.visitWithinMonths === null ? null : lastSeen(client);
  return seen === null ? null : addDays(addMonths(seen, policy.visitWithinMonths!), 1);
}

function emailOf({ person }: DecisionFacts) {
  return { email: person.emails.login ?? 'their address' };
}

function emailProblem(problem: Person['emails']['problem']): Check {
  return ({ person }) => person.emails.problem === problem && { email: person.emails.culprit ?? '' };
}

/** The policy may have gained a placeholder since the person was read. */
function placeholderEmail({ person: { emails } }: DecisionFacts, policy: InvitePolicy): Finding {
  if (emails.problem === 'placeholder') return { email: emails.culprit ?? '' };
  if (emails.loginKey === null || policy.placeholders.length === 0) return false;
  return (
    placeholder(emails.loginKey, policy.placeholders, policy.realAddresses) !== null && {
      email: emails.login!,
    }
  );
}

function excludedClass({ client }: DecisionFacts, policy: InvitePolicy): Finding {
  const own = client.classification?.trim().toLowerCase();
  const excluded = own !== undefined && policy.excludedClasses.some((name) => name.toLowerCase() === own);
  return excluded && { class: truncateForDisplay(client.classification) };
}

function business({ client, person }: DecisionFacts): Finding {
  const company = truncateForDisplay(client.companyName);
  return company !== '' && person.firstName === null && { company };
}

function noted({ person }: DecisionFacts): Finding {
  const note = noteInName(person.firstName, person.lastName);
  return note !== null && { note };
}

function sharedByTooMany(facts: DecisionFacts, policy: InvitePolicy): Finding {
  if (facts.sharedBy <= policy.sharedAddressLimit) return false;
  return { count: facts.sharedBy, limit: policy.sharedAddressLimit, ...emailOf(facts) };
}

function undone(...kinds: UndoneKind[]): Check {
  return (facts) => {
    const found = facts.undone.filter(({ kind, isPending }) => isPending && kinds.includes(kind));
    return found[0] !== undefined && { change: found.slice(0, 2).map(undoneSentence).join(' ') };
  };
}

/**
 * A deceased pet that the PIMS lists as living again stays deceased until staff confirm it. A client with another
 * living pet is invited.
 */
function undoneDeath(facts: DecisionFacts, policy: InvitePolicy, today: string): Finding {
  return !facts.client.pets.some(isLiving) && undone('pet-died')(facts, policy, today);
}

function griefHold({ client }: DecisionFacts, policy: InvitePolicy, today: string): Finding {
  const until = griefEnd(client, policy);
  return until !== null && today < until && { date: lastDeath(client)!, until };
}

function griefEnd(client: Client, policy: InvitePolicy): string | null {
  const death = client.pets.some(isLiving) ? null : lastDeath(client);
  return death === null ? null : addDays(death, policy.griefDays);
}

function lastDeath(client: Client): string | null {
  return latestOf(client.pets.map((pet) => pet.diedOn));
}

function unknownPetStatus({ client }: DecisionFacts): Finding {
  if (client.pets.some(isLiving)) return false;
  const pet = client.pets.find((one) => one.status === 'unknown' && one.diedOn === null);
  return pet !== undefined && { pet: truncateForDisplay(pet.name) || 'a pet', code: truncateForDisplay(pet.statusRaw) };
}

/** Does not apply if staff have overruled one of the two pet holds above: they know more than the list of pets says. */
function noLivingPet({ client, allowed }: DecisionFacts): Finding {
  if (allowed.includes('grief-hold') || allowed.includes('unknown-pet-status')) return false;
  return !client.pets.some(isLiving);
}

function outsideVisitWindow({ client }: DecisionFacts, policy: InvitePolicy, today: string): Finding {
  const months = policy.visitWithinMonths;
  if (months === null) return false;
  const seen = lastSeen(client);
  return (seen === null || today > addMonths(seen, months)) && { date: seen ?? 'never', months };
}

/** A new client has no visit yet, so the date of entry counts as a visit. */
function lastSeen(client: Client): string | null {
  return latestOf([client.lastVisitOn, client.createdOn]);
}

/**
 * One person with two addresses would get two accounts. Two records with one address share an account, as they should.
 */
function duplicateSuspect({ person, duplicates }: DecisionFacts): Finding {
  const others = duplicates.filter(({ emailKey }) => emailKey !== null && emailKey !== person.emails.loginKey);
  // Sorted, so that the sentence names the same one whatever order they come in.
  const [first] = others.map(({ pimsId }) => pimsId).sort();
  return first !== undefined && { duplicate: truncateForDisplay(first) };
}

function latestOf(dates: (string | null)[]): string | null {
  const real = dates.map(realDate).filter((date) => date !== null);
  return real.sort().at(-1) ?? null;
}
