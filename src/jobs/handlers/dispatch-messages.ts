import type { Clock } from '../../lib/ids.js';
import type { Dispatcher } from '../../mailer/pacing/dispatcher.js';
import type { Ask, AskMany, Handler } from '../catalog.js';

export interface DispatchDeps {
  dispatcher: Dispatcher;
  ask: Ask;
  askMany: AskMany;
  clock: Clock;
}

/** The schedule looks this often anyway. */
const scheduledMs = 2_000;

/**
 * Asks for the jobs of the mails that go next. While there is more it asks for itself again, so that the window never runs
 * dry; the schedule only has to begin it.
 */
export function createDispatchWelcomes({
  dispatcher,
  ask,
  askMany,
  clock,
}: DispatchDeps): Handler<'dispatch-welcomes'> {
  return async () => {
    const { mails, again } = await dispatcher.dispatch();
    await askMany(
      'send-welcome',
      mails.map(({ welcomeId, key, priority }) => {
        return { payload: { welcomeId }, options: { key, ...(priority === undefined ? {} : { priority }) } };
      }),
    );
    if (again !== null && again < scheduledMs) {
      // Named for its time: the key of a job that is still running would swallow it.
      const tick = Math.ceil((clock().getTime() + again) / again);
      await ask('dispatch-welcomes', {}, { delayMs: again, key: `tick-${tick}` });
    }
    return mails.length > 0 ? { did: `asked for ${mails.length} mails` } : { skipped: 'no mail is due' };
  };
}
