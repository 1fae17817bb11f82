import { canSeeAccount } from './account-access.js';
import type { AccountPet } from '../../domain/account/account-pet.js';
import { accountPets } from '../../domain/account/account-pets.js';
import { isLiving, type PetStatus } from '../../domain/client/pet.js';
import { loadAccountPets } from './account-pets.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import type { Database } from '../db/database.js';
import { awaitedAccount } from './refuse-join.js';

/** The reason why a client record is linked to an account or not, and the consequences of changing that. */
export interface LinkHistory {
  /** Null if the record is linked to no account. */
  link: {
    accountId: string;
    email: string;
    sentence: string;
    by: 'rule' | 'staff';
    at: Date;
    /** The consequences of taking it off. */
    follows: Follows;
  } | null;
  /** Accounts that staff took it off, and to which it can be put back; newest first. */
  takenOff: { accountId: string; email: string; by: string; at: Date }[];
  /** The account in use that it waits to join until staff confirm. */
  awaits: { accountId: string; email: string } | null;
  /** Names of the client's living pets. */
  pets: string[];
}

export interface Follows {
  /** Names of living pets that the pet parent no longer sees, because no other record of the account has them. */
  pets: string[];
  /** An email for this record is queued and will be recalled. */
  mail: boolean;
  /** Nobody has logged in and no other record is linked to the account: its temporary password will be cleared. */
  password: boolean;
}

/** Loads the link history of a client record. @throws Problem `not-found` for a practice that is not allowed */
export async function linkHistory(
  db: Database,
  allowed: AllowedPractices,
  about: { practiceId: string; pimsId: string },
): Promise<LinkHistory> {
  const practiceId = allowed.require(about.practiceId);
  const { pimsId } = about;
  const [awaits, link, takenOff, pets] = await Promise.all([
    awaitedAccount(db, practiceId, pimsId),
    db
      .selectFrom('account_links as l')
      .innerJoin('accounts as a', 'a.id', 'l.account_id')
      .leftJoin('temporary_credentials as t', 't.account_id', 'a.id')
      .leftJoin('pims_clients as c', (join) =>
        join.onRef('c.practice_id', '=', 'l.practice_id').onRef('c.pims_id', '=', 'l.client_pims_id'),
      )
      .select(['l.account_id', 'l.sentence', 'l.made_by', 'l.linked_at', 'a.email', 'a.first_login_at'])
      .select(['c.email_key', canSeeAccount(allowed, 'a.id', 't.issuing_practice_id').as('can_see')])
      .where('l.practice_id', '=', practiceId)
      .where('l.client_pims_id', '=', pimsId)
      .executeTakeFirst(),
    db
      .selectFrom('link_refusals as r')
      .innerJoin('accounts as a', 'a.id', 'r.account_id')
      .select(['r.account_id', 'r.said_by', 'r.said_at', 'r.email_key'])
      .where('r.practice_id', '=', practiceId)
      .where('r.client_pims_id', '=', pimsId)
      .where('a.closed_at', 'is', null)
      .orderBy('r.said_at', 'desc')
      .execute(),
    db
      .selectFrom('pims_pets')
      .select(['name', 'status', 'died_on'])
      .where('practice_id', '=', practiceId)
      .where('client_pims_id', '=', pimsId)
      .orderBy('name')
      .execute(),
  ]);
  const living = pets.filter((pet) => isLiving({ status: pet.status as PetStatus, diedOn: pet.died_on }));
  return {
    link: link
      ? {
          accountId: link.account_id,
          email: link.can_see ? link.email : (link.email_key ?? 'the pet parent'),
          sentence: link.sentence,
          by: link.made_by,
          at: link.linked_at,
          follows: await followsOf(db, { practiceId, pimsId, accountId: link.account_id }, link.first_login_at),
        }
      : null,
    takenOff: takenOff.map((row) => ({
      accountId: row.account_id,
      email: row.email_key,
      by: row.said_by,
      at: row.said_at,
    })),
    awaits,
    pets: living.flatMap(({ name }) => name ?? []),
  };
}

async function followsOf(
  db: Database,
  { practiceId, pimsId, accountId }: { practiceId: string; pimsId: string; accountId: string },
  firstLoginAt: Date | null,
): Promise<Follows> {
  const [loaded, mail] = await Promise.all([
    loadAccountPets(db, [accountId]),
    db
      .selectFrom('messages')
      .select('id')
      .where('account_id', '=', accountId)
      .where('practice_id', '=', practiceId)
      .where('client_pims_id', '=', pimsId)
      .where('state', '=', 'queued')
      .limit(1)
      .executeTakeFirst(),
  ]);
  const account = loaded.get(accountId);
  const others = (account?.records ?? []).filter(
    (record) => !(record.practiceId === practiceId && record.clientPimsId === pimsId),
  );
  const alone = !others.some(({ linked }) => linked);
  const kept = account ? namesOf(accountPets({ ...account, records: others })) : [];
  return {
    pets: namesOf(account?.pets ?? []).filter((name) => !kept.includes(name)),
    mail: mail !== undefined,
    password: alone && firstLoginAt === null,
  };
}

const namesOf = (pets: readonly AccountPet[]): string[] =>
  pets.filter((pet) => pet.shown && !pet.passed && pet.name !== '').map(({ name }) => name);
