import { noCounts } from '../../../src/store/sync-runs/sync-runs.js';
import {
  seedMail,
  seedPerson,
  seedPractice,
  seedRun,
  seedStaff,
  type PersonOptions,
  type SeededPerson,
} from '../../web/support/seed.js';
import type { TestWeb } from '../../web/support/web.js';

export interface Town {
  ada: SeededPerson;
  bounced: SeededPerson;
  held: SeededPerson;
  runId: string;
  stoppedRunId: string;
}

const families: [first: string, last: string, pets: string[]][] = [
  ['Beatriz', 'Alvarez', ['Luna']],
  ['Tom', 'Baker', ['Biscuit', 'Pickle']],
  ['Mei', 'Chen', ['Mochi']],
  ['Aisha', 'Diallo', ['Simba', 'Nala', 'Kiara', 'Timon']],
  ['Erik', 'Eriksson', ['Freja']],
  ['Grace', 'Fitzgerald', ['Murphy']],
  ['Hiro', 'Hayashi', ['Kuma', 'Sora']],
  ['Ines', 'Ibáñez', ['Churro']],
  ['Jamal', 'Jackson', ['Duke']],
  ['Katarzyna', 'Kowalska', ['Burek']],
];

/** Seeds two practices with pet parents in every state, sync runs, tasks and history, as on an ordinary day. */
export async function seedTown(web: TestWeb): Promise<Town> {
  const { db, newId, clock } = web.deps;
  await seedPractice(db, 'elm-street', 'Elm Street Animal Hospital');
  await seedPractice(db, 'lakeside', 'Lakeside Veterinary Clinic', false);
  await seedStaff(web, 'olive@elm.example', 'owner', ['elm-street', 'lakeside']);
  await seedStaff(web, 'finn@elm.example', 'front-desk', ['elm-street']);
  const add = (options: PersonOptions) => seedPerson(web, 'elm-street', options);
  const ada = await add({
    firstName: 'Ada',
    lastName: 'Lovelace',
    email: 'ada.lovelace@example.com',
    pets: [
      { name: 'Byron', species: 'dog', breed: 'Newfoundland' },
      { name: 'Ghost', species: 'cat', status: 'deceased', diedOn: '2024-11-02' },
    ],
  });
  for (const [firstName, lastName, pets] of families) {
    await add({ firstName, lastName, pets: pets.map((name) => ({ name })) });
  }
  const bounced = await add({
    firstName: 'Boris',
    lastName: 'Bounce',
    mail: 'bounced',
    email: 'boris@exmaple.test',
  });
  await add({ firstName: 'Pat', lastName: 'Pending', mail: 'queued' });
  await add({ firstName: 'Una', lastName: 'Certain', mail: 'uncertain' });
  await add({ firstName: 'Del', lastName: 'Ayed', mail: 'delayed' });
  await add({ firstName: 'Old', lastName: 'Expired', days: -1 });
  const held = await add({
    firstName: 'Nora',
    lastName: 'Nomail',
    account: false,
    verdict: 'hold',
    reason: 'no-email',
    sentence: 'There is no email address in the PIMS. Ask for one at the next visit.',
  });
  await add({
    firstName: 'Ines',
    lastName: 'Inactive',
    account: false,
    verdict: 'skip',
    reason: 'inactive',
    sentence: 'The client is inactive.',
  });
  const active = await add({ firstName: 'Rosa', lastName: 'Active' });
  await db
    .updateTable('accounts')
    .set({ password_hash: 'x', first_login_at: clock(), confirmed_at: clock(), last_login_at: clock() })
    .where('id', '=', active.accountId!)
    .execute();
  await seedMail(web, 'elm-street', ada.accountId!, ada.pimsId, 'practice-added', 'delivered');
  await seedRun(web, 'lakeside', 'done');
  await seedPerson(web, 'lakeside', { firstName: 'Lena', lastName: 'Lake', account: false });
  await seedPerson(web, 'lakeside', {
    firstName: 'Leo',
    lastName: 'Lagoon',
    account: false,
    verdict: 'hold',
    reason: 'malformed-email',
  });

  await db
    .insertInto('tasks')
    .values([
      work(
        newId(),
        'bounced-email',
        bounced.pimsId,
        'The email to boris@exmaple.test bounced: the mailbox does not exist. Correct the Email field of Cornerstone.',
        clock(),
      ),
      work(
        newId(),
        'owner-says',
        ada.pimsId,
        'The owner says: phone +14155550199. The PIMS has (415) 555-0132.',
        clock(),
      ),
    ] as never)
    .execute();
  const hour = 3_600_000;
  const at = (hours: number) => new Date(clock().getTime() - hours * hour);
  const counts = {
    ...noCounts,
    read: 1204,
    new: 12,
    changed: 31,
    unchanged: 1161,
    accounts: 9,
    messages: 9,
    reasons: { eligible: 9, 'no-email': 2, inactive: 1 },
  };
  const runId = newId();
  const stoppedRunId = newId();
  const drift = [
    {
      kind: 'fill-fell',
      field: 'email',
      before: 82,
      now: 41,
      sentence: 'Only 41 % of the clients have a value for email; it was 82 %. Was a column renamed or emptied?',
    },
  ];
  await db
    .insertInto('sync_runs')
    .values([
      run(stoppedRunId, {
        state: 'stopped',
        requested_at: at(49),
        finished_at: at(49),
        error_code: 'too-many-missing',
        error_message: '412 of 1204 records are missing all at once.',
        error_help: 'Look in the practice software before you go on.',
        counts: JSON.stringify(counts),
      }),
      run(newId(), {
        state: 'failed',
        requested_at: at(25),
        finished_at: at(25),
        error_code: 'pims-login-refused',
        error_message: 'Cornerstone refused the login.',
        error_help: 'Its password has probably expired. Set it again in the configuration.',
      }),
      run(runId, {
        state: 'done',
        kind: 'nightly',
        requested_by: null,
        requested_at: at(8),
        finished_at: at(7.9),
        counts: JSON.stringify(counts),
        drift: JSON.stringify(drift),
      }),
    ] as never)
    .execute();
  await db
    .insertInto('sync_unreadable')
    .values({ run_id: runId, reference: 'client 4711', reason: 'The date of birth of a pet is not a date.' })
    .execute();
  return { ada, bounced, held, runId, stoppedRunId };
}

function work(id: string, kind: string, pimsId: string, sentence: string, now: Date) {
  return {
    id,
    practice_id: 'elm-street',
    kind,
    client_pims_id: pimsId,
    account_id: null,
    sentence,
    details: null,
    opened_at: now,
    closed_at: null,
    closed_by: null,
    open_key: id,
  };
}

function run(id: string, values: Record<string, unknown>) {
  return {
    id,
    practice_id: 'elm-street',
    kind: 'resync',
    nightly_date: null,
    client_reference: null,
    active_practice: null,
    requested_by: 'Olive Owner',
    started_at: values['requested_at'],
    next_cursor: null,
    progressed_at: null,
    profile: null,
    drift: null,
    safety_stop_released_by: null,
    error_code: null,
    error_message: null,
    error_help: null,
    counts: JSON.stringify(noCounts),
    ...values,
  };
}
