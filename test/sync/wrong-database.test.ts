import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../../src/domain/client/client.js';
import { canBeSent } from '../../src/domain/message/message-kinds.js';
import { loadProfile } from '../../src/store/accounts/account-profile.js';
import { inTransaction } from '../../src/store/db/database.js';
import { loadSendFacts } from '../../src/store/messages/send-facts.js';
import { client, pims } from './support/pims.js';
import { confirmPets } from './support/confirm-pets.js';
import { stage, type Stage } from './support/stage.js';

const from = (first: number, count: number) => Array.from({ length: count }, (_, n) => client(first + n));
const pet = (name: string) => [{ ...client(1).pets[0]!, pimsId: `p-${name}`, name }];
const nora = client(1, { firstName: 'Nora', lastName: 'Smith', emails: ['nora@post.example'] });
const kim = client(2, { firstName: 'Kim', lastName: 'Park' });
const sparse = client(3, { firstName: 'Ida', lastName: 'Stone', phones: [], createdOn: null });
const right = [nora, kim, sparse, ...from(4, 29)];
/** Another practice: all but three of 32 known numbers exist, and some belong to people with a known name. */
const wrong: Client[] = [
  client(1, {
    firstName: 'Gustav',
    lastName: 'Smith',
    emails: ['g@oak.example'],
    createdOn: '2023-03-03',
    pets: pet('GustavSecretDog'),
  }),
  client(2, {
    firstName: 'Kim',
    lastName: 'Park',
    emails: ['k@oak.example'],
    pets: [...kim.pets, ...pet('Oak2')],
  }),
  { ...sparse, emails: ['ida@oak.example'], pets: [...sparse.pets, ...pet('Oak3')] },
  ...from(1000, 40),
];

describe('sync: a nightly sync on the wrong database', () => {
  let s: Stage;
  beforeEach(async () => {
    s = await stage();
    await s.sync(pims(right));
    const used = ['nora@post.example', 'ann3@post.example'];
    await s.test.db
      .updateTable('accounts')
      .set({ first_login_at: new Date() })
      .where('email_key', 'in', used)
      .execute();
    // Nora confirmed her pet: of a record in doubt, an account shows what was confirmed and nothing else.
    await confirmPets(s.test.db, 'Rex1');
  });
  afterEach(() => s.test.drop());

  const copies = async () => ({
    clients: (await s.table('pims_clients')).map(({ needs_evaluation: _, ...row }) => row),
    pets: await s.table('pims_pets'),
  });
  const leftovers = async () => [
    ...(await s.test.db.selectFrom('former_clients').select('pims_id').execute()),
    ...(await s.test.db.selectFrom('former_pets').select('pims_id').execute()),
    ...(await s.test.db.selectFrom('identity_conflicts').select('pims_id').execute()),
  ];
  const sees = async (email: string) => {
    const account = await s.test.db
      .selectFrom('accounts')
      .select('id')
      .where('email_key', '=', email)
      .executeTakeFirstOrThrow();
    return (await loadProfile(s.test.db, account.id))?.pets.map(({ name }) => name);
  };
  /** Returns what a worker would do now with a client's queued email. */
  const email = (pimsId: string) =>
    inTransaction(s.test.db, async (trx) => {
      const mail = await trx
        .selectFrom('messages')
        .selectAll()
        .where('client_pims_id', '=', pimsId)
        .where('state', '=', 'queued')
        .executeTakeFirstOrThrow();
      return canBeSent((await loadSendFacts(trx, [mail], () => null, new Date())).get(mail.id)!.facts);
    });

  it('wrong database: leaves no trace if the safety stop stops the run', async () => {
    const before = await copies();
    s.deps.onProgress = async () => expect(await sees('nora@post.example')).toEqual(['Rex1']);
    const stopped = await s.sync(pims(wrong));
    expect(stopped).toMatchObject({ state: 'stopped', counts: { changed: 2, conflicts: 1, new: 40 } });
    expect(stopped.error?.help).toContain('2 clients that had changed are as they were before.');
    expect(await copies()).toEqual(before);
    expect(await leftovers()).toEqual([]);
    expect([await sees('nora@post.example'), await sees('ann3@post.example')]).toEqual([['Rex1'], ['Rex3']]);
    expect(await s.broken()).toEqual([]);
  });

  it('wrong database: holds the emails of affected clients until the right database was read', async () => {
    expect(await email('0002')).toEqual({ go: true });
    s.deps.onProgress = async ({ counts }) => {
      if (counts.changed === 2) expect(await email('0002')).toMatchObject({ wait: 'being-decided-again' });
    };
    await s.sync(pims(wrong));
    expect(await email('0002')).toMatchObject({ wait: 'being-decided-again' });
    expect(await email('0004')).toEqual({ go: true });
    const run = await s.sync(pims(right));
    expect(run).toMatchObject({ state: 'done', counts: { unchanged: 32, changed: 0, new: 0, missing: 0 } });
    expect(await email('0002')).toEqual({ go: true });
    expect((await s.table('accounts')).every((row) => !String(row['email']).includes('oak'))).toBe(true);
    expect(await s.broken()).toEqual([]);
  });

  it('wrong database: is accepted if staff confirm it', async () => {
    await s.sync(pims(wrong));
    const run = await s.sync(pims(wrong), undefined, { safetyStopReleasedBy: 'Mia' });
    expect(run).toMatchObject({ state: 'done', counts: { changed: 2, conflicts: 1, new: 40, missing: 29 } });
    expect(await sees('ann3@post.example')).toEqual(['Oak3', 'Rex3']);
    expect(await sees('nora@post.example')).toEqual(['Rex1']);
    const kept = await s.test.db.selectFrom('former_clients').selectAll().execute();
    expect(kept).toEqual([]);
  });

  it.each([
    ['continues after a crash', false],
    ['starts again after a run that failed for good', true],
  ])('wrong database: leaves nothing behind if the run %s', async (_, forGood) => {
    const before = await copies();
    const { runId } = await s.enqueue();
    await expect(s.go(runId, pims(wrong, { failAfterPages: 1 }), undefined, forGood)).rejects.toThrow();
    expect(await s.table('pims_pets')).not.toEqual(before.pets);
    const stopped = forGood ? await s.sync(pims(wrong)) : await s.go(runId, pims(wrong));
    expect(stopped.state).toBe('stopped');
    expect(await copies()).toEqual(before);
    expect(await leftovers()).toEqual([]);
  });

  it('wrong database: brings back no former client, and keeps a record that staff requested meanwhile', async () => {
    await s.sync(pims(right.slice(0, -1)));
    expect(await s.missing()).toEqual(['0032']);
    const before = await copies();
    const returned = { ...right.at(-1)!, emails: ['back@oak.example'] };
    const { runId } = await s.enqueue();
    await expect(s.go(runId, pims([...wrong, returned], { failAfterPages: 2 }))).rejects.toThrow();
    expect(await s.missing()).toEqual([]);
    await s.sync(pims([{ ...kim, lastName: 'Parker' }]), undefined, {
      kind: 'client',
      clientReference: 'C2',
    });
    expect(await s.go(runId, pims([...wrong, returned]))).toMatchObject({ state: 'stopped' });
    expect(await s.missing()).toEqual(['0032']);
    const [now, then] = [await copies(), before].map(({ clients }) =>
      clients.filter((row) => row['pims_id'] !== '0002'),
    );
    expect(now).toEqual(then);
    expect((await s.table('pims_clients')).find((row) => row['pims_id'] === '0002')).toMatchObject({
      last_name: 'Parker',
    });
  });
});
