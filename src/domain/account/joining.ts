import { isLivingRecord, type IndexedAccount } from './account-index.js';
import type { AccountFacts, ClientFacts, KnownOfAccount, Link } from '../decision/facts.js';
import { foldName } from '../client/name.js';

const byAddress = new Set<string | undefined>(['same-email', 'email-changed']);

/** True if a record is linked to its account only because of its address. */
const isByAddress = ({ by, reason }: Link): boolean => by === 'rule' && byAddress.has(reason);

/**
 * True if only the address connects a client with an account in use: the last name differs, and the client has no phone
 * and no pet in common with the person or their records. One mistyped letter must not show a pet parent's pets to a
 * stranger.
 */
export function joinsByAddressAlone(client: ClientFacts, { used, known }: IndexedAccount): boolean {
  if (!used || !known) return false;
  if (!isOfAnotherName(client, known)) return false;
  const phones = client.person.phones.map(({ e164, typed }) => (e164 ?? typed).replace(/\D/g, ''));
  if (phones.some((phone) => known.phones.some((other) => isSamePhone(phone, other)))) return false;
  return !client.client.pets.some(({ pimsId }) => known.pets.includes(pimsId));
}

function isOfAnotherName({ person }: ClientFacts, known: KnownOfAccount): boolean {
  const [own, theirs] = [foldName(person.lastName), foldName(known.lastName)];
  return own !== '' && theirs !== '' && own !== theirs;
}

/** Compares two numbers, each with or without a country code. */
function isSamePhone(one: string, other: string): boolean {
  return Math.min(one.length, other.length) >= 7 && (one.endsWith(other) || other.endsWith(one));
}

/**
 * True if a client must leave an account in use. Only its address put it there, the PIMS has corrected that address
 * since, and neither staff nor the pet parent have confirmed the link. The person who got the account first stays.
 */
export function hasLostItsReason(client: ClientFacts, account: IndexedAccount): boolean {
  const { link, person, allowed } = client;
  const { loginKey } = person.emails;
  if (!link || !isByAddress(link) || allowed.includes('confirm-join')) return false;
  if (!account.used || account.closed || loginKey === null || loginKey === account.emailKey) return false;
  if (!isLivingRecord(client) || client.identityConflict || client.mergedInto !== null) return false;
  const { known } = account;
  if (!known || client.client.pets.some(({ pimsId }) => known.confirmedPets.includes(pimsId))) return false;
  return known.hasRecord || isOfAnotherName(client, known);
}

/** Returns the accounts in use that `joinsByAddressAlone` or `hasLostItsReason` may check. Only these need `known`. */
export function accountsInQuestion(
  clients: readonly Pick<ClientFacts, 'person' | 'link'>[],
  accounts: readonly AccountFacts[],
): string[] {
  const used = accounts.filter(({ firstLoginAt }) => firstLoginAt !== null);
  const idOf = new Map(used.map(({ id, emailKey }) => [emailKey, id]));
  const ids = new Set<string>();
  for (const { person, link } of clients) {
    const owner = idOf.get(person.emails.loginKey ?? '');
    if (owner !== undefined && owner !== link?.accountId) ids.add(owner);
    if (link && isByAddress(link)) ids.add(link.accountId);
  }
  return used.map(({ id }) => id).filter((id) => ids.has(id));
}
