import type { AccountFacts, ClientFacts, KnownOfAccount } from '../../domain/decision/facts.js';
import { grouped } from '../../lib/group-by.js';
import { accountsInQuestion } from '../../domain/account/joining.js';
import { foldName } from '../../domain/client/name.js';
import { inList } from '../db/bulk.js';
import type { Database, DatabaseTransaction } from '../db/database.js';

/** Adds known facts about the people behind accounts that clients may join, or have joined, by an address alone. */
export async function withKnown(
  db: Database | DatabaseTransaction,
  practiceId: string,
  clients: readonly ClientFacts[],
  accounts: readonly AccountFacts[],
): Promise<AccountFacts[]> {
  const ids = new Set(accountsInQuestion(clients, accounts));
  if (ids.size === 0) return [...accounts];
  const asked = accounts.filter(({ id }) => ids.has(id));
  const known = await knownOf(db, practiceId, asked);
  return accounts.map((account) => {
    const found = known.get(account.id);
    return found ? { ...account, known: found } : account;
  });
}

async function knownOf(
  db: Database | DatabaseTransaction,
  practiceId: string,
  accounts: readonly AccountFacts[],
): Promise<Map<string, KnownOfAccount>> {
  const ids = accounts.map(({ id }) => id);
  const [words, confirmed, records] = await Promise.all([
    db.selectFrom('accounts').select(['id', 'last_name', 'phone']).where('id', 'in', inList(ids)).execute(),
    db
      .selectFrom('account_pets')
      .select(['account_id', 'pims_id'])
      .where('account_id', 'in', inList(ids))
      .where('practice_id', '=', practiceId)
      .execute(),
    db
      .selectFrom('pims_clients as c')
      .leftJoin('pims_pets as p', (join) =>
        join
          .onRef('p.practice_id', '=', 'c.practice_id')
          .onRef('p.client_pims_id', '=', 'c.pims_id')
          .on('p.practice_id', '=', practiceId),
      )
      .select(['c.email_key', 'c.last_name', 'c.merged_into', 'p.pims_id as pet'])
      .select(['c.phone_tail', 'c.other_phone_tail', 'c.third_phone_tail'])
      .where('c.email_key', 'in', inList(accounts.map(({ emailKey }) => emailKey)))
      .execute(),
  ]);
  const byKey = grouped(
    records,
    (row) => row.email_key ?? '',
    (row) => row,
  );
  const confirmedBy = grouped(
    confirmed,
    (row) => row.account_id,
    (row) => row.pims_id ?? '',
  );
  const wordsOf = new Map(words.map((row) => [row.id, row]));
  return new Map(
    accounts.map(({ id, emailKey }) => {
      const { last_name: lastName = null, phone = null } = wordsOf.get(id) ?? {};
      const own = (byKey.get(emailKey) ?? []).filter((row) => foldName(row.last_name) === foldName(lastName));
      const tails = own.flatMap((row) => [row.phone_tail, row.other_phone_tail, row.third_phone_tail]);
      const phones = tails.map((tail) => tail && [...tail].reverse().join(''));
      const confirmedPets = confirmedBy.get(id) ?? [];
      const known: KnownOfAccount = {
        lastName,
        phones: [phone?.replace(/\D/g, '') ?? null, ...phones].filter((digits) => digits !== null),
        pets: [...confirmedPets, ...own.flatMap((row) => row.pet ?? [])],
        confirmedPets,
        hasRecord: own.some((row) => row.merged_into === null),
      };
      return [id, known];
    }),
  );
}
