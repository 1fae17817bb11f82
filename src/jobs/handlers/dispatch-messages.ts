import type { Clock } from '../../lib/ids.js';
import type { Dispatcher } from '../../mailer/pacing/dispatcher.js';
import type { Enqueue, EnqueueMany, Handler } from '../catalog.js';

export interface DispatchDeps {
  dispatcher: Dispatcher;
  enqueue: Enqueue;
  enqueueMany: EnqueueMany;
  clock: Clock;
}

/** Interval of the cluster timer that dispatches anyway, in milliseconds. */
const scheduledMs = 2_000;

/**
 * Enqueues the jobs of the next emails. While more remain it enqueues itself again, so that the window never runs dry;
 * the cluster timer only has to start it.
 */
export function createDispatchMessages({
  dispatcher,
  enqueue,
  enqueueMany,
  clock,
}: DispatchDeps): Handler<'dispatch-messages'> {
  return async () => {
    const { mails, again } = await dispatcher.dispatch();
    await enqueueMany(
      'send-message',
      mails.map(({ messageId, key, priority }) => {
        return { payload: { messageId }, options: { key, ...(priority === undefined ? {} : { priority }) } };
      }),
    );
    if (again !== null && again < scheduledMs) {
      // The key contains the time: the plain key of the running job would suppress the new one.
      const tick = Math.ceil((clock().getTime() + again) / again);
      await enqueue('dispatch-messages', {}, { delayMs: again, key: `tick-${tick}` });
    }
    return mails.length > 0 ? { did: `enqueued ${mails.length} emails` } : { skipped: 'no email is due' };
  };
}
