import { scrub } from '../lib/scrub.js';
import type { Queues } from './bullmq/queues.js';
import type { JobLog } from './job-log.js';

export interface Beat {
  name: string;
  everyMs: number;
  do(): Promise<unknown>;
}

export interface Beats {
  /** No beat comes any more; one that is under way ends first. */
  stop(): Promise<void>;
}

/**
 * Does each thing about once in its time, in one of all the processes that call this, however many there are. Timers run
 * by each process's steady clock and turns by Redis' own, so no wrong wall clock stops the beat, nor a process that dies.
 */
export function startBeats(queues: Pick<Queues, 'takeTurn'>, beats: readonly Beat[], log: JobLog): Beats {
  const underWay = new Map<Beat, Promise<void>>();
  const beatOnce = async (beat: Beat): Promise<void> => {
    try {
      if (await queues.takeTurn(beat.name, beat.everyMs)) await beat.do();
    } catch (error) {
      log.warn({ beat: beat.name, error: scrub(String(error)) }, 'Not done now; it is tried again');
    }
  };
  const tick = (beat: Beat): void => {
    if (underWay.has(beat)) return;
    underWay.set(beat, beatOnce(beat).finally(() => underWay.delete(beat))); // prettier-ignore
  };
  const timers = beats.map((beat) => setInterval(tick, beat.everyMs, beat));
  for (const beat of beats) tick(beat);
  return {
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(underWay.values());
    },
  };
}
