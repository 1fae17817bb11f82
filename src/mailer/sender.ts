import type { Clock } from '../lib/ids.js';
import { codeOf } from '../lib/problem.js';
import { scrub } from '../lib/scrub.js';
import type { AttemptEnd, Ended, SendResults, NotRendered } from '../store/messages/record-send-results.js';
import type { Claim } from '../store/messages/claim.js';
import type { Outbox } from '../store/messages/outbox.js';
import { createBatcher } from './batcher.js';
import type { CircuitBreaker } from './pacing/circuit-breaker.js';
import type { MailLog } from './log.js';
import { asciiAddress, mimeOf } from './ses/mime.js';
import type { Renderer } from './render.js';
import type { Answer } from './ses/ses-answer.js';
import type { MailTransport } from './ses/ses-transport.js';
import type { PracticeMail } from './settings.js';

export interface SenderDeps {
  outbox: Pick<Outbox, 'claimMany'>;
  results: SendResults;
  circuitBreaker: CircuitBreaker;
  transport: MailTransport;
  renderer: Renderer;
  /** Returns the settings to send an email with; null if its practice is not configured. */
  settingsFor(claim: Claim): PracticeMail | null;
  clock: Clock;
  log: MailLog;
  /**
   * Pauses between attempts to store an answer, in milliseconds. The email is out, so waiting for the database is worth
   * it.
   */
  answerRetriesMs?: readonly number[];
  random?: () => number;
}

export type Sent = { did: string } | { skipped: string };
export type Sender = ReturnType<typeof createSender>;

/** Sends one queued message: claim, render, hand over to SES, store the answer. Safe to call twice for one message. */
export function createSender(deps: SenderDeps) {
  const { outbox, results, circuitBreaker, transport, renderer, settingsFor, clock, log } = deps;
  const random = deps.random ?? Math.random;
  const claim = createBatcher((ids: readonly string[]) => outbox.claimMany(ids));
  const record = createBatcher(recordPatiently);

  async function recordPatiently(batch: readonly Ended[]): Promise<AttemptEnd[]> {
    const pauses = deps.answerRetriesMs ?? [100, 500, 2_000, 5_000, 10_000];
    for (let at = 0; ; at++) {
      try {
        return await results.recordMany(batch);
      } catch (error) {
        if (at >= pauses.length) throw error;
        log.warn({ code: codeOf(error), mails: batch.length }, 'SES answers cannot be stored yet; trying again');
        await new Promise((resolve) => setTimeout(resolve, pauses[at]));
      }
    }
  }

  /** Returns null if rendering fails; nothing was sent then. */
  async function make(claim: Claim, mail: PracticeMail): Promise<Uint8Array | null> {
    const { recipient, pets, requestedBy, password, resetToken, expiresAt } = claim;
    try {
      const rendered = await renderer.render(mail, claim.kind, {
        ...recipient,
        pets,
        requestedBy,
        password,
        resetToken,
        expiresAt,
      });
      const name = [recipient.firstName, recipient.lastName].filter((part) => part !== null).join(' ');
      const to = { name: name || null, address: asciiAddress(recipient.email) };
      return mimeOf(rendered, {
        mail,
        to,
        messageId: claim.messageId,
        attemptId: claim.attemptId,
        date: clock(),
      });
    } catch (error) {
      log.error(
        { messageId: claim.messageId, code: codeOf(error), error: scrub(String(error)) },
        'rendering an email failed',
      );
      return null;
    }
  }

  async function handOver(claim: Claim): Promise<{ end: AttemptEnd | NotRendered; answer: Answer | null }> {
    const mail = settingsFor(claim);
    if (!mail) {
      const again = new Date(clock().getTime() + 10 * 60_000);
      const end = {
        outcome: 'given-back',
        reason: 'practice-not-configured',
        code: '',
        message: '',
        again,
      } as const;
      return { answer: null, end };
    }
    const raw = await make(claim, mail);
    if (!raw) return { answer: null, end: { outcome: 'not-rendered' } };
    const answer = await transport.send({
      from: mail.from.address,
      to: asciiAddress(claim.recipient.email),
      raw,
      tags: { message: claim.messageId, attempt: claim.attemptId },
    });
    return { answer, end: endOf(answer, claim.number, clock(), random) };
  }

  return {
    async send(messageId: string): Promise<Sent> {
      const claimed = await claim(messageId);
      if ('skipped' in claimed) return claimed;
      const { claim: ours } = claimed;
      const { answer, end } = await handOver(ours);
      let written: AttemptEnd;
      try {
        written = await record({ claim: ours, end });
      } catch (error) {
        // The message stays `sending`; the sweep makes it uncertain and SES events resolve it.
        const about = {
          messageId,
          attemptId: ours.attemptId,
          ...('messageId' in end ? { messageId: end.messageId } : {}),
        };
        log.error({ ...about, outcome: end.outcome }, 'the SES answer was not stored');
        throw error;
      }
      if (answer) await circuitBreaker.heard(answer, ours);
      if (written.outcome === 'failed')
        log.error({ messageId, attemptId: ours.attemptId }, 'gave up an email that cannot be rendered');
      return { did: written.outcome === 'accepted' ? 'accepted' : `${written.outcome}: ${written.reason}` };
    },
  };
}

/** Answers after which the message waits for another attempt: the stored reason, and the first wait in seconds. */
const waits = {
  throttled: { reason: 'throttled', seconds: 1 },
  'daily-quota': { reason: 'daily-maximum', seconds: 30 },
  unreachable: { reason: 'ses-unreachable', seconds: 3 },
  account: { reason: 'ses-account', seconds: 30 },
};

/** Maps an SES answer to the end of the attempt. Waits grow with the attempts and are randomised. */
function endOf(answer: Answer, attempt: number, now: Date, random: () => number): AttemptEnd {
  if (answer.kind === 'accepted') return { outcome: 'accepted', messageId: answer.messageId };
  const { kind, code, message } = answer;
  if (kind === 'refused') return { outcome: 'rejected', reason: 'refused-by-ses', code, message };
  if (kind === 'unknown') return { outcome: 'uncertain', reason: 'answer-lost', code, message };
  const { reason, seconds } = waits[kind];
  const waitMs = seconds * 1000 * 2 ** Math.min(attempt - 1, 6) * (0.5 + random());
  return { outcome: 'given-back', reason, code, message, again: new Date(now.getTime() + waitMs) };
}
