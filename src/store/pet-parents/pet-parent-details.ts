import type { Client } from '../../domain/client/client.js';
import { sentenceOf } from '../../domain/decision/reasons.js';
import { accountAccess, type AccountAccess } from '../accounts/account-access.js';
import { loadCredential, type DetailCredential } from './detail-credential.js';
import { detailPets, type DetailPet } from './detail-pets.js';
import type { UndoneFact } from '../../domain/decision/undone-facts.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import { auditOfAccount, type AuditRecord } from '../access/audit.js';
import type { Database } from '../db/database.js';
import { conflictOf, type IdentityConflict } from '../clients/identity-conflicts.js';
import { messagesForAccount, type MessageDetail } from '../messages/message-history.js';
import { overruled } from '../decisions/overrides.js';
import { lineOf, type PetParentLine } from './pet-parents.js';
import { pendingFactsOf } from '../decisions/undone-facts.js';
import { bouncedAddress, type SuppressedAddress } from '../messages/suppressions.js';

/** All data that the console shows about one person. Contains no secret. */
export interface PetParentDetails {
  line: PetParentLine;
  /** The client's record in the PIMS. */
  client: Omit<Client, 'pets'>;
  firstSeenAt: Date;
  changedAt: Date;
  missingSince: Date | null;
  decision: {
    verdict: string;
    reason: string;
    sentence: string;
    decidedAt: Date | null;
    decideOn: string | null;
  } | null;
  /** Reasons that staff have overridden for this client. */
  overruled: string[];
  pets: DetailPet[];
  account: DetailAccount | null;
  /** The permissions of the viewer's practices on the account; the other fields omit data that they may not see. */
  access: AccountAccess;
  /** Null if there never was one. */
  credential: DetailCredential | null;
  /** Other records of the same account in the allowed practices. */
  otherRecords: { practiceId: string; practiceName: string; pimsId: string; name: string }[];
  /** The person that the PIMS has under this number now, if that seems to be another person. */
  conflict: IdentityConflict | null;
  /** Facts that the PIMS once reported and contradicts now, for staff to confirm. */
  undone: UndoneFact[];
  /** A bounced address of this person. */
  bounced: SuppressedAddress | null;
  mails: MessageDetail[];
  audit: AuditRecord[];
}

interface DetailAccount {
  id: string;
  email: string;
  /** Whether the person has ever logged in; further details may belong to another practice. */
  isUsed: boolean;
  firstName: string | null;
  lastName: string | null;
  phone: string | null;
  createdAt: Date | null;
  linkedAt: Date;
  firstLoginAt: Date | null;
  confirmedAt: Date | null;
  lastLoginAt: Date | null;
  closedAt: Date | null;
  linkSentence: string;
}

/**
 * Loads one person of an allowed practice; null if there is none. @throws Problem `not-found` for any other practice
 */
export async function loadPetParent(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  pimsId: string,
  now: Date,
): Promise<PetParentDetails | null> {
  const line = await lineOf(db, allowed, practiceId, pimsId, now);
  if (!line) return null;
  const client = await db
    .selectFrom('pims_clients')
    .selectAll()
    .where('practice_id', '=', practiceId)
    .where('pims_id', '=', pimsId)
    .executeTakeFirstOrThrow();
  const { accountId } = line;
  const access = accountId ? await accountAccess(db, allowed, accountId) : { canSee: false, canReplace: false };
  const seen = access.canSee ? accountId : null;
  const [pets, conflict, account, credential, otherRecords, undone, bounced, mails, audit] = await Promise.all([
    detailPets(db, practiceId, pimsId, seen),
    conflictOf(db, practiceId, pimsId),
    accountId ? accountOf(db, line, accountId, access.canSee) : null,
    seen ? loadCredential(db, seen, now) : null,
    accountId ? otherRecordsOf(db, allowed, accountId, practiceId, pimsId) : [],
    pendingFactsOf(db, practiceId, pimsId),
    bouncedAddress(db, { practiceId, pimsId, accountId: seen }),
    accountId ? messagesForAccount(db, allowed, accountId) : [],
    accountId ? auditOfAccount(db, accountId, allowed, access.canSee) : [],
  ]);
  return {
    line,
    client: JSON.parse(client.record) as Omit<Client, 'pets'>,
    firstSeenAt: client.first_seen_at,
    changedAt: client.changed_at,
    missingSince: client.missing_since,
    decision:
      client.verdict && client.reason
        ? {
            verdict: client.verdict,
            reason: client.reason,
            sentence: sentenceOf(client.reason, client.sentence),
            decidedAt: client.decided_at,
            decideOn: client.decide_on,
          }
        : null,
    conflict,
    overruled: overruled(client.allowed),
    pets,
    account,
    access,
    credential,
    otherRecords,
    undone,
    bounced,
    mails,
    audit,
  };
}

async function accountOf(
  db: Database,
  { practiceId, pimsId, email }: PetParentLine,
  accountId: string,
  canSee: boolean,
): Promise<DetailAccount> {
  const row = await db
    .selectFrom('accounts as a')
    .innerJoin('account_links as l', 'l.account_id', 'a.id')
    .selectAll('a')
    .select(['l.sentence', 'l.linked_at'])
    .where('a.id', '=', accountId)
    .where('l.practice_id', '=', practiceId)
    .where('l.client_pims_id', '=', pimsId)
    .executeTakeFirstOrThrow();
  const known = {
    id: row.id,
    isUsed: (row.first_login_at ?? row.confirmed_at ?? row.password_hash) !== null,
    linkedAt: row.linked_at,
    linkSentence: row.sentence,
  };
  if (!canSee) return { ...known, ...anothers, email: email ?? '' };
  return {
    ...known,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    phone: row.phone,
    createdAt: row.created_at,
    firstLoginAt: row.first_login_at,
    confirmedAt: row.confirmed_at,
    lastLoginAt: row.last_login_at,
    closedAt: row.closed_at,
  };
}

/** The fields hidden if another practice issued the account's login. */
const anothers = {
  firstName: null,
  lastName: null,
  phone: null,
  createdAt: null,
  firstLoginAt: null,
  confirmedAt: null,
  lastLoginAt: null,
  closedAt: null,
};

async function otherRecordsOf(
  db: Database,
  allowed: AllowedPractices,
  accountId: string,
  practiceId: string,
  pimsId: string,
): Promise<PetParentDetails['otherRecords']> {
  const rows = await db
    .selectFrom('account_links as l')
    .innerJoin('practices as p', 'p.id', 'l.practice_id')
    .innerJoin('pims_clients as c', (join) =>
      join.onRef('c.practice_id', '=', 'l.practice_id').onRef('c.pims_id', '=', 'l.client_pims_id'),
    )
    .select(['l.practice_id', 'p.name as practice_name', 'l.client_pims_id', 'c.first_name', 'c.last_name'])
    .where('l.account_id', '=', accountId)
    .where('l.practice_id', 'in', allowed.idsForQuery)
    .execute();
  return rows
    .filter((row) => row.practice_id !== practiceId || row.client_pims_id !== pimsId)
    .map((row) => ({
      practiceId: row.practice_id,
      practiceName: row.practice_name,
      pimsId: row.client_pims_id,
      name: [row.first_name, row.last_name].filter(Boolean).join(' ') || `Client ${row.client_pims_id}`,
    }));
}
