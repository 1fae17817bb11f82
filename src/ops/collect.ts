import { openStatuses } from '../domain/message/message-status.js';
import type { Clock } from '../lib/ids.js';
import type { QueueDepth } from '../jobs/bullmq/queues.js';
import type { Database } from '../store/db/database.js';
import { isFailing, practiceHealth } from '../store/sync-runs/practice-health.js';
import { countRuns } from '../store/sync-runs/open-runs.js';
import { countSealed } from '../store/accounts/credential-counts.js';
import { countAccepted, countMessages, oldestWaits, pausedPractices } from '../store/messages/observe-messages.js';
import { readSendingState } from '../store/messages/sending-state.js';
import type { Gauges } from './gauges.js';

export interface MetricsDeps {
  db: Database;
  clock: Clock;
  depths(): Promise<QueueDepth[]>;
  /** Practices configured now; a removed practice must not be reported as failing forever. */
  practices: readonly string[];
}

export interface Collector {
  part: 'database' | 'redis';
  /** Minimum interval in milliseconds; expensive queries run less often than scrapes. */
  everyMs: number;
  collect(): Promise<void>;
}

const dayMs = 86_400_000;

/** Returns the queries of a scrape. Each reads an index, not a table, however many practices and emails there are. */
export function createCollectors(gauges: Gauges, deps: MetricsDeps): Collector[] {
  const { db, clock } = deps;
  const database = (collect: () => Promise<void>, everyMs = 0): Collector => {
    return { part: 'database', everyMs, collect };
  };
  const ago = (ms: number) => new Date(clock().getTime() - ms);
  const since = (time: Date) => Math.max(0, (clock().getTime() - time.getTime()) / 1000);

  async function practices(): Promise<void> {
    const rows = await practiceHealth(db, deps.practices);
    for (const one of [gauges.age, gauges.failing, gauges.info, gauges.idle, gauges.rows, gauges.readRate]) one.reset();
    for (const row of rows) {
      const practice = row.id;
      gauges.info.set({ practice, name: row.name }, 1);
      gauges.age.set({ practice }, Math.floor(since(row.done?.finishedAt ?? row.createdAt)));
      if (isFailing(row) && row.errorCode) gauges.failing.set({ practice, cause: row.errorCode }, 1);
      if (row.state && ['queued', 'reading', 'evaluating'].includes(row.state))
        gauges.idle.set({ practice }, since(row.progressedAt ?? row.requestedAt));
      if (!row.done?.startedAt) continue;
      const { startedAt, finishedAt, read } = row.done;
      const seconds = (finishedAt.getTime() - startedAt.getTime()) / 1000;
      gauges.rows.set({ practice }, read);
      gauges.readRate.set({ practice }, seconds > 0 ? read / seconds : 0);
    }
  }

  async function runs(): Promise<void> {
    const counts = await countRuns(db, ago(dayMs));
    gauges.runs.reset();
    for (const { practiceId: practice, state, count } of counts)
      if (deps.practices.includes(practice)) gauges.runs.set({ practice, state }, count);
  }

  async function messages(): Promise<void> {
    const counts = await countMessages(db, ago(30 * dayMs));
    gauges.messages.reset();
    for (const state of openStatuses) gauges.messages.set({ state }, 0);
    for (const { state, count } of counts) gauges.messages.set({ state }, count);
  }

  async function waits(): Promise<void> {
    const { queued, uncertain } = await oldestWaits(db);
    gauges.oldestQueued.set(queued ? since(queued) : 0);
    gauges.oldestUncertain.set(uncertain ? since(uncertain) : 0);
    const paused = await pausedPractices(db);
    gauges.paused.reset();
    for (const practice of paused) if (deps.practices.includes(practice)) gauges.paused.set({ practice }, 1);
  }

  async function sending(): Promise<void> {
    const { stop, quota } = await readSendingState(db);
    gauges.stopped.reset();
    if (stop) gauges.stopped.set({ cause: stop.code }, 1);
    gauges.quota.set(quota?.perSecond ?? 0);
    gauges.quotaDay.set(quota?.in24Hours ?? 0);
    gauges.sentDay.set(quota?.sentIn24Hours ?? 0);
    gauges.sendRate.set((await countAccepted(db, ago(60_000))) / 60);
  }

  async function passwords(): Promise<void> {
    const { beforeFirstLogin, afterFirstLogin } = await countSealed(db);
    gauges.notCleared.set(afterFirstLogin);
    gauges.pending.set(beforeFirstLogin);
  }

  async function queues(): Promise<void> {
    for (const { queueName: name, oldestMs, ...states } of await deps.depths()) {
      for (const [state, count] of Object.entries(states)) gauges.jobs.set({ queue: name, state }, count);
      gauges.oldestJob.set({ queue: name }, oldestMs / 1000);
    }
  }

  return [
    database(practices),
    database(runs),
    database(messages, 60_000),
    database(waits),
    database(sending),
    database(passwords, 30_000),
    { part: 'redis', everyMs: 0, collect: queues },
  ];
}
