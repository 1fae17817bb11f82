import type { Clock } from '../../lib/ids.js';
import { scrub } from '../../lib/scrub.js';
import type { Database } from '../../store/db/database.js';
import { noteThrottled, startSending, stopSending, type MailStop } from '../../store/messages/sending-state.js';
import type { Claim } from '../../store/messages/claim.js';
import { pausePractice } from '../../store/messages/email-flow.js';
import type { MailLog } from '../log.js';
import { isOfOwnSender } from './sender-identity-errors.js';
import { shrunk } from './adaptive-rate.js';
import type { Answer } from '../ses/ses-answer.js';

export type CircuitBreaker = ReturnType<typeof createCircuitBreaker>;

interface Stop {
  /** A stronger stop replaces a weaker one; the strongest need a person. */
  strength: number;
  why(answer: { code: string; message: string }): string;
  firstSeconds: number;
  mostSeconds: number;
}

/**
 * Lost answers in a row after which sending stops; each further one would be one more email that staff must resolve.
 */
const lostInARow = 5;
const refusedInARow = 10;

const stops = {
  'daily-quota': {
    strength: 1,
    why: () =>
      'The daily quota of Amazon SES is used up. It counts the last 24 hours; sending continues as room becomes free.',
    firstSeconds: 300,
    mostSeconds: 300,
  },
  'ses-unreachable': {
    strength: 2,
    why: ({ code }) => `Amazon SES cannot be reached (${code}). Sending resumes by itself once it answers.`,
    firstSeconds: 5,
    mostSeconds: 120,
  },
  'ses-account': {
    strength: 3,
    why: ({ code, message }) =>
      `Amazon SES refuses all our emails (${code}): ${scrub(message)} Correct it in the SES console or in the AWS settings of the workers; one email is tried every few minutes.`,
    firstSeconds: 60,
    mostSeconds: 900,
  },
  'answers-lost': {
    strength: 2,
    why: ({ code }) =>
      `${lostInARow} answers of Amazon SES in a row were lost (${code}). SES events will tell whether those emails were sent; all others wait.`,
    firstSeconds: 15,
    mostSeconds: 300,
  },
  'all-refused': {
    strength: 3,
    why: ({ code, message }) =>
      `Amazon SES refused ${refusedInARow} emails in a row, the last one with ${code}: ${scrub(message)} The sender's address or the template is probably wrong.`,
    firstSeconds: 300,
    mostSeconds: 3600,
  },
} satisfies Record<string, Stop>;

type StopCode = keyof typeof stops;
const isStopCode = (code: string): code is StopCode => Object.hasOwn(stops, code);

/** Sender addresses. A problem with a practice's own sender affects only that practice. */
export interface Senders {
  /** Sender of all practices without their own. */
  general: string;
  /** Null if the practice is not configured. */
  of(practiceId: string): string | null;
}

/** Decides after each SES answer how all sending continues: slower, stopped, or unchanged. */
export function createCircuitBreaker(deps: { db: Database; clock: Clock; log: MailLog; senders: Senders }) {
  const { db, clock, log, senders } = deps;
  let lost = 0;
  let refused = 0;

  /**
   * While sending is stopped, only the probing email can lift the stop. Emails that were already under way, and the
   * quota, can only replace it by a stronger one, or confirm it once the retry is due.
   */
  async function stop(code: StopCode, answer: { code: string; message: string }, probing = false): Promise<void> {
    const now = clock();
    const { strength, why, firstSeconds, mostSeconds } = stops[code];
    const retryAt = (retries: number) =>
      new Date(now.getTime() + Math.min(mostSeconds, firstSeconds * 2 ** Math.min(retries, 16)) * 1000);
    const stays = (before: MailStop) => {
      const had = isStopCode(before.code) ? stops[before.code].strength : 0;
      return !probing && (had > strength || (had === strength && now < before.retryAt));
    };
    if (await stopSending(db, { code, why: why(answer), retryAt }, stays, now))
      log.warn({ code, ses: answer.code }, 'sending stopped');
  }

  return {
    stop,

    async heard(answer: Answer, claim: Pick<Claim, 'practiceId' | 'probing'>): Promise<void> {
      lost = answer.kind === 'unknown' ? lost + 1 : 0;
      refused = answer.kind === 'refused' ? refused + 1 : answer.kind === 'accepted' ? 0 : refused;
      switch (answer.kind) {
        case 'accepted':
          if (claim.probing) await startSending(db);
          return;
        case 'throttled':
          await noteThrottled(db, shrunk, clock());
          if (claim.probing) await startSending(db);
          return;
        case 'refused':
          if (refused >= refusedInARow) await stop('all-refused', answer, claim.probing);
          else if (claim.probing) await startSending(db);
          return;
        case 'unknown':
          if (lost >= lostInARow || claim.probing) await stop('answers-lost', answer, claim.probing);
          return;
        case 'daily-quota':
          return stop('daily-quota', answer, claim.probing);
        case 'unreachable':
          return stop('ses-unreachable', answer, claim.probing);
        case 'account': {
          const { code, message } = answer;
          const { practiceId } = claim;
          const own = practiceId === null ? null : senders.of(practiceId);
          if (practiceId === null || own === null || !isOfOwnSender(answer, own, senders.general))
            return stop('ses-account', answer, claim.probing);
          log.warn(
            { practice: practiceId, ses: code, error: scrub(message) },
            'SES refuses the own sender of a practice',
          );
          const why = `Amazon SES takes no emails from ${own}, this practice’s own address (${code}). Ask the operator of pims-sync to correct it in SES; then resume.`;
          await pausePractice(db, practiceId, { why, by: 'ses' }, clock());
          return;
        }
      }
    },
  };
}
