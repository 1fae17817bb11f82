import type { Client } from '../../../src/domain/client/client.js';
import type { Pet } from '../../../src/domain/client/pet.js';
import { undoneKey } from '../../../src/domain/decision/undone-facts.js';
import { allowPractices } from '../../../src/store/access/allowed-practices.js';
import { inTransaction } from '../../../src/store/db/database.js';
import { loadSendFacts } from '../../../src/store/messages/send-facts.js';
import { confirmUndone, pendingFactsOf } from '../../../src/store/decisions/undone-facts.js';
import { client } from './pims.js';
import { stage, type Stage } from './stage.js';

export const elm = allowPractices(['elm']);
export const mia = { kind: 'staff', id: null, name: 'Mia' } as const;
export const died: Partial<Pet> = { diedOn: '2024-05-05', status: 'deceased' };

export const rows = (size: number, row: (n: number) => Partial<Client> = () => ({})): Client[] =>
  Array.from({ length: size }, (_, at) => client(at + 1, row(at + 1)));
/** Makes the only pet of the client with this number. */
export const onlyPet = (n: number, parts: Partial<Pet> = {}) => ({
  pets: client(n).pets.map((pet) => ({ ...pet, ...parts })),
});
export const id = (n: number) => String(n).padStart(4, '0');

/** A stage, with queries about undone facts. */
export interface UndoneStage extends Stage {
  /** Counts the clients by reason. */
  reasons(): Promise<Record<string, number>>;
  /** Lists the clients who got an email or wait for one. */
  mailed(): Promise<number[]>;
  /** Lists the pets that the emails name. */
  named(): Promise<string[]>;
  openWork(): Promise<string[]>;
  /** Confirms the undone facts of a client; `seen` is the state that a page showed. */
  confirm(n: number, seen?: string): Promise<void>;
}

export async function undoneStage(): Promise<UndoneStage> {
  const s = await stage();
  return {
    ...s,
    async reasons() {
      const counts: Record<string, number> = {};
      for (const row of await s.table('pims_clients'))
        counts[String(row['reason'])] = (counts[String(row['reason'])] ?? 0) + 1;
      return counts;
    },
    mailed: async () =>
      (await s.table('messages'))
        .filter(({ state }) => state !== 'canceled')
        .map((row) => Number(row['client_pims_id']))
        .sort((a, b) => a - b),
    async named() {
      const mails = await s.test.db.selectFrom('messages').selectAll().execute();
      const facts = await inTransaction(s.test.db, (trx) => loadSendFacts(trx, mails, () => null, new Date()));
      return [...facts.values()].flatMap(({ pets }) => pets);
    },
    async openWork() {
      const items = await s.test.db
        .selectFrom('tasks')
        .select(['client_pims_id', 'sentence'])
        .where('kind', '=', 'undone-in-pims')
        .where('closed_at', 'is', null)
        .orderBy('client_pims_id')
        .execute();
      return items.map(({ client_pims_id: pimsId, sentence }) => `${Number(pimsId)}: ${sentence}`);
    },
    async confirm(n, seen) {
      const facts = await pendingFactsOf(s.test.db, 'elm', id(n));
      const about = { practiceId: 'elm', pimsId: id(n), accountId: null, seen: seen ?? undoneKey(facts) };
      await confirmUndone(s.test.db, elm, about, mia, new Date());
    },
  };
}
