import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { SyncRun } from '../../../store/sync-runs/sync-runs.js';
import { isOver, syncStates } from '../../ui/sync-words.js';

/** Poll interval of a watched run, and the longest time one page may watch, both in milliseconds. */
const everyMs = 500;
const longestMs = 30 * 60_000;

/** Streams a run as server-sent events: one per change and a last one when the run is over. Ends when the app closes. */
export function runEvents(app: FastifyInstance, load: () => Promise<SyncRun>): Readable {
  const closing = closingOf(app);
  async function* events() {
    let flash = '';
    for (let waited = 0; waited < longestMs && !closing.aborted; waited += everyMs) {
      const run = await load();
      const { name, tone } = syncStates[run.state];
      const { reasons: _, ...counts } = run.counts;
      const over = isOver(run.state);
      const data = JSON.stringify({ state: name, tone, over, counts });
      if (data !== flash) yield `event: progress\ndata: ${data}\n\n`;
      else if (waited % 15_000 === 0) yield ': still here\n\n';
      flash = data;
      if (over) return;
      await wait(everyMs, undefined, { signal: closing }).catch(() => undefined);
    }
  }
  return Readable.from(events());
}

const closings = new WeakMap<FastifyInstance, AbortSignal>();

/** Aborts the streams when the app starts to close, so that open pages do not keep it running. */
export function watchClosing(app: FastifyInstance): void {
  const controller = new AbortController();
  closings.set(app, controller.signal);
  app.addHook('preClose', async () => controller.abort());
}

function closingOf(app: FastifyInstance): AbortSignal {
  return closings.get(app) ?? new AbortController().signal;
}
