import type { AccountPet, PatientRecord } from '../../domain/account/account-pet.js';
import type { Client } from '../../domain/client/client.js';
import { foldName } from '../../domain/client/name.js';
import { profileDifferences, type ProfileDifferences } from '../../domain/account/profile-differences.js';
import type { Person } from '../../domain/client/person.js';
import { grouped } from '../../lib/group-by.js';
import { loadAccountPets } from '../accounts/account-pets.js';
import { inList } from '../db/bulk.js';
import type { Act } from '../access/audit.js';
import { insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import { taskOpenKey } from '../decisions/apply-plan.js';

/** The profile differences between a pet parent and the PIMS, for one of their client records. */
export interface StoredProfileDifferences {
  practiceId: string;
  pimsId: string;
  accountId: string;
  sentences: string[];
}

/** Reads the person of a client; null for a practice that is not configured. */
export type ReadPerson = (practiceId: string, client: Omit<Client, 'pets'>) => Person | null;

/**
 * Compares the data that pet parents confirmed with each of their client records at the practice that issued the login,
 * because no other practice may see it. Never changes the PIMS.
 */
export async function loadProfileDifferences(
  trx: Database | DatabaseTransaction,
  accountIds: readonly string[],
  personOf: ReadPerson,
): Promise<StoredProfileDifferences[]> {
  if (accountIds.length === 0) return [];
  const [accounts, clients, pets] = await Promise.all([
    trx
      .selectFrom('accounts')
      .select(['id', 'first_name', 'last_name', 'phone'])
      .where('id', 'in', inList(accountIds))
      .execute(),
    trx
      .selectFrom('account_links as l')
      .innerJoin('pims_clients as c', (join) =>
        join.onRef('c.practice_id', '=', 'l.practice_id').onRef('c.pims_id', '=', 'l.client_pims_id'),
      )
      .leftJoin('temporary_credentials as t', 't.account_id', 'l.account_id')
      .select(['l.account_id', 'c.practice_id', 'c.pims_id', 'c.record', 't.issuing_practice_id'])
      .where('l.account_id', 'in', inList(accountIds))
      .where('c.missing_since', 'is', null)
      .orderBy('c.pims_id')
      .execute(),
    loadAccountPets(trx, accountIds),
  ]);
  const clientsOf = grouped(
    clients,
    (row) => row.account_id,
    (row) => row,
  );
  const found: StoredProfileDifferences[] = [];
  for (const account of accounts) {
    const confirmed = { firstName: account.first_name, lastName: account.last_name, phone: account.phone };
    const compared = (clientsOf.get(account.id) ?? []).map((client) => {
      const person = personOf(client.practice_id, JSON.parse(client.record) as Omit<Client, 'pets'>);
      return { client, differences: person ? profileDifferences(confirmed, person) : [] };
    });
    // In a household the account belongs to one of these people; the other records do not have a wrong name.
    const oneIsMeant = compared.some(({ differences }) => !differences.some(isOfName));
    for (const { client, differences } of compared) {
      const { practice_id: practiceId, pims_id: pimsId } = client;
      if (practiceId !== client.issuing_practice_id) continue;
      const sentences = differences.filter((one) => !(oneIsMeant && isOfName(one))).map(({ sentence }) => sentence);
      const own = pets.get(account.id);
      const record = own?.records.find((one) => one.practiceId === practiceId && one.clientPimsId === pimsId);
      if (record) sentences.push(...petWords(record, own?.pets ?? []));
      if (sentences.length > 0) found.push({ practiceId, pimsId, accountId: account.id, sentences });
    }
  }
  return found;
}

const isOfName = ({ field }: ProfileDifferences) => field !== 'phone';

/** Lists the pet parent's differences about the pets of one client record, except pets that the PIMS lists as dead. */
function petWords({ practiceId, patients }: PatientRecord, pets: readonly AccountPet[]): string[] {
  const sentences: string[] = [];
  for (const patient of patients) {
    const pet = pets.find(({ keys }) => keys.includes(`${practiceId}/${patient.pimsId}`));
    if (!pet?.copy || pet.knownDead) continue;
    const { name, state } = pet.copy;
    if (state === 'passed') {
      sentences.push(`The owner says: ${pet.name || 'a pet without a name'} is no longer with them.`);
    } else if (name !== '' && patient.name !== null && foldName(name) !== foldName(patient.name)) {
      sentences.push(`The owner says: the pet is called ${name}. The PIMS has ${patient.name}.`);
    }
  }
  return sentences;
}

/** Opens a task per client with the profile differences; updates an open one if they changed. */
export async function openProfileDifferenceTasks(
  trx: DatabaseTransaction,
  words: readonly StoredProfileDifferences[],
  { newId, now }: Pick<Act, 'newId' | 'now'>,
): Promise<void> {
  const items = words.map(({ practiceId, pimsId, accountId, sentences }) => ({
    id: newId(),
    practice_id: practiceId,
    kind: 'owner-says',
    client_pims_id: pimsId,
    account_id: accountId,
    sentence: sentenceOf(sentences),
    details: null,
    opened_at: now,
    closed_at: null,
    closed_by: null,
    open_key: taskOpenKey(practiceId, 'owner-says', pimsId),
  }));
  await insertMany(trx, 'tasks', items, 'ON DUPLICATE KEY UPDATE sentence = VALUES(sentence)');
}

const sentenceOf = (sentences: readonly string[]) => sentences.join(' ').slice(0, 500).toWellFormed();
const noLongerTrue = 'no longer true';

/**
 * Compares confirmed data again with the PIMS after clients of a practice were evaluated. Lists new differences, and
 * closes tasks that the practice has corrected. A task that staff closed does not return before the difference changes.
 */
export async function renewProfileDifferenceTasks(
  trx: DatabaseTransaction,
  about: { practiceId: string; pimsIds: readonly string[] },
  personOf: ReadPerson,
  act: Pick<Act, 'newId' | 'now'>,
): Promise<void> {
  const { practiceId, pimsIds } = about;
  if (pimsIds.length === 0) return;
  const accounts = await trx
    .selectFrom('account_links as l')
    .innerJoin('accounts as a', 'a.id', 'l.account_id')
    .select('a.id')
    .distinct()
    .where('l.practice_id', '=', practiceId)
    .where('l.client_pims_id', 'in', inList(pimsIds))
    .where('a.confirmed_at', 'is not', null)
    .execute();
  const all = await loadProfileDifferences(
    trx,
    accounts.map(({ id }) => id),
    personOf,
  );
  // Phones of other practices are parsed with their own country, when those practices are evaluated.
  const words = all.filter((one) => one.practiceId === practiceId);
  const concerned = [...new Set([...pimsIds, ...words.map(({ pimsId }) => pimsId)])];
  const items = await trx
    .selectFrom('tasks')
    .select(['id', 'client_pims_id', 'sentence', 'closed_by', 'open_key'])
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', inList(concerned))
    .where('kind', '=', 'owner-says')
    .orderBy('opened_at')
    .orderBy('id')
    .execute();
  const latest = new Map(items.map((item) => [item.client_pims_id, item]));
  const fresh = words.filter(({ pimsId, sentences }) => {
    const known = latest.get(pimsId);
    const same = known?.sentence === sentenceOf(sentences);
    return !(same && (known.open_key !== null || known.closed_by !== noLongerTrue));
  });
  await openProfileDifferenceTasks(trx, fresh, act);
  const differing = new Set(words.map(({ pimsId }) => pimsId));
  const over = items.filter(({ client_pims_id: id, open_key: key }) => key !== null && !differing.has(id ?? ''));
  if (over.length === 0) return;
  await trx
    .updateTable('tasks')
    .set({ closed_at: act.now, closed_by: noLongerTrue, open_key: null })
    .where('id', 'in', inList(over.map(({ id }) => id)))
    .execute();
}
