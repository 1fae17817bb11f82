import type { SesEvent } from './event.js';
import type { MailEvent } from '../mails.js';
import type { NotifySettings } from '../options.js';
import { createPoster } from './poster.js';
import type { Random } from '../random.js';
import {
  certificatePath,
  newToken,
  notification,
  subscriptionConfirmation,
  type SnsMessage,
  type SnsSigner,
} from './sns-message.js';

export type Publisher = ReturnType<typeof createPublisher>;

interface Delivery {
  message: SnsMessage;
  attempts: number;
  done(outcome: 'taken' | 'failed'): void;
}

const connections = 16;

/**
 * Creates a publisher that delivers events to the subscriber as SNS does: at least once, in no guaranteed order, and
 * with retries until it answers 2xx or the attempts are used up. Unlike SNS, it keeps events raised before the
 * subscription is confirmed, so that it does not matter which process starts first.
 */
export function createPublisher(deps: {
  settings: () => NotifySettings | undefined;
  signer: () => Promise<SnsSigner>;
  publicUrl: () => string;
  now: () => number;
  random: Random;
}) {
  const { now, random } = deps;
  const poster = createPoster(connections);
  const timers = new Set<NodeJS.Timeout>();
  const counts = { published: 0, taken: 0, duplicates: 0, retries: 0, failed: 0 };
  let idlers: (() => void)[] = [];
  let ready: Delivery[] = [];
  let head = 0;
  let inFlight = 0;
  let pending = 0;
  let stopped = false;
  let confirmed = false;
  let token = '';

  function later(ms: number, task: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!stopped) task();
    }, ms);
    timers.add(timer);
  }

  function enqueue(delivery: Delivery): void {
    ready.push(delivery);
    pump();
  }

  function pump(): void {
    const settings = deps.settings();
    if (!settings || !(confirmed || settings.confirmed)) return;
    while (!stopped && inFlight < connections && head < ready.length) {
      const delivery = ready[head]!;
      head += 1;
      if (head > 1_000 && head * 2 > ready.length) {
        ready = ready.slice(head);
        head = 0;
      }
      inFlight += 1;
      void deliver(delivery, settings).finally(() => {
        inFlight -= 1;
        pump();
      });
    }
  }

  async function deliver(delivery: Delivery, settings: NotifySettings): Promise<void> {
    delivery.attempts += 1;
    if (await poster.post(settings.url, delivery.message)) return delivery.done('taken');
    if (delivery.attempts >= settings.retries.attempts) return delivery.done('failed');
    counts.retries += 1;
    later(waitBefore(delivery.attempts, settings), () => enqueue(delivery));
  }

  function urls(settings: NotifySettings): { publicUrl: string; certificateUrl: string } {
    const publicUrl = deps.publicUrl();
    return { publicUrl, certificateUrl: settings.signingCertUrl ?? publicUrl + certificatePath };
  }

  function begin(): void {
    pending += 1;
  }

  function end(): void {
    pending -= 1;
    if (pending > 0) return;
    for (const wake of idlers) wake();
    idlers = [];
  }

  async function publish(event: SesEvent, record: MailEvent, delayMs: number): Promise<void> {
    const settings = deps.settings();
    if (!settings) return;
    record.notified = 'waiting';
    counts.published += 1;
    begin();
    const signer = await deps.signer();
    const message = await signer.signed(
      notification({
        topicArn: settings.topicArn,
        version: settings.signatureVersion,
        at: event.at,
        message: JSON.stringify(event.body()),
        ...urls(settings),
      }),
    );
    const held = strikes(settings.reorder) ? settings.holdMs : 0;
    const twice = strikes(settings.duplicate);
    const done = (outcome: 'taken' | 'failed'): void => {
      record.notified = outcome;
      counts[outcome] += 1;
      if (twice && outcome === 'taken') {
        counts.duplicates += 1;
        begin();
        enqueue({ message, attempts: 0, done: end });
      }
      end();
    };
    const delivery = { message, attempts: 0, done };
    if (delayMs + held > 0) later(delayMs + held, () => enqueue(delivery));
    else enqueue(delivery);
  }

  function strikes(probability: number): boolean {
    return probability > 0 && random() < probability;
  }

  /** Asks the subscriber to confirm, with retries until it answers. Delivers events once it has confirmed. */
  async function subscribe(): Promise<void> {
    confirmed = false;
    token = newToken();
    const mine = token;
    const signer = await deps.signer();
    const attempt = async (tries: number): Promise<void> => {
      const settings = deps.settings();
      if (stopped || !settings || confirmed || mine !== token) return;
      const message = await signer.signed(
        subscriptionConfirmation({
          topicArn: settings.topicArn,
          version: settings.signatureVersion,
          at: new Date(now()),
          token,
          ...urls(settings),
        }),
      );
      if (await poster.post(settings.url, message)) return;
      later(waitBefore(tries, settings), () => void attempt(tries + 1));
    };
    await attempt(1);
  }

  return {
    publish: (event: SesEvent, record: MailEvent, delayMs: number): void => void publish(event, record, delayMs),
    subscribe: (): void => void subscribe(),
    /** Handles the visit to SubscribeURL. Returns false for an unknown topic or token. */
    confirm(topicArn: string, given: string): boolean {
      if (given === '' || given !== token || topicArn !== deps.settings()?.topicArn) return false;
      confirmed = true;
      pump();
      return true;
    },
    state: () => ({ ...counts, pending, confirmed: confirmed || deps.settings()?.confirmed === true }),
    /** Resolves once every event raised so far was accepted or given up. */
    idle: (): Promise<void> => (pending === 0 ? Promise.resolve() : new Promise((wake) => idlers.push(wake))),
    /** Must be called after the settings have changed, because waiting events may now be deliverable. */
    settingsChanged: (): void => pump(),
    stop(): void {
      stopped = true;
      for (const wake of idlers) wake();
      for (const timer of timers) clearTimeout(timer);
      poster.stop();
    },
  };
}

function waitBefore(attempt: number, { retries }: NotifySettings): number {
  return Math.min(retries.maxMs, retries.baseMs * 2 ** Math.min(attempt - 1, 20));
}
