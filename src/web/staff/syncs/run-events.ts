import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { SyncRun } from '../../../store/sync-runs/sync-runs.js';
import { isOver, syncStates } from '../../ui/sync-words.js';

/** How often a watched run is looked at, and for how long one page may watch. */
const everyMs = 500;
const longestMs = 30 * 60_000;

/** A run as server-sent events: one when something changed, a last one when it is over. Ends when the app closes. */
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

/** Aborts when the app begins to close, so that nobody who watches keeps it open. */
export function watchClosing(app: FastifyInstance): void {
  const controller = new AbortController();
  closings.set(app, controller.signal);
  app.addHook('preClose', async () => controller.abort());
}

function closingOf(app: FastifyInstance): AbortSignal {
  return closings.get(app) ?? new AbortController().signal;
}
