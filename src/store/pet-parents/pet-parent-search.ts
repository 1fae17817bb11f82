import { distance } from 'fastest-levenshtein';
import { sql } from 'kysely';
import { canSeeAccount } from '../accounts/account-access.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import type { Database } from '../db/database.js';
import { escapeLike } from '../db/escape-like.js';
import { emailKeyOf } from '../accounts/logins.js';
import { linesOf, type PetParentLine } from './pet-parents.js';

/** Maximum number of matches per kind of search; a list shows fewer. */
const candidates = 50;

/**
 * Finds people of one practice by the data that staff have at hand: a name or its start, in any order; an email address
 * or its start; a phone number, complete or its end; a pet's name; the client's number. Each search reads a short range
 * of one index, so it is fast among a million clients. If there are few matches, also searches names that sound alike.
 */
export async function searchPetParents(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  typed: string,
  limit: number,
  now: Date,
): Promise<PetParentLine[]> {
  const practice = allowed.require(practiceId);
  const text = typed
    .normalize('NFC')
    .replace(/[\s,]+/g, ' ')
    .trim()
    .slice(0, 100);
  if (text.length === 0) return [];
  const digits = text.replace(/\D/g, '');
  const looksLikePhone = digits.length >= 4 && /^[\d\s().+/-]+$/.test(text);
  const ways: Promise<string[]>[] = [];
  if (text.includes('@') || /^[\w.+-]{2,}$/.test(text)) ways.push(byEmail(db, allowed, practice, text));
  if (looksLikePhone) ways.push(byPhone(db, allowed, practice, digits));
  if (!text.includes(' ')) ways.push(byDisplayId(db, practice, text));
  if (!text.includes('@'))
    ways.push(byName(db, practice, text), byFirstName(db, practice, text), byPet(db, practice, text));
  const found = new Set((await Promise.all(ways)).flat());
  if (found.size < 5 && text.length >= 3 && !looksLikePhone && !text.includes('@')) {
    for (const pimsId of await bySound(db, practice, text)) found.add(pimsId);
  }
  return linesOf(db, allowed, practice, [...found].slice(0, limit), now);
}

/** Finds `smith`, `smith j`, `john smith`, `john sm`: the words in both orders. */
async function byName(db: Database, practiceId: string, text: string): Promise<string[]> {
  const words = text.split(' ');
  const turned =
    words.length > 1
      ? [`${words.slice(1).join(' ')} ${words[0]}`, `${words.at(-1)} ${words.slice(0, -1).join(' ')}`]
      : [];
  const rows = await db
    .selectFrom('pims_clients')
    .select('pims_id')
    .where('practice_id', '=', practiceId)
    .where((eb) => eb.or([...new Set([text, ...turned])].map((one) => eb('sort_name', 'like', prefix(one)))))
    .orderBy('sort_name')
    .limit(candidates)
    .execute();
  return ids(rows);
}

async function byFirstName(db: Database, practiceId: string, text: string): Promise<string[]> {
  const [first = '', ...rest] = text.split(' ');
  let query = db
    .selectFrom('pims_clients')
    .select('pims_id')
    .where('practice_id', '=', practiceId)
    .where('first_name', 'like', prefix(rest.length > 0 ? first : text))
    .limit(candidates);
  // "john sm" means a first name that begins with John and a last name that begins with Sm.
  if (rest.length > 0) query = query.where('last_name', 'like', prefix(rest.join(' ')));
  return ids(await query.execute());
}

async function byEmail(db: Database, allowed: AllowedPractices, practiceId: string, text: string): Promise<string[]> {
  const rows = await db
    .selectFrom('pims_clients')
    .select('pims_id')
    .where('practice_id', '=', practiceId)
    .where('email_key', 'like', prefix(text.toLowerCase()))
    .limit(candidates)
    .execute();
  // The account's address may differ from the address in the PIMS.
  const key = emailKeyOf(text);
  const byAccount = key ? await ofAccounts(db, allowed, practiceId).where('a.email_key', '=', key).execute() : [];
  return ids([...byAccount, ...rows]);
}

/**
 * Finds the end of a phone, four digits or more, of the client record or of the account; or its start, six digits or
 * more, of accounts only. Fewer digits are the prefix of whole towns.
 */
async function byPhone(db: Database, allowed: AllowedPractices, practiceId: string, digits: string): Promise<string[]> {
  // Staff type a leading 0 or 1 that the stored number, +49 30 ..., does not have.
  const tail = [...digits.replace(/^(0+(?=\d{7})|1(?=\d{10}$))/, '')].reverse().join('');
  const clients = (column: 'phone_tail' | 'other_phone_tail' | 'third_phone_tail') =>
    db
      .selectFrom('pims_clients')
      .select('pims_id')
      .where('practice_id', '=', practiceId)
      .where(column, 'like', prefix(tail))
      .limit(candidates)
      .execute();
  const accounts = (column: 'phone' | 'phone_tail', start: string) =>
    ofAccounts(db, allowed, practiceId).where(`a.${column}`, 'like', prefix(start)).limit(candidates).execute();
  const ways: Promise<{ pims_id: string }[]>[] = [];
  if (tail.length >= 4) {
    for (const column of ['phone_tail', 'other_phone_tail', 'third_phone_tail'] as const) ways.push(clients(column));
    ways.push(accounts('phone_tail', tail));
  }
  if (digits.length >= 6) ways.push(accounts('phone', `+${digits}`), accounts('phone', `+1${digits}`));
  return ids((await Promise.all(ways)).flat());
}

/**
 * Finds clients by their account's data. A match reveals that data, so only accounts that the viewer may see are
 * searched.
 */
function ofAccounts(db: Database, allowed: AllowedPractices, practiceId: string) {
  return db
    .selectFrom('accounts as a')
    .innerJoin('account_links as l', 'l.account_id', 'a.id')
    .innerJoin('temporary_credentials as t', 't.account_id', 'a.id')
    .select('l.client_pims_id as pims_id')
    .where('l.practice_id', '=', practiceId)
    .where(canSeeAccount(allowed, 'a.id', 't.issuing_practice_id'));
}

async function byDisplayId(db: Database, practiceId: string, text: string): Promise<string[]> {
  const rows = await db
    .selectFrom('pims_clients')
    .select('pims_id')
    .where('practice_id', '=', practiceId)
    .where('display_id', '=', text)
    .limit(candidates)
    .execute();
  return ids(rows);
}

async function byPet(db: Database, practiceId: string, text: string): Promise<string[]> {
  const rows = await db
    .selectFrom('pims_pets')
    .select('client_pims_id as pims_id')
    .where('practice_id', '=', practiceId)
    .where('name', 'like', prefix(text))
    .limit(candidates)
    .execute();
  return ids(rows);
}

/** Finds `Smyth` for Smith: last names with the same sound, closest spelling first. */
async function bySound(db: Database, practiceId: string, text: string): Promise<string[]> {
  const words = text.split(' ').filter((word) => word.length >= 3);
  if (words.length === 0) return [];
  const rows = await db
    .selectFrom('pims_clients')
    .select(['pims_id', 'last_name'])
    .where('practice_id', '=', practiceId)
    .where((eb) => eb.or(words.map((word) => eb('sound', '=', sql<string>`LEFT(SOUNDEX(${word}), 12)`))))
    .limit(200)
    .execute();
  const editsTo = (name: string | null) =>
    Math.min(...words.map((word) => distance(word.toLowerCase(), (name ?? '').toLowerCase())));
  return rows
    .map((row) => ({ pims_id: row.pims_id, edits: editsTo(row.last_name) }))
    .filter((row) => row.edits <= 2)
    .sort((one, other) => one.edits - other.edits)
    .map((row) => row.pims_id);
}

/** Builds a LIKE pattern for texts that begin with this text. */
function prefix(text: string): string {
  return `${escapeLike(text)}%`;
}

function ids(rows: readonly { pims_id: string }[]): string[] {
  return rows.map((row) => row.pims_id);
}
