import type { SesEvents } from '../../store/messages/ses-events.js';
import { createBatcher } from '../batcher.js';
import type { MailLog } from '../log.js';
import { readSesEvent } from './ses-event.js';
import type { SnsVerifier } from './sns-signature.js';

/** Handles SNS posts: verifies them, confirms subscriptions, and stores events in batches. */
export function createIntake(deps: { verifier: SnsVerifier; events: SesEvents; log: MailLog }) {
  const { verifier, events, log } = deps;
  const take = createBatcher(events.takeMany, 200);
  return {
    /**
     * @returns how the message was handled
     * @throws Problem of `SnsVerifier`; after any other error SNS should retry
     */
    async receive(body: string): Promise<'confirmed' | 'taken' | 'known' | 'not-ours'> {
      const message = await verifier.verify(body);
      if (message.Type === 'SubscriptionConfirmation') {
        await verifier.confirm(message);
        log.info({ topic: message.TopicArn }, 'SNS subscription confirmed');
        return 'confirmed';
      }
      if (message.Type === 'UnsubscribeConfirmation') {
        log.warn({ topic: message.TopicArn }, 'SNS ended our subscription; SES events no longer arrive');
        return 'not-ours';
      }
      const event = readSesEvent(message.Message);
      return event ? take({ id: message.MessageId, ...event }) : 'not-ours';
    },
  };
}
