import fc from 'fast-check';
import type { UndoneFact } from '../../../src/domain/decision/undone-facts.js';
import type { TestDatabase } from '../../support/database.js';
import { editNames, edits, type Clinic, type EditName } from './weeks-edits.js';
import { nightNames, viewOf, type FormerView, type NightName } from './weeks-nights.js';
import { createOracle, type Oracle } from './weeks-oracle.js';
import { openPractice, type WeeksPractice } from './weeks-practice.js';
import { animalOf, personOf } from './weeks-truth.js';

/** One event. `a` and `b` pick among the current clients, so that a shortened history stays valid. */
type Step =
  | { what: 'edit'; edit: EditName; a: number; b: number }
  | { what: 'night'; night: NightName; a: number }
  | { what: 'send' | 'approve' | 'release' | 'answer' | 'confirm' | 'logIn'; a: number };

export interface History {
  isAutomatic: boolean;
  steps: Step[];
}

const n = fc.nat({ max: 59 });
const night = fc.oneof(
  { weight: 6, arbitrary: fc.constant<NightName>('right') },
  { weight: 5, arbitrary: fc.constantFrom<NightName>(...nightNames) },
);
const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ what: fc.constant('edit' as const), edit: fc.constantFrom(...editNames), a: n, b: n }),
  },
  { weight: 8, arbitrary: fc.record({ what: fc.constant('night' as const), night, a: n }) },
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constantFrom('send', 'send', 'send', 'approve', 'release', 'answer', 'confirm', 'logIn', 'logIn'),
      a: n,
    }),
  },
);

/** Some weeks of one practice. */
export const histories: fc.Arbitrary<History> = fc.record({
  isAutomatic: fc.boolean(),
  steps: fc.array(aStep, { minLength: 10, maxLength: 60, size: 'max' }),
});

interface Weeks {
  clinic: Clinic;
  practice: WeeksPractice;
  oracle: Oracle;
  former: FormerView[];
  wasStopped: boolean;
  story: string[];
}

const clientsAtFirst = 9;
let histories_ = 0;

/** Runs a history on the real product. @throws Error with the story as its message if the oracle finds harm */
export async function play(test: TestDatabase, history: History): Promise<void> {
  const nth = ++histories_;
  const domain = `h${nth}.example`;
  const practice = openPractice(test, `h${nth}`, domain, history.isAutomatic);
  const clinic: Clinic = {
    truth: { people: [], animals: [], records: [] },
    domain,
    today: practice.today(),
    freeNumbers: [],
    used: new Set(),
  };
  const weeks: Weeks = {
    clinic,
    practice,
    oracle: createOracle(practice, clinic),
    former: [],
    wasStopped: false,
    story: [],
  };
  await practice.begin();
  for (let at = 0; at < clientsAtFirst; at++) note(weeks, edits.newClient(clinic, at * 4, at * 3 + 1));
  note(weeks, edits.spouse(clinic, 1, 2));
  const steps: Step[] = [
    { what: 'night', night: 'right', a: 0 },
    ...history.steps,
    { what: 'night', night: 'right', a: 0 },
    { what: 'send', a: 0 },
  ];
  for (const step of steps) {
    await happen(weeks, step);
    if (step.what !== 'edit') await judge(weeks, () => weeks.oracle.looks());
  }
  await judge(weeks, () => weeks.oracle.looksAtProfiles());
}

function note({ clinic, story }: Pick<Weeks, 'clinic' | 'story'>, words: string | null): void {
  if (words !== null) story.push(`${clinic.today}  ${words}`);
}

async function judge({ story }: Weeks, look: () => Promise<string[]>): Promise<void> {
  const harm = await look();
  if (harm.length > 0) throw new Error(['', ...story, ...harm.map((one) => `HARM  ${one}`), ''].join('\n'));
}

async function happen(weeks: Weeks, step: Step): Promise<void> {
  const { clinic, practice, oracle } = weeks;
  switch (step.what) {
    case 'edit':
      return note(weeks, edits[step.edit](clinic, step.a, step.b));
    case 'night':
      return playNight(weeks, step.night, step.a);
    case 'release':
      if (weeks.wasStopped) await playNight(weeks, 'right', 0, true);
      return;
    case 'approve':
      if (await practice.approve()) note(weeks, 'staff approve the plan');
      return;
    case 'answer':
      return answer(weeks, step.a);
    case 'confirm':
      return confirm(weeks, step.a);
    case 'send': {
      const claims = await practice.send();
      for (const { recipient, kind, pets } of claims)
        note(weeks, `email ${kind} to ${recipient.email}, naming ${pets.join(' and ') || 'nobody'}`);
      for (const { recipient } of claims) oracle.mailed.add(recipient.email);
      return judge(weeks, () => Promise.resolve(oracle.reads(claims)));
    }
    case 'logIn':
      return note(weeks, await oracle.logIn(step.a));
  }
}

async function playNight(weeks: Weeks, night: NightName, a: number, release = false): Promise<void> {
  const { clinic, practice, oracle, former } = weeks;
  const view = viewOf(night, clinic, former, a);
  const interrupted = night === 'interrupted' ? (a % 2 === 0 ? 'for good' : 'goes on') : undefined;
  oracle.begins(view.backupOf);
  note(weeks, `night${release ? ', released by staff' : ''}: ${view.words}`);
  const onPage = () => judge(weeks, () => oracle.looks());
  const run = await practice.sync(view.rows, { ...(interrupted && { interrupted }), release, onPage });
  weeks.wasStopped = run?.state === 'stopped';
  note(weeks, `night${release ? ', released by staff' : ''}: ${view.words}; the sync is ${run?.state ?? 'failed'}`);
  if (view.isRight && run?.state === 'done') oracle.learns();
  if (view.isRight) former.push({ rows: view.rows, truth: structuredClone(clinic.truth) });
  practice.nextDay();
  clinic.today = practice.today();
}

/** Staff compare the two people of a number; they know both. */
async function answer(weeks: Weeks, a: number): Promise<void> {
  const conflicts = await weeks.practice.conflicts();
  const one = conflicts[a % (conflicts.length || 1)];
  // They wait if the PIMS no longer has the person that the sync found there.
  const record = weeks.clinic.truth.records.find((record) => record.number === one?.pimsId);
  if (!one || record?.person !== one.now) return;
  const who = one.known === one.now ? 'same-person' : 'someone-else';
  if (await weeks.practice.answerConflict(one.pimsId, who))
    note(weeks, `staff say that ${one.pimsId} is ${who === 'same-person' ? 'the same person' : 'someone else'}`);
}

/** Staff confirm the changes in the PIMS about a client, if all of them are correct. */
async function confirm({ clinic, practice, story }: Weeks, a: number): Promise<void> {
  const pending = await practice.undone();
  const one = pending[a % (pending.length || 1)];
  const record = clinic.truth.records.find(({ number }) => number === one?.pimsId);
  if (!one || !record) return;
  const person = personOf(clinic.truth, record.person);
  const isRight = ({ kind, subject }: UndoneFact): boolean => {
    if (kind === 'email') return person.mailboxes.includes(subject) && record.email === subject;
    if (kind === 'opted-out') return !person.optedOut;
    if (kind === 'inactive' || kind === 'deleted') return !person[kind];
    const pet = record.pets.find(({ number }) => number === subject);
    return pet !== undefined && animalOf(clinic.truth, pet.animal).diedOn === null;
  };
  if (one.facts.every(isRight) && (await practice.confirm(one.pimsId, one.facts))) {
    record.unconfirmed = [];
    note({ clinic, story }, `staff confirm the changes of client ${one.pimsId}`);
  }
}

/** Removes steps as long as the history still ends in harm. @returns the story of the shortest history found */
export async function shortest(
  history: History,
  storyOf: (history: History) => Promise<string | null>,
  endsAt: number,
): Promise<string> {
  let { steps } = history;
  let story = '';
  const tryWith = async (fewer: Step[]) => {
    if (Date.now() > endsAt) return false;
    const told = await storyOf({ ...history, steps: fewer });
    if (told === null) return false;
    [steps, story] = [fewer, told];
    return true;
  };
  await tryWith(steps);
  for (let size = steps.length >> 1; size > 0; size >>= 1)
    for (let at = steps.length - size; at >= 0; at -= size) await tryWith(steps.toSpliced(at, size));
  for (let at = steps.length - 1; at >= 0; at--) await tryWith(steps.toSpliced(at, 1));
  return story;
}
