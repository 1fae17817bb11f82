import { createHmac, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Client } from '../../domain/client/client.js';
import { readEmailField } from '../../domain/client/email-address.js';
import type { PageComparison } from '../../domain/client/compare-page.js';
import type { Keyring } from '../../lib/sealing.js';
import { Secret } from '../../lib/secret.js';
import { insertMany, type Database, type DatabaseTransaction } from '../db/database.js';

type Reader = Database | DatabaseTransaction;

/** The practice id that means every practice. */
export const everyPractice = '*';

/** The subjects of marks: client records of a PIMS, and addresses. */
export interface Marked {
  practiceId: string;
  clients: readonly string[];
  /** Normalized addresses. */
  emails: readonly string[];
}

const keyName = 'erased-people';

export interface ErasedPeople {
  /** Returns the PIMS ids among these clients that must not be copied. */
  among(db: Reader, practiceId: string, clients: readonly Pick<Client, 'pimsId' | 'emails'>[]): Promise<Set<string>>;
  /**
   * Removes erased people from a page. Call it first in the transaction that writes the page: until the end of the
   * transaction nobody can be erased at this practice, so that a page read before an erasure cannot restore a person.
   */
  leaveOut(trx: DatabaseTransaction, practiceId: string, page: PageComparison): Promise<PageComparison>;
  /** Records that these people must not be copied again. @returns the number of marks */
  remember(trx: DatabaseTransaction, people: readonly Marked[], now: Date): Promise<number>;
  /** Allows these people to be copied again. @returns the number of marks removed */
  readmit(trx: DatabaseTransaction, marked: Marked): Promise<number>;
}

/**
 * Stores who was erased at their own request and must not be copied from the PIMS again. Stores only keyed hashes: of
 * the practice with the PIMS id, and of each address. The key is random, stored sealed next to them and unsealed with
 * `CREDENTIAL_KEYS`, so an attacker with the database alone cannot test addresses.
 */
export function createErasedPeople({ keyring }: { keyring: Keyring }): ErasedPeople {
  let known: Buffer | null = null;

  /** Returns the key; null if nobody was ever erased. */
  async function readKey(db: Reader): Promise<Buffer | null> {
    const row = await db.selectFrom('sealed_keys').selectAll().where('name', '=', keyName).executeTakeFirst();
    if (!row) return null;
    return Buffer.from(keyring.open({ keyId: row.key_id, bytes: row.sealed }, keyName).open(), 'base64');
  }

  async function openKey(db: Reader): Promise<Buffer | null> {
    return (known ??= await readKey(db));
  }

  /** Creates the key without caching it, because its transaction may still roll back. */
  async function makeKey(trx: DatabaseTransaction): Promise<Buffer> {
    const found = await readKey(trx);
    if (found) return found;
    const { keyId, bytes } = keyring.seal(new Secret(randomBytes(32).toString('base64')), keyName);
    // Another process may create it at the same moment; the first one wins.
    await trx.insertInto('sealed_keys').ignore().values({ name: keyName, key_id: keyId, sealed: bytes }).execute();
    return (await readKey(trx)) as Buffer;
  }

  const marksOf = (key: Buffer, { practiceId, clients, emails }: Marked): Buffer[] => [
    ...clients.map((pimsId) => markOf(key, 'client', practiceId, pimsId)),
    ...emails.map((email) => markOf(key, 'email', email)),
  ];

  async function among(
    db: Reader,
    practiceId: string,
    clients: readonly Pick<Client, 'pimsId' | 'emails'>[],
  ): Promise<Set<string>> {
    const erased = new Set<string>();
    if (clients.length === 0 || !(await anyMark(db, practiceId))) return erased;
    const key = await openKey(db);
    if (!key) return erased;
    const owners = new Map<string, string[]>();
    for (const { pimsId, emails } of clients) {
      for (const mark of marksOf(key, { practiceId, clients: [pimsId], emails: emailKeys(emails) })) {
        const hex = mark.toString('hex');
        owners.set(hex, [...(owners.get(hex) ?? []), pimsId]);
      }
    }
    const rows = await db
      .selectFrom('erased_people')
      .select('mark')
      .where('practice_id', 'in', [practiceId, everyPractice])
      .where(
        'mark',
        'in',
        [...owners.keys()].map((hex) => Buffer.from(hex, 'hex')),
      )
      .execute();
    for (const { mark } of rows) for (const pimsId of owners.get(mark.toString('hex')) ?? []) erased.add(pimsId);
    return erased;
  }

  return {
    among,

    async leaveOut(trx, practiceId, page) {
      const written = [...page.new, ...page.changed, ...page.returned, ...page.conflicts];
      // Sent together and executed in this order: the second query sees all changes that the first one waited for.
      const [, erased] = await Promise.all([
        sql`SELECT id FROM practices WHERE id = ${practiceId} LOCK IN SHARE MODE`.execute(trx),
        among(
          trx,
          practiceId,
          written.map(({ client }) => client),
        ),
      ]);
      if (erased.size === 0) return page;
      const stays = ({ client }: { client: Client }) => !erased.has(client.pimsId);
      return {
        ...page,
        new: page.new.filter(stays),
        changed: page.changed.filter(stays),
        returned: page.returned.filter(stays),
        conflicts: page.conflicts.filter(stays),
      };
    },

    async remember(trx, people, now) {
      const key = await makeKey(trx);
      const rows = people.flatMap((marked) =>
        marksOf(key, marked).map((mark) => ({ practice_id: marked.practiceId, mark, erased_at: now })),
      );
      await insertMany(trx, 'erased_people', rows, 'ON DUPLICATE KEY UPDATE erased_at = erased_people.erased_at');
      return rows.length;
    },

    async readmit(trx, marked) {
      const key = await openKey(trx);
      const marks = key ? marksOf(key, marked) : [];
      if (marks.length === 0) return 0;
      const { numDeletedRows } = await trx
        .deleteFrom('erased_people')
        .where('practice_id', '=', marked.practiceId)
        .where('mark', 'in', marks)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}

/** Returns the keys of all addresses in some fields. */
export function emailKeys(fields: readonly string[]): string[] {
  return [...new Set(fields.flatMap((field) => readEmailField(field).addresses.map(({ key }) => key)))];
}

async function anyMark(db: Reader, practiceId: string): Promise<boolean> {
  const row = await db
    .selectFrom('erased_people')
    .select('practice_id')
    .where('practice_id', 'in', [practiceId, everyPractice])
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

function markOf(key: Buffer, ...about: string[]): Buffer {
  return createHmac('sha256', key).update(about.join('\0')).digest();
}
