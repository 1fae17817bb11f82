import type { Clock } from '../../lib/ids.js';
import type { Dispatcher } from '../../mailer/pacing/dispatcher.js';
import type { Enqueue, EnqueueMany, Handler } from '../catalog.js';

export interface DispatchDeps {
  dispatcher: Dispatcher;
  enqueue: Enqueue;
  enqueueMany: EnqueueMany;
  clock: Clock;
}

/** The schedule looks this often anyway. */
const scheduledMs = 2_000;

/**
 * Asks for the jobs of the emails that go next. While there is more it asks for itself again, so that the window never runs
 * dry; the schedule only has to begin it.
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
      // Named for its time: the key of a job that is still running would swallow it.
      const tick = Math.ceil((clock().getTime() + again) / again);
      await enqueue('dispatch-messages', {}, { delayMs: again, key: `tick-${tick}` });
    }
    return mails.length > 0 ? { did: `asked for ${mails.length} mails` } : { skipped: 'no mail is due' };
  };
}
