import type { Account } from './actions.js';
import type { Counts } from './counts.js';
import { outcomeEvents, sendEvent, type SesEvent } from './events/event.js';
import type { AcceptedMail, MailEvent, MailStore } from './mails.js';
import type { LocalSesSettings } from './options.js';
import { outcomeByRules, type OutcomeOf } from './events/outcome.js';
import type { Publisher } from './events/publisher.js';
import type { Quota } from './quota.js';
import type { Random } from './random.js';
import { admit, newMessageId } from './sending.js';

/** Creates the account that the calls act on: it admits, stores and counts an email and raises its events. */
export function createAccount(deps: {
  settings: () => LocalSesSettings;
  quota: Quota;
  counts: Counts;
  mails: MailStore;
  publisher: Publisher;
  outcome: OutcomeOf | undefined;
  now: () => number;
  random: Random;
}): Account {
  const { settings, quota, counts, mails, publisher, now, random } = deps;

  function raise(mail: AcceptedMail, event: SesEvent, delayMs: number): void {
    const { type, at, recipients } = event;
    const record: MailEvent = { type, at, recipients, notified: 'nobody-listens' };
    mail.events.push(record);
    const { notify } = settings();
    if (!notify) return;
    const wanted = notify.configurationSet;
    if (wanted === undefined || wanted === mail.configurationSet) publisher.publish(event, record, delayMs);
  }

  function applyOutcomes(mail: AcceptedMail, operation: string, recipient: string): void {
    const { notify, outcomes, region } = settings();
    const { min, max } = notify?.delayMs ?? { min: 0, max: 0 };
    const delayMs = min + random() * Math.max(0, max - min);
    const at = new Date(mail.at.getTime() + delayMs);
    const decided = deps.outcome?.(recipient) ?? outcomeByRules(outcomes, recipient);
    for (const outcome of [decided].flat()) {
      counts.outcome(outcome, mail.at.getTime());
      for (const event of outcomeEvents(mail, operation, region, outcome, recipient, at)) {
        raise(mail, event, delayMs);
      }
    }
  }

  return {
    settings,
    quota,
    counts,
    accept(envelope, operation) {
      admit(envelope, settings(), quota);
      const at = now();
      const mail = mails.add({ ...envelope, at: new Date(at), messageId: newMessageId(at) });
      counts.accepted(mail);
      raise(mail, sendEvent(mail, operation, settings().region), 0);
      for (const recipient of mail.destinations) applyOutcomes(mail, operation, recipient);
      return mail;
    },
  };
}
