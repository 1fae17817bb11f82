import type { PracticeContext } from '../../domain/decision/practice-context.js';
import { Problem } from '../../lib/problem.js';
import { emptyComparison, keepKnown, type ReadClient } from '../../domain/client/compare-page.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import { record, type Actor } from '../access/audit.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';
import { forgetFormer } from './former-clients.js';
import { conflictOf, clearConflicts } from './identity-conflicts.js';
import { storedClients } from './client-copy.js';
import { lockPractices, requireCanEvaluate } from '../sync-runs/practices.js';
import { taskOpenKey } from '../decisions/apply-plan.js';
import { markMissing } from './missing-clients.js';
import { writePage } from './write-page.js';

export type WhoIsIt = 'same-person' | 'someone-else';

export interface IdentityConflicts {
  /**
   * Records which person a client number belongs to, as staff say. `same-person`: the PIMS's current data overwrites
   * the client copy. `someone-else`: the former client stays as a missing one, with account and history, and the number
   * starts as a new client. The caller enqueues `evaluate-practice`.
   *
   * @param about.fingerprint of the record that staff saw
   * @returns the former client's new id, if the number belongs to another person
   * @throws Problem `changed-meanwhile` if the PIMS has changed since; `sync-in-progress`; `practice-unknown`
   */
  resolve(
    allowed: AllowedPractices,
    about: { practiceId: string; pimsId: string; fingerprint: string; who: WhoIsIt },
    actor: Actor,
    now: Date,
  ): Promise<{ former: string | null }>;
}

/** Creates the resolver. @param deps.practice of a configured practice; null for any other */
export function createIdentityConflicts(deps: {
  db: Database;
  practice(practiceId: string): PracticeContext | null | Promise<PracticeContext | null>;
}): IdentityConflicts {
  return {
    async resolve(allowed, about, actor, now) {
      const practiceId = allowed.require(about.practiceId);
      const practice = await deps.practice(practiceId);
      if (!practice) throw new Problem({ code: 'practice-unknown', message: 'This practice is no longer configured.' });
      return inTransaction(deps.db, async (trx) => {
        // No sync writes here until the transaction ends, so that the record compared is the record overwritten.
        await lockPractices(trx, [practiceId]);
        await requireCanEvaluate(trx, practiceId);
        const { pimsId } = about;
        const conflict = await conflictOf(trx, practiceId, pimsId);
        if (conflict?.fingerprint !== about.fingerprint) throw decidedOtherwise();
        const { now: client, fingerprint } = conflict;
        const read: ReadClient = { client, fingerprint, person: practice.personOf(client) };
        const stored = await storedClients(trx, practiceId, [read]);
        const known = stored.get(pimsId);
        if (!known?.identityConflict) throw decidedOtherwise();
        const another = about.who === 'someone-else';
        const former = another ? `${pimsId.slice(0, 100)}~until-${now.toISOString()}` : null;
        if (former) await moveAside(trx, practiceId, pimsId, former, actor, now);
        const page = {
          ...emptyComparison(),
          ...(another ? { new: [read] } : { changed: [keepKnown(read, known)] }),
        };
        await writePage(trx, practiceId, page, stored, now);
        await forgetFormer(trx, practiceId, [pimsId]);
        const details = { client: pimsId, who: about.who, former };
        const account = await trx
          .selectFrom('account_links')
          .select('account_id')
          .where('practice_id', '=', practiceId)
          .where('client_pims_id', '=', former ?? pimsId)
          .executeTakeFirst();
        const accountId = account?.account_id ?? null;
        await record(trx, { actor, action: 'identity-resolved', practiceId, accountId, details }, now);
        return { former };
      });
    },
  };
}

/** Moves the former client of this number to another id: missing from the PIMS, with everything else unchanged. */
async function moveAside(
  trx: DatabaseTransaction,
  practiceId: string,
  pimsId: string,
  former: string,
  actor: Actor,
  now: Date,
): Promise<void> {
  await clearConflicts(trx, practiceId, [pimsId]);
  await trx
    .updateTable('pims_clients')
    .set({ pims_id: former })
    .where('practice_id', '=', practiceId)
    .where('pims_id', '=', pimsId)
    .execute();
  for (const table of ['pims_pets', 'undone_facts', 'account_links', 'link_refusals', 'messages', 'tasks'] as const) {
    await trx
      .updateTable(table)
      .set({ client_pims_id: former })
      .where('practice_id', '=', practiceId)
      .where('client_pims_id', '=', pimsId)
      .execute();
  }
  await trx
    .updateTable('pims_clients')
    .set({ merged_into: former })
    .where('practice_id', '=', practiceId)
    .where('merged_into', '=', pimsId)
    .execute();
  await markMissing(trx, practiceId, [{ pimsId: former, mergedInto: null }], now);
  const open = await trx
    .selectFrom('tasks')
    .select(['id', 'kind'])
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', '=', former)
    .where('closed_at', 'is', null)
    .execute();
  for (const { id, kind } of open) {
    const answered = kind === 'identity-conflict';
    const closed = { closed_at: now, closed_by: actor.name?.slice(0, 200) ?? actor.kind, open_key: null };
    await trx
      .updateTable('tasks')
      .set(answered ? closed : { open_key: taskOpenKey(practiceId, kind, former) })
      .where('id', '=', id)
      .execute();
  }
}

function decidedOtherwise(): Problem {
  return new Problem({ code: 'changed-meanwhile', message: 'The data in the PIMS has changed in the meantime.' });
}
