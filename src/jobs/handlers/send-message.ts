import type { Sender } from '../../mailer/sender.js';
import type { Handler } from '../catalog.js';

/** Sends one queued message. A second job for the same message finds it claimed and does nothing. */
export function createSendMessage(deps: { sender: Sender }): Handler<'send-message'> {
  return ({ messageId }) => deps.sender.send(messageId);
}
