import type { Client } from '../../../src/domain/client/client.js';
import { newIds } from '../../../src/lib/ids.js';
import { invitePolicySchema } from '../../../src/domain/decision/policy.js';
import { createKeyring } from '../../../src/lib/sealing.js';
import { Secret } from '../../../src/lib/secret.js';
import { undoneKey, type UndoneFact } from '../../../src/domain/decision/undone-facts.js';
import { loadProfile, type ProfilePet } from '../../../src/store/accounts/account-profile.js';
import { loadAccountPets } from '../../../src/store/accounts/account-pets.js';
import { allowPractices } from '../../../src/store/access/allowed-practices.js';
import type { Claim } from '../../../src/store/messages/claim.js';
import { createCredentials } from '../../../src/store/accounts/credentials.js';
import { finishFirstLogin } from '../../../src/store/accounts/first-login.js';
import { conflictOf } from '../../../src/store/clients/identity-conflicts.js';
import { approvePlan, ensurePractices, canEvaluate } from '../../../src/store/sync-runs/practices.js';
import { createSendResults } from '../../../src/store/messages/record-send-results.js';
import { createOutbox } from '../../../src/store/messages/outbox.js';
import { createIdentityConflicts } from '../../../src/store/clients/resolve-identity.js';
import { requestSync, type SyncRun } from '../../../src/store/sync-runs/sync-runs.js';
import { confirmUndone, pendingFactsOf } from '../../../src/store/decisions/undone-facts.js';
import { runSync } from '../../../src/sync/run-sync.js';
import { evaluatePractice } from '../../../src/sync/evaluate-practice.js';
import type { TestDatabase } from '../../support/database.js';
import { syncedPractice } from '../../support/synced-practice.js';
import { pims } from '../../sync/support/pims.js';
import { syncDeps } from '../../sync/support/sync-deps.js';

const staff = { kind: 'staff', id: null, name: 'Mia' } as const;
const firstDay = Date.parse('2026-03-02T08:00:00Z');
const dayMs = 24 * 3600_000;

export interface Login {
  id: string;
  email: string;
  isUsed: boolean;
}

export interface ShownPet {
  animal: string;
  name: string;
  isShownLiving: boolean;
}

export type WeeksPractice = ReturnType<typeof openPractice>;

/** One practice in the product: the real sync, store and send eligibility, on a clock that the test moves. */
export function openPractice(test: TestDatabase, id: string, domain: string, isAutomatic: boolean) {
  const { db } = test;
  let now = firstDay;
  const clock = () => new Date(now++);
  const newId = newIds(clock);
  const deps = syncDeps(db, newId, clock);
  const keyring = createKeyring(new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`));
  const credentials = createCredentials({ db, keyring, clock });
  const outbox = createOutbox({
    db,
    keyring,
    credentials,
    clock,
    newId,
    practice: () => ({ passwordDays: 30 }),
    resetHours: 1,
  });
  const answers = createSendResults({ db, clock, newId });
  const allowed = allowPractices([id]);
  const signal = new AbortController().signal;
  const policy = invitePolicySchema.parse({ welcome: isAutomatic ? 'automatic' : 'after-approval' });
  const today = () => new Date(now).toISOString().slice(0, 10);
  const practice = (rows: Client[], failAfterPages?: number) =>
    syncedPractice(pims(rows, failAfterPages === undefined ? {} : { failAfterPages }, 4), {
      id,
      timeZone: 'UTC',
      policy,
      pageSize: 4,
    });
  const desk = createIdentityConflicts({ db, practice: () => practice([]) });
  const evaluateAll = () =>
    evaluatePractice({ ...deps, signal, outsideRun: true, onBatch: () => Promise.resolve() }, practice([]));

  return {
    today,
    begin: () => ensurePractices(db, [{ id, name: 'Elm Street', timeZone: 'UTC', policy }], clock()),
    nextDay(): void {
      now += dayMs;
    },
    /** Runs one nightly sync. `interrupted`: the read fails after a page, and continues at once or the next night. */
    async sync(
      rows: Client[],
      how: { interrupted?: 'for good' | 'goes on'; release?: boolean; onPage: () => Promise<void> },
    ): Promise<SyncRun | null> {
      const by = how.release ? { safetyStopReleasedBy: 'Mia' } : {};
      const { runId } = await requestSync(db, { practiceId: id, kind: 'resync', by: 'a test', ...by }, newId, clock);
      const paging = { ...deps, onProgress: how.onPage };
      const go = (isFinalAttempt: boolean, fail?: number) =>
        runSync(paging, practice(rows, fail), runId, { signal, isFinalAttempt });
      if (how.interrupted) {
        const isForGood = how.interrupted === 'for good';
        const broken = await go(isForGood, 1).catch(() => null);
        if (broken || isForGood) return broken;
      }
      return go(false);
    },
    async approve(): Promise<boolean> {
      if (isAutomatic || !(await canEvaluate(db, id))) return false;
      await approvePlan(db, id, 'Mia', clock());
      await evaluateAll();
      return true;
    },
    /** Lists the numbers in identity conflict, with the ids of the known person and of the current one. */
    async conflicts(): Promise<{ pimsId: string; known: string; now: string }[]> {
      const rows = await db
        .selectFrom('pims_clients')
        .select(['pims_id', 'record'])
        .where('practice_id', '=', id)
        .where('identity_conflict', '=', 1)
        .execute();
      const found = [];
      for (const { pims_id: pimsId, record } of rows) {
        const conflict = await conflictOf(db, id, pimsId);
        const known = (JSON.parse(record) as Client).title as string;
        if (conflict) found.push({ pimsId, known, now: conflict.now.title as string });
      }
      return found;
    },
    async answerConflict(pimsId: string, who: 'same-person' | 'someone-else'): Promise<boolean> {
      const conflict = await conflictOf(db, id, pimsId);
      if (!conflict || !(await canEvaluate(db, id))) return false;
      await desk.resolve(allowed, { practiceId: id, pimsId, fingerprint: conflict.fingerprint, who }, staff, clock());
      await evaluateAll();
      return true;
    },
    /** Lists the facts that staff must confirm, by client. */
    async undone(): Promise<{ pimsId: string; facts: UndoneFact[] }[]> {
      const rows = await db
        .selectFrom('undone_facts')
        .select('client_pims_id')
        .distinct()
        .where('practice_id', '=', id)
        .where('pending', '=', 1)
        .orderBy('client_pims_id')
        .execute();
      const found = rows.map(async ({ client_pims_id: pimsId }) => ({
        pimsId,
        facts: await pendingFactsOf(db, id, pimsId),
      }));
      return Promise.all(found);
    },
    async confirm(pimsId: string, facts: readonly UndoneFact[]): Promise<boolean> {
      if (!(await canEvaluate(db, id))) return false;
      await confirmUndone(
        db,
        allowed,
        { practiceId: id, pimsId, accountId: null, seen: undoneKey(facts) },
        staff,
        clock(),
      );
      await evaluateAll();
      return true;
    },
    /** Hands over every email that may be sent now. */
    async send(): Promise<Claim[]> {
      await db
        .updateTable('messages')
        .set({ due_at: clock() })
        .where('practice_id', '=', id)
        .where('state', '=', 'queued')
        .execute();
      const owed = await db
        .selectFrom('messages')
        .select('id')
        .where('practice_id', '=', id)
        .where('state', '=', 'queued')
        .orderBy('id')
        .execute();
      if (owed.length === 0) return [];
      const results = await outbox.claimMany(owed.map((one) => one.id));
      const claims = results.flatMap((one) => ('claim' in one ? [one.claim] : []));
      const accepted = claims.map((claim) => ({ claim, end: { outcome: 'accepted' as const, messageId: newId() } }));
      if (accepted.length > 0) await answers.recordMany(accepted);
      return claims;
    },
    async logins(): Promise<Login[]> {
      const rows = await db
        .selectFrom('accounts')
        .select(['id', 'email', 'first_login_at'])
        .where('closed_at', 'is', null)
        .where('email_key', 'like', `%${domain}`)
        .orderBy('id')
        .execute();
      return rows.map((row) => ({ id: row.id, email: row.email, isUsed: row.first_login_at !== null }));
    },
    /** Returns the pets of all accounts, by account id. */
    async shown(accounts: readonly Login[]): Promise<Map<string, ShownPet[]>> {
      const loaded = await loadAccountPets(
        db,
        accounts.map((account) => account.id),
      );
      return new Map(
        [...loaded].map(([account, { pets }]) => [
          account,
          pets
            .filter((pet) => pet.shown)
            .map((pet) => ({ animal: pet.breed ?? '', name: pet.name, isShownLiving: !pet.passed })),
        ]),
      );
    },
    profileOf: (accountId: string) => loadProfile(db, accountId),
    /** Performs the first login of a pet parent, who confirms only their own pets. */
    async logIn(accountId: string, isTheirs: (pet: ProfilePet) => boolean): Promise<void> {
      const profile = await loadProfile(db, accountId);
      if (!profile) return;
      const pets = profile.pets.filter(isTheirs).map((pet) => ({ ...pet, passed: false }));
      const about = {
        firstName: profile.firstName ?? 'x',
        lastName: profile.lastName ?? 'x',
        phone: profile.phone,
        pets,
      };
      const actor = { kind: 'pet-parent', id: accountId, name: null } as const;
      await finishFirstLogin(db, { accountId, passwordHash: 'a hash', profile: about }, { actor, newId, now: clock() });
    },
  };
}
