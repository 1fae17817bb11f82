import { Agent, get } from 'node:http';
import type { Database } from '../../src/store/db/database.js';
import { openSession } from '../../src/store/access/sessions.js';
import { actorOf, createStaff } from '../../src/store/access/staff.js';
import { newIds } from '../../src/lib/ids.js';
import { createRandom } from '../../demo/ses/random.js';
import { createCookies } from '../../src/web/http/cookies.js';
import { scenariosOf, practiceOf, somePeople, type Scenario, type Known } from './scenarios.js';

/** A staff member who is signed in to the console. */
export interface AtWork {
  cookie: string;
  known: Known[];
}

export interface Answered {
  kind: string;
  ms: number;
}

/** Signs `count` staff in directly through the database; the sign-in itself is not measured here. */
export async function signIn(db: Database, origin: string, count: number): Promise<AtWork[]> {
  const newId = newIds();
  const by = actorOf({ id: '', name: 'benchmark', role: 'operator' });
  const practices = await db.selectFrom('practices').select('id').where('id', 'like', 'practice-%').execute();
  const ordinary = practices.map(({ id }) => id);
  const people = new Map<string, Known[]>();
  const staff: AtWork[] = [];
  for (let n = 0; n < count; n++) {
    const practiceId = practiceOf(n, ordinary);
    const one = {
      email: `staff-${n}@bench.example`,
      name: `Staff ${n}`,
      role: 'owner',
      passwordHash: null,
    } as const;
    const now = new Date();
    const { staffId } = await createStaff(db, { ...one, practiceIds: [practiceId] }, { actor: by, newId, now });
    const life = { idleSeconds: 3600, absoluteSeconds: 36_000 };
    const session = { kind: 'staff', subjectId: staffId, purpose: 'full' } as const;
    const { token } = await openSession(db, session, life, now);
    if (!people.has(practiceId)) people.set(practiceId, await somePeople(db, practiceId, 200));
    staff.push({
      cookie: `${createCookies(origin).nameOf('staff')}=${token.open()}`,
      known: people.get(practiceId) as Known[],
    });
  }
  return staff;
}

export interface Pace {
  /** Number of requests of each staff member. */
  requests: number;
  /** Average pause before the next request; 0 means no pause. */
  thinkMs: number;
}

/**
 * Lets all staff work at once, each with a pause of 0.5 to 1.5 times `thinkMs` before every request.
 *
 * @throws if a response is not the requested page, or lacks the required text
 */
export async function work(origin: string, staff: readonly AtWork[], pace: Pace): Promise<Answered[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: staff.length });
  const answered: Answered[] = [];
  const day = async ({ cookie, known }: AtWork, n: number): Promise<void> => {
    const random = createRandom(n + 1);
    for (const scenario of scenariosOf(n, known, pace.requests)) {
      if (pace.thinkMs > 0) await pause(pace.thinkMs * (0.5 + random()));
      answered.push({ kind: scenario.kind, ms: await timed(agent, origin, cookie, scenario) });
    }
  };
  try {
    await Promise.all(staff.map(day));
  } finally {
    agent.destroy();
  }
  return answered;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function timed(agent: Agent, origin: string, cookie: string, scenario: Scenario): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = process.hrtime.bigint();
    get(`${origin}${scenario.path}`, { agent, headers: { cookie } }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        const ms = Number(process.hrtime.bigint() - start) / 1e6;
        const text = Buffer.concat(parts).toString();
        if (answer.statusCode === 200 && text.includes(scenario.holds)) resolve(ms);
        else reject(new Error(`${scenario.path} was answered ${answer.statusCode}, without "${scenario.holds}"`));
      });
    }).on('error', reject);
  });
}
